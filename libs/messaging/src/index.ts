export * from './mqtt/topics';
export * from './mqtt/feed-topics';
export * from './mqtt/series-topics';
export * from './mqtt/messages';
export * from './mqtt/broker';
export type {
  AggregatorAccount,
  BrokerAccount,
  BrokerCredentials,
  SourceAccount,
} from './mqtt/broker-roles';
export * from './mqtt/topic-connection';
export * from './mqtt/connection';
export {
  type MosquittoAccounts,
  type NodeAccount,
  keepMosquittoAccounts,
} from './mqtt/mosquitto-accounts';
export { isLoopbackHost } from './listening';
export { isToken } from './token';
export * from './tcp/serve-messages';
export { type Framing, framed } from './tcp/framing';
export { sequenceNamedIn } from './meter-readings/read-meter-readings';
export { tellMessage } from './mqtt/told-messages';
