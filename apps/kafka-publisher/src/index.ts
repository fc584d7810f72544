export type { KafkaSettings } from './kafka-client';
export { type KafkaPublisher, aggregatorsOf, createKafkaPublisher, messagesOf } from './publisher';
export { topicsOf } from './topics';
export { type Provisioned, describeKafka, provisionKafka } from './provision';
