export * from './sessions/market-sessions';
export * from './sessions/session-calendar';
export * from './clearing/clear-session';
export * from './clearing/clearing-process';
export * from './clearing/session-input';
export * from './settlement/compute-settlement';
export * from './settlement/settlement-process';
