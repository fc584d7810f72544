/**
 * Publishes the log to Kafka: each party's topics hold the events that it is shown, with its own rows, as
 * CloudEvents. At least once: an event is repeated after a crash or a takeover, with the same id, which is the
 * message's header `ce_id` and the CloudEvent's `id`.
 */
import type { RecordedEvent } from '@flexledger/domain';
import type { Processor } from '@flexledger/event-store';
import { type PartyLog, cloudEvent, foldOfLog } from '@flexledger/service-kit';
import { sha256Hex } from '@flexledger/identity';
import {
  isTraced,
  messageOf,
  placeOf,
  spanNowMs,
  tellSpan,
  traceParent,
  withoutFullStop,
} from '@flexledger/runtime';
import type { Producer, TopicMessages } from 'kafkajs';
import { type KafkaSettings, openKafka } from './kafka-client';
import { PUBLISHED_TYPES, type Topic, keyOf, readerOf, topicsOf } from './topics';

export interface PublisherOptions {
  readonly log: PartyLog;
  readonly kafka: KafkaSettings;
}

/** Publishes, under a lease like any other processor. */
export interface KafkaPublisher {
  readonly processor: Processor;
  close(): Promise<void>;
}

/** Events that name an aggregator for the first time. */
const NAMING = ['PodRegistered', 'PodDetailsChanged', 'PartyRegistered'];
const SCHEMA_OF_VALUE = 'application/cloudevents+json; charset=utf-8';

/** An event that could not be published; the processor tries it again. */
export class NotPublished extends Error {
  override readonly name = 'NotPublished';

  constructor(topics: readonly string[], error: unknown) {
    super(
      `Kafka did not take it for ${topics.join(', ')}: ${withoutFullStop(messageOf(error))}. Look whether the ` +
        'cluster runs, and whether "flexledger kafka provision" has made the topics.',
      { cause: error },
    );
  }
}

/** The producer connects with the first event. */
export function createKafkaPublisher({ log, kafka: settings }: PublisherOptions): KafkaPublisher {
  const aggregators = aggregatorsOf(log);
  let producer: Promise<Producer> | undefined;

  async function connected(): Promise<Producer> {
    const kafka = await openKafka(settings, 'flexledger-publisher');
    const opened = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await opened.connect();
    return opened;
  }

  async function handle(event: RecordedEvent): Promise<void> {
    const topics = topicsOf(await aggregators(event.position));
    const topicMessages = await messagesOf(log, event, topics, settings.topicPrefix);
    if (topicMessages.length === 0) return;
    const startMs = spanNowMs();
    try {
      producer ??= connected();
      await sendEach(await producer, topicMessages);
      tellPublished(event, topicMessages.length, startMs);
    } catch (error) {
      // Another connection next time: this one may hold on to a node that is gone.
      await close();
      throw new NotPublished(
        topicMessages.map(({ topic }) => topic),
        error,
      );
    }
  }

  async function close(): Promise<void> {
    const opened = producer;
    producer = undefined;
    await opened?.then((one) => one.disconnect()).catch(() => undefined);
  }

  return { processor: { name: 'kafka', types: PUBLISHED_TYPES, handle }, close };
}

/**
 * Sends to one topic at a time: of a batch for several, kafkajs passes over the message to a node that has just ended where its
 * partition goes to a node that has answered for another topic already, and says that all was sent.
 *
 * @throws KafkaJSError of the first topic that did not take it, once all have answered
 */
async function sendEach(producer: Producer, topicMessages: readonly TopicMessages[]) {
  // All replicas that are in sync, else it counts as not taken.
  const sending = topicMessages.map((one) => producer.send({ acks: -1, ...one }));
  for (const sent of await Promise.allSettled(sending)) {
    if (sent.status === 'rejected') throw sent.reason;
  }
}

function tellPublished(event: RecordedEvent, topics: number, startMs: number): void {
  const place = placeOf(event.correlationId, event.id);
  if (!place || !isTraced()) return;
  tellSpan({
    traceId: place.traceId,
    spanId: sha256Hex(`${event.id}/kafka`).slice(0, 16),
    parentSpanId: place.spanId,
    name: `publish ${event.type}`,
    kind: 'producer',
    startMs,
    endMs: spanNowMs(),
    attributes: { 'messaging.system': 'kafka', 'messaging.batch.message_count': topics },
  });
}

/** What is published of an event: to each topic that is for its type, what the topic's party is shown now. */
export async function messagesOf(
  log: PartyLog,
  event: RecordedEvent,
  topics: readonly Topic[],
  topicPrefix = '',
) {
  // What was revoked since it was recorded is published to nobody who read it by that grant.
  await log.grants.caughtUp();
  const ofType = topics.filter(({ types }) => types.includes(event.type));
  const published = ofType.map(async (topic) => {
    const shown = await log.shown(readerOf(topic), event);
    if (!shown) return [];
    const value = JSON.stringify(cloudEvent(shown));
    const place = placeOf(event.correlationId, event.id);
    const headers = {
      ce_id: event.id,
      'content-type': SCHEMA_OF_VALUE,
      // Whoever reads it goes on in the trace of the event.
      ...(place && { traceparent: traceParent(place) }),
    };
    const message = { key: keyOf(event), value, headers };
    return [{ topic: `${topicPrefix}${topic.name}`, messages: [message] }];
  });
  return (await Promise.all(published)).flat();
}

/** The aggregators that a log has named up to a position. */
export function aggregatorsOf({ store }: Pick<PartyLog, 'store'>) {
  const known = new Set<string>();
  const upTo = foldOfLog(store, NAMING, ({ data }) => {
    const { aggregatorId, party } = data as {
      readonly aggregatorId?: string;
      readonly party?: string;
    };
    if (aggregatorId !== undefined) known.add(aggregatorId);
    const [role, id] = party?.split(':') ?? [];
    if (role === 'aggregator' && id) known.add(id);
  });
  return async (position: number): Promise<ReadonlySet<string>> => {
    await upTo(position);
    return known;
  };
}
