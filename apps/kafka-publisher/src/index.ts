export { type KafkaSettings, openKafka } from './kafka-client';
export { createObservabilityPublisher } from './observability-publisher';
export { type KafkaCluster, type KafkaNode, startKafka, whyNoKafka } from './machine-kafka';
export {
  type KafkaPublisher,
  NotPublished,
  aggregatorsOf,
  createKafkaPublisher,
  messagesOf,
} from './publisher';
export { topicsOf } from './topics';
export { type Provisioned, describeKafka, provisionKafka, topicsThere } from './provision';
export { topicCarrier } from './topic-carrier';
