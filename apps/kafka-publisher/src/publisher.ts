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
import type { KafkaSettings } from './kafka-client';
import { isTopicUnheardOf, missingTopics } from './provision';
import { type SureProducer, connectSurely } from './sure-producer';
import { PUBLISHED_TYPES, type Topic, keyOf, readerOf, topicsOf } from './topics';
import { type Outgoing, wavesOf } from './waves';

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

  /** @param missing topics that the cluster is known not to have */
  constructor(topics: readonly string[], missing: readonly string[], error: unknown) {
    const why =
      missing.length > 0
        ? `the cluster has no ${missing.join(', ')}. "flexledger kafka provision" makes what is missing; until then ` +
          'nothing is published, so that nothing is passed over.'
        : `${withoutFullStop(messageOf(error))}. Look whether the ` +
          'cluster runs, and whether "flexledger kafka provision" has made the topics.';
    super(`Kafka did not take it for ${topics.join(', ')}: ${why}`, { cause: error });
  }
}

/** The producer connects with the first event. */
export function createKafkaPublisher({ log, kafka: settings }: PublisherOptions): KafkaPublisher {
  const aggregators = aggregatorsOf(log);
  let producer: Promise<SureProducer> | undefined;

  async function handleSeveral(events: readonly RecordedEvent[]): Promise<void> {
    const topics = topicsOf(await aggregators(events.at(-1)!.position));
    const outgoing: Outgoing[] = [];
    for (const event of events) outgoing.push(await outgoingOf(log, event, topics, settings));
    const startMs = spanNowMs();
    try {
      for (const wave of wavesOf(outgoing)) {
        producer ??= connectSurely(settings);
        await (await producer).send(wave);
      }
    } catch (error) {
      // Another connection next time: this one may hold on to a node that is gone.
      await close();
      const named = [
        ...new Set(outgoing.flatMap(({ messages }) => messages.map(({ topic }) => topic))),
      ];
      const missing = isTopicUnheardOf(error)
        ? await missingTopics({ ...settings, topics: named }).catch(() => [])
        : [];
      throw new NotPublished(named, missing, error);
    }
    for (const [index, event] of events.entries()) {
      const { length } = outgoing[index]!.messages;
      if (length > 0) tellPublished(event, length, startMs);
    }
  }

  async function close(): Promise<void> {
    const opened = producer;
    producer = undefined;
    await opened?.then((one) => one.disconnect()).catch(() => undefined);
  }

  const handle = (event: RecordedEvent): Promise<void> => handleSeveral([event]);
  return { processor: { name: 'kafka', types: PUBLISHED_TYPES, handle, handleSeveral }, close };
}

async function outgoingOf(
  log: PartyLog,
  event: RecordedEvent,
  topics: readonly Topic[],
  { topicPrefix }: KafkaSettings,
): Promise<Outgoing> {
  const ofTopics = await messagesOf(log, event, topics, topicPrefix);
  const messages = ofTopics.flatMap(({ topic, messages: some }) =>
    some.map((message) => ({ topic, message })),
  );
  return { position: event.position, messages };
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
