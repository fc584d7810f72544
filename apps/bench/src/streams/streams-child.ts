/** Entry of a process of its own: publishes a log to a cluster, follows it, and sends as a plain client does. */
import path from 'node:path';
import type { RecordedEvent } from '@flexledger/domain';
import { type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import {
  type KafkaSettings,
  createKafkaPublisher,
  messagesOf,
  openKafka,
  topicCarrier,
  topicsOf,
} from '@flexledger/kafka-publisher';
import { uuidFrom } from '@flexledger/identity';
import { sleep, wallClock } from '@flexledger/runtime';
import { type PartyLog, partyLog } from '@flexledger/service-kit';
import type { Message } from 'kafkajs';
import { BENCH_PODS, measurementEvent } from '../projections/measurement-log';
import { answerApart } from '../run-apart';

/** A folder for the log, and who reaches the cluster how. */
export interface StreamsOpening {
  readonly folder: string;
  readonly publisher: KafkaSettings;
  readonly reader: KafkaSettings;
  readonly stranger: KafkaSettings;
}

/** Events a second, but for the delays. */
export interface StreamsFigures {
  /** By our publisher, as many together as its runner hands on: each to two topics and held by every replica in sync. */
  readonly published: number;
  /** By a mirror's carrier, in the order of the log, out of six partitions; joining its group included. */
  readonly followed: number;
  /** From the begin of an event's publication until a follower has it: the median, ms. */
  readonly delayMs: number;
  /** By kafkajs alone, the same messages a hundred at a time to one topic: the ceiling. */
  readonly batchesOf100: number;
}

const AGGREGATOR = 'bench';
const PARTY = `aggregator:${AGGREGATOR}`;
const TOPIC = `measurements_${AGGREGATOR}`;
const ROUND = 1_000;
const BATCH = 100;
const DELAYS = 50;
/** Rights hold a moment after they are made. */
const RIGHTS_TRIES = 40;

async function main(opening: StreamsOpening, seconds: number): Promise<void> {
  const { folder, publisher, reader, stranger } = opening;
  const log = openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock: wallClock });
  const shown = partyLog(log);
  const { processor, close } = createKafkaPublisher({ log: shown, kafka: publisher });
  const next = eventsOf(log);
  await eventually(async () => processor.handle((await next(1))[0]!));
  let published = 1;
  let spentMs = 0;
  while (spentMs < seconds * 1e3) {
    const round = await next(ROUND);
    const startedMs = performance.now();
    await processor.handleSeveral!(round);
    published += round.length;
    spentMs += performance.now() - startedMs;
  }
  const perSecond = Math.round(((published - 1) * 1e3) / spentMs);
  const plain = await plainly(stranger, await messagesOfRound(shown, await next(ROUND)), seconds);
  const { followed, delayMs } = await follow(reader, published + plain.sent, async () =>
    processor.handle((await next(1))[0]!),
  );
  await close();
  await log.close();
  answerApart({ published: perSecond, followed, delayMs, batchesOf100: plain.perSecond });
  // Its client may keep a timer or a socket.
  process.stdout.write('', () => process.exit(0));
}

/** Appends measurements of the PoDs in turn, and gives them as recorded. */
function eventsOf(log: SqliteEventStore): (count: number) => Promise<RecordedEvent[]> {
  let turn = 0;
  let isRegistered: Promise<unknown> | undefined;
  let after = -1;
  return async (count) => {
    isRegistered ??= register(log);
    await isRegistered;
    for (let at = 0; at < count; at += 1, turn += 1) {
      const { streamId, event } = measurementEvent(
        turn % BENCH_PODS,
        Math.floor(turn / BENCH_PODS),
      );
      await log.append(streamId, 'any', [event]);
    }
    const events: RecordedEvent[] = [];
    const filter = { types: ['MeasurementRecorded'] };
    for await (const event of log.readAll({ after, filter })) events.push(event);
    after = events.at(-1)!.position;
    return events;
  };
}

/** So that the aggregator is shown the measurements of all PoDs. */
async function register(log: SqliteEventStore): Promise<void> {
  for (let pod = 0; pod < BENCH_PODS; pod += 1) {
    const { podId } = measurementEvent(pod, 0).event.data as { podId: string };
    const id = uuidFrom(`bench/${podId}`);
    const caused = { occurredAt: '2026-03-16T00:00:00.000Z', correlationId: id, causationId: id };
    const data = { podId, aggregatorId: AGGREGATOR };
    await log.append(`pod-${podId}`, 'noStream', [
      { id, type: 'PodRegistered', schemaVersion: 1, ...caused, actor: 'platform:bench', data },
    ]);
  }
}

async function follow(reader: KafkaSettings, count: number, publishOne: () => Promise<void>) {
  const stop = new AbortController();
  const source = { ...reader, topics: [TOPIC] };
  let seen = 0;
  let lastMs = 0;
  const following = (async () => {
    for await (const frames of topicCarrier(source, PARTY, 'bench')(stop.signal)) {
      seen += frames.length;
      lastMs = performance.now();
    }
  })();
  const until = async (wanted: number): Promise<void> => {
    while (seen < wanted) await Promise.race([sleep(1), following]);
  };
  const startedMs = performance.now();
  await until(count);
  const followed = Math.round((count * 1e3) / (lastMs - startedMs));
  const delays: number[] = [];
  for (let index = 1; index <= DELAYS; index += 1) {
    const beginMs = performance.now();
    await publishOne();
    await until(count + index);
    delays.push(lastMs - beginMs);
  }
  stop.abort();
  await following;
  const delayMs = delays.toSorted((one, other) => one - other)[Math.floor(DELAYS / 2)]!;
  return { followed, delayMs: Math.round(delayMs * 10) / 10 };
}

/** As they would be published to the aggregator. */
async function messagesOfRound(log: PartyLog, events: readonly RecordedEvent[]) {
  const topics = topicsOf([AGGREGATOR]).filter(({ name }) => name === TOPIC);
  const messages: Message[] = [];
  for (const event of events) {
    for (const one of await messagesOf(log, event, topics)) messages.push(...one.messages);
  }
  return messages;
}

async function plainly(settings: KafkaSettings, messages: readonly Message[], seconds: number) {
  const producer = (await openKafka(settings, 'bench')).producer({
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const startedMs = performance.now();
  let sent = 0;
  while (performance.now() - startedMs < seconds * 1e3) {
    const from = sent % messages.length;
    const batch = messages.slice(from, from + BATCH);
    await producer.send({ topic: TOPIC, acks: -1, messages: batch });
    sent += batch.length;
  }
  const perSecond = Math.round((sent * 1e3) / (performance.now() - startedMs));
  await producer.disconnect();
  return { sent, perSecond };
}

async function eventually(attempt: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === RIGHTS_TRIES) throw error;
      await sleep(250);
    }
  }
}

void main(JSON.parse(process.argv[2]!) as StreamsOpening, Number(process.argv[3]));
