export * from './mqtt/topics';
export * from './mqtt/messages';
export * from './mqtt/broker';
export * from './mqtt/connection';
