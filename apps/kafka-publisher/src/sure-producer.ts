/** Sends to Kafka what counts as sent only when every partition that it goes to has said so. */
import type { ICustomPartitioner, RecordMetadata, TopicMessages } from 'kafkajs';
import { type KafkaSettings, openKafka } from './kafka-client';

export interface SureProducer {
  /**
   * Resolves when all replicas in sync have all of it, each partition its messages in their order. Not to be called again before.
   *
   * @throws KafkaJSError, or Error naming the partitions that did not answer; some of it may be written then
   */
  send(topicMessages: readonly TopicMessages[]): Promise<void>;
  disconnect(): Promise<void>;
}

/** @throws KafkaJSError when the cluster does not answer */
export async function connectSurely(settings: KafkaSettings): Promise<SureProducer> {
  const kafka = await openKafka(settings, 'flexledger-publisher');
  const { Partitioners } = await import('kafkajs');
  const { places, partitioner } = noting(Partitioners.DefaultPartitioner);
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: partitioner,
  });
  await producer.connect();
  return {
    async send(topicMessages) {
      places.clear();
      // All replicas that are in sync, else it counts as not taken.
      const taken = await producer.sendBatch({ acks: -1, topicMessages: [...topicMessages] });
      requireAll(places, taken);
    },
    disconnect: () => producer.disconnect(),
  };
}

/** Notes where messages are to go. */
function noting(createPartitioner: ICustomPartitioner) {
  const places = new Set<string>();
  const partitioner: ICustomPartitioner = () => {
    const place = createPartitioner();
    return (args) => {
      const partition = place(args);
      places.add(placeOf(args.topic, partition));
      return partition;
    };
  };
  return { places, partitioner };
}

const placeOf = (topic: string, partition: number): string => `${topic}/${partition}`;

/**
 * kafkajs passes over what goes to a node that has just ended where its partition moves to a node that has answered for
 * others already, and says that all was sent; the partition is missing among the answers then.
 */
export function requireAll(
  places: Iterable<string>,
  taken: readonly Pick<RecordMetadata, 'topicName' | 'partition'>[],
): void {
  const answered = new Set(taken.map(({ topicName, partition }) => placeOf(topicName, partition)));
  const silent = [...places].filter((place) => !answered.has(place));
  if (silent.length > 0) throw new Error(`${silent.join(', ')} did not say that it is written`);
}
