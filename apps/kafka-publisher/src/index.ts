export type { KafkaSettings } from './kafka-client';
export { type KafkaPublisher, aggregatorsOf, createKafkaPublisher } from './publisher';
export { type Provisioned, describeKafka, provisionKafka } from './provision';
