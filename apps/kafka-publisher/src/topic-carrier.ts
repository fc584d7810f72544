/**
 * Brings a mirror what another organisation publishes for this one, out of its topics, in the order of its log. What the
 * mirror has recorded is its checkpoint: the offsets that its group commits behind that only say where to begin, and what
 * comes twice is known by its position and its id.
 */
import { BEFORE_FIRST } from '@flexledger/event-store';
import { sleep, withoutFullStop } from '@flexledger/runtime';
import { type Frame, type MirrorCarrier, positionShown } from '@flexledger/service-kit';
import type { Admin, Consumer, KafkaJSProtocolError, KafkaMessage } from 'kafkajs';
import { type KafkaSettings, openKafka } from './kafka-client';
import { type Ordered, knownWritten, takeInOrder } from './order-of-log';
import { principalName } from './topics';
import { WRITTEN_TO } from './waves';

/** Where another organisation publishes, and what of it is read. */
export interface TopicSource extends KafkaSettings {
  /** By their whole names. */
  readonly topics: readonly string[];
}

/** A message of a topic. */
interface Fetched extends Ordered {
  readonly frame: Frame;
  readonly partition: Partition;
  readonly offset: number;
  readonly isEvent: boolean;
}

interface Partition {
  readonly topic: string;
  readonly number: number;
  readonly waiting: Fetched[];
  readTo: number;
  /** Of what was fetched last, as the next. */
  order: number;
  writtenTo: number;
  isPaused: boolean;
  /** Messages in a row, up to the last one handed on, that are no events. */
  strays: number;
}

/** So many messages of a partition wait at most; it is read on once they were handed on. */
const WAITING_AT_MOST = 1_000;
/** More in a row that are no events are not kept one by one: the topic is another one. */
const STRAYS_AT_MOST = 100;
/** A fetch that waits for longer at partitions without news would hold up those that are to be read on. */
const FETCH_WITHIN_MS = 100;
/** After so long without its beats the cluster gives an instance's partitions to the next one. */
const SESSION_MS = 10_000;
/** How long a partition may keep others waiting before the ends are asked for anew. */
const LOOK_EVERY_MS = 1_000;
const GROUP_TRIES = 40;
const GROUP_PAUSE_MS = 250;

/** A topic that holds something else than events. */
export class NoTopicOfEvents extends Error {
  override readonly name = 'NoTopicOfEvents';

  constructor({ partition: { topic, number }, offset }: Fetched) {
    super(
      `${STRAYS_AT_MOST} messages in a row of ${placeOf(topic, number)} before offset ${offset} are no events; ` +
        'look whether it is a topic that another organisation publishes',
    );
  }
}

/**
 * The carrier of a mirror.
 *
 * @param party as whom its topics are read: its certificate may read them, in groups of its name
 * @param mirror the mirror's name
 */
export function topicCarrier(source: TopicSource, party: string, mirror: string): MirrorCarrier {
  const groupId = `${principalName(party)}.mirror-${mirror}`;
  return async function* carry(signal) {
    const kafka = await openKafka(source, `flexledger-mirror-${mirror}`);
    const admin = kafka.admin();
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: SESSION_MS,
      maxWaitTimeInMs: FETCH_WITHIN_MS,
      // Whoever follows tries again by itself, and tells of it.
      retry: { retries: 5, restartOnFailure: async () => false },
    });
    try {
      await admin.connect();
      await consumer.connect();
      const partitions = await partitionsOf(admin, source.topics, groupId);
      const reading = await startReading(consumer, source.topics, partitions);
      while (!signal.aborted) {
        const rung = reading.rung();
        reading.requireSound();
        const upTo = knownWritten(partitions);
        const taken =
          upTo === undefined ? [] : takeInOrder(partitions, upTo, await endsOf(admin, partitions));
        if (taken.length === 0) {
          await sleep(LOOK_EVERY_MS, AbortSignal.any([signal, rung]));
          continue;
        }
        resume(consumer, partitions);
        const stray = taken.findIndex(isStray);
        const sound = stray < 0 ? taken : taken.slice(0, stray);
        yield sound.map(({ frame }) => frame);
        await commit(consumer, sound);
        if (sound.length < taken.length) throw new NoTopicOfEvents(taken[sound.length]!);
      }
    } finally {
      await consumer.disconnect().catch(() => undefined);
      await admin.disconnect().catch(() => undefined);
    }
  };
}

/** Every partition, from where its group has come to. @throws Error naming a topic that cannot be read */
async function partitionsOf(
  admin: Admin,
  topics: readonly string[],
  groupId: string,
): Promise<Partition[]> {
  const partitions: Partition[] = [];
  for (const topic of topics) {
    const there = await offsetsOf(admin, topic);
    const offsets = await committedOf(admin, groupId, topic);
    for (const { partition: number, low } of there) {
      const at = offsets.find(({ partition }) => partition === number)?.offset ?? '-1';
      const readTo = Math.max(Number(at), Number(low));
      const fresh = {
        waiting: [],
        order: -Infinity,
        writtenTo: -Infinity,
        isPaused: false,
        strays: 0,
      };
      partitions.push({ topic, number, readTo, ...fresh });
    }
  }
  return partitions;
}

/** A cluster that has just started finds who keeps the group's offsets a moment later. */
async function committedOf(admin: Admin, groupId: string, topic: string) {
  for (let tries = 1; ; tries += 1) {
    try {
      const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
      return committed?.partitions ?? [];
    } catch (error) {
      const isPassing = (error as KafkaJSProtocolError).retriable === true;
      if (!isPassing || tries === GROUP_TRIES) throw error;
      await sleep(GROUP_PAUSE_MS);
    }
  }
}

async function offsetsOf(admin: Admin, topic: string) {
  try {
    return await admin.fetchTopicOffsets(topic);
  } catch (error) {
    const reason = withoutFullStop((error as Error).message);
    throw new Error(`topic ${topic} cannot be read: ${reason}`, { cause: error });
  }
}

/** Offset behind the last message of each partition, now. */
async function endsOf(admin: Admin, partitions: readonly Partition[]): Promise<number[]> {
  const ends = new Map<string, number>();
  for (const topic of new Set(partitions.map((one) => one.topic))) {
    for (const { partition, low, high } of await offsetsOf(admin, topic)) {
      // Where all was deleted since there is nothing to wait for.
      ends.set(placeOf(topic, partition), high === low ? 0 : Number(high));
    }
  }
  return partitions.map(({ topic, number }) => ends.get(placeOf(topic, number)) ?? 0);
}

interface Reading {
  /** @throws what the reading ended with */
  requireSound(): void;
  /** Aborts when more is fetched, or the reading ends. */
  rung(): AbortSignal;
}

async function startReading(
  consumer: Consumer,
  topics: readonly string[],
  partitions: readonly Partition[],
): Promise<Reading> {
  const places = new Map(partitions.map((one) => [placeOf(one.topic, one.number), one]));
  let failure: Error | undefined;
  let bell = new AbortController();
  const ring = (): void => {
    bell.abort();
    bell = new AbortController();
  };
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    failure = payload.error;
    ring();
  });
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    async eachBatch({ batch: { topic, partition, messages } }) {
      const place = placeOf(topic, partition);
      const known = places.get(place);
      // Partitions that are added are known to the next connection.
      if (!known) throw new Error(`${place} is new`);
      for (const message of messages) fetched(known, message);
      if (known.waiting.length >= WAITING_AT_MOST && !known.isPaused) {
        known.isPaused = true;
        consumer.pause([{ topic, partitions: [partition] }]);
      }
      ring();
    },
  });
  return {
    requireSound() {
      if (failure) throw failure;
    },
    rung: () => bell.signal,
  };
}

function fetched(partition: Partition, { offset: text, value, headers }: KafkaMessage): void {
  const offset = Number(text);
  // Its group begins again at what was committed when partitions are given out anew.
  if (offset < partition.readTo) return;
  const data = value?.toString() ?? '';
  const position = positionShown(data);
  partition.readTo = offset + 1;
  partition.order = Math.max(partition.order, position ?? -Infinity);
  partition.writtenTo = Math.max(partition.writtenTo, writtenBefore(position, headers));
  const at = `${placeOf(partition.topic, partition.number)} at ${offset}`;
  partition.waiting.push({
    frame: { id: String(position ?? BEFORE_FIRST), data, at },
    partition,
    offset,
    order: partition.order,
    writtenTo: partition.writtenTo,
    isEvent: position !== undefined,
  });
}

/** What an event tells of those before it; nothing but an event tells anything. */
function writtenBefore(position: number | undefined, headers: KafkaMessage['headers']): number {
  if (position === undefined) return -Infinity;
  const told = headers?.[WRITTEN_TO]?.toString() ?? '';
  // A header that is no number is nobody's word: then it is not waited for.
  return /^-?\d{1,15}$/.test(told) ? Math.min(position, Number(told)) : position;
}

function resume(consumer: Consumer, partitions: readonly Partition[]): void {
  for (const one of partitions) {
    if (!one.isPaused || one.waiting.length >= WAITING_AT_MOST) continue;
    one.isPaused = false;
    consumer.resume([{ topic: one.topic, partitions: [one.number] }]);
  }
}

const placeOf = (topic: string, partition: number): string => `${topic}/${partition}`;

/** Whether it is one too many that is no event. */
function isStray({ partition, isEvent }: Fetched): boolean {
  partition.strays = isEvent ? 0 : partition.strays + 1;
  return partition.strays > STRAYS_AT_MOST;
}

/**
 * Commits what was handed on up to each partition's last event. What is no event behind it is met again at the next
 * connection, told no second time, and counted on: so a topic of other things is never gone through.
 */
async function commit(consumer: Consumer, handedOn: readonly Fetched[]): Promise<void> {
  const offsets = new Map<Partition, number>();
  for (const { partition, offset, isEvent } of handedOn) {
    if (isEvent) offsets.set(partition, offset + 1);
  }
  if (offsets.size === 0) return;
  await consumer.commitOffsets(
    [...offsets].map(([{ topic, number: partition }, offset]) => ({
      topic,
      partition,
      offset: String(offset),
    })),
  );
}
