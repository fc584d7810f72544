export * from './mqtt/topics';
export * from './mqtt/feed-topics';
export * from './mqtt/messages';
export * from './mqtt/broker';
export * from './mqtt/topic-connection';
export * from './mqtt/connection';
export {
  type MosquittoAccounts,
  type NodeAccount,
  keepMosquittoAccounts,
} from './mqtt/mosquitto-accounts';
