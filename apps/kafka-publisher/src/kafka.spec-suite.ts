/**
 * What the specs of topics in a real Kafka have in common: a cluster over all tests of a size, an empty log and topics of
 * its own for each test, and the day that is published over a publisher that ends and a node that is killed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ProposedEvent, RecordedEvent } from '@flexledger/domain';
import {
  type EventStore,
  type ProcessorProblem,
  createProcessorRunner,
  openSqliteEventStore,
  openSqliteProcessorState,
} from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { sleep, wallClock } from '@flexledger/runtime';
import { type CloudEvent, partyLog } from '@flexledger/service-kit';
import type { Admin, Consumer } from 'kafkajs';
import { openKafka } from './kafka-client';
import { type KafkaCluster, type KafkaNode, startKafka, whyNoKafka } from './machine-kafka';
import { type Provisioned, provisionKafka } from './provision';
import { type KafkaPublisher, createKafkaPublisher } from './publisher';

/** An event of the market's. */
export function event(name: string, type: string, data: object): ProposedEvent {
  return {
    id: uuidFrom(name),
    type,
    schemaVersion: 1,
    occurredAt: '2026-03-17T10:00:00.000Z',
    correlationId: uuidFrom(name),
    causationId: uuidFrom(name),
    actor: 'platform:market',
    data,
  };
}

export const measured = (podId: string, sequence: number): ProposedEvent =>
  event(`${podId}/${sequence}`, 'MeasurementRecorded', { podId, sequence });

export interface Received {
  readonly topic: string;
  readonly key: string;
  readonly id: string;
  readonly event: CloudEvent;
}

/** A cluster, and what a test does with it. */
export interface KafkaUnderTest {
  readonly size: number;
  readonly cluster: KafkaCluster;
  /** Of this test: two PoDs, of two aggregators. */
  readonly log: EventStore;
  readonly folder: string;
  /** Topics of a test's own, told apart by a prefix. */
  provision(topicPrefix: string): Promise<Provisioned>;
  publisherOf(topicPrefix: string): KafkaPublisher;
  publishAll(topicPrefix: string): Promise<void>;
  /** Until so many came, each counted once. */
  read(name: string, topics: string[], count: number): Promise<Received[]>;
}

/** The certificate of the shared customer database. */
export const CUSTOMERS = 'platform.shared-customer-database';

/** A consumer that waits for longer at partitions without news ends so much later. */
const FETCH_WITHIN_MS = 100;

/** Tests on a cluster of so many nodes, which all of them share; skipped by name where there is none. */
export function describeOnKafka(
  size: number,
  nodes: string,
  tests: (kafka: KafkaUnderTest) => void,
): void {
  const missing = whyNoKafka(size);
  const name = `topics of a real Kafka of ${nodes}`;
  if (missing === undefined) describe(name, () => tests(kafkaUnderTest(size)));
  else describe.skip(`${name} (${missing})`, () => tests(kafkaUnderTest(size)));
}

function kafkaUnderTest(size: number): KafkaUnderTest {
  let cluster: KafkaCluster;
  let folder: string;
  let log: EventStore;
  const publishers: KafkaPublisher[] = [];
  const consumers: Consumer[] = [];

  beforeAll(async () => {
    const parties = ['dso', 'tso', 'aggregator.alfa', CUSTOMERS];
    cluster = await startKafka(['flexledger', ...parties], size);
  });
  afterAll(() => cluster.close());

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kafka-publisher-'));
    log = openSqliteEventStore({ path: path.join(folder, 'events.db'), clock: wallClock });
    for (const [podId, aggregatorId] of [
      ['IT1', 'alfa'],
      ['IT2', 'beta'],
    ]) {
      await log.append(`pod-${podId}`, 'any', [
        event(`register/${podId}`, 'PodRegistered', { podId, aggregatorId }),
      ]);
    }
  });
  afterEach(async () => {
    for (const consumer of consumers.splice(0)) await consumer.disconnect();
    for (const publisher of publishers.splice(0)) await publisher.close();
    await log.close();
    rmSync(folder, { recursive: true });
  });

  function publisherOf(topicPrefix: string): KafkaPublisher {
    const kafka = { ...cluster.settings('flexledger'), topicPrefix };
    const publisher = createKafkaPublisher({ log: partyLog(log), kafka });
    publishers.push(publisher);
    return publisher;
  }

  return {
    size,
    get cluster() {
      return cluster;
    },
    get log() {
      return log;
    },
    get folder() {
      return folder;
    },
    publisherOf,
    provision: (topicPrefix) =>
      provisionKafka({
        kafka: { ...cluster.settings('operator'), topicPrefix },
        aggregatorIds: ['alfa', 'beta'],
        publisher: 'flexledger',
        partitions: 2,
        copies: size,
        acls: true,
      }),
    async publishAll(topicPrefix) {
      const { processor } = publisherOf(topicPrefix);
      for await (const recorded of log.readAll({ filter: { types: processor.types } })) {
        await eventually(() => processor.handle(recorded));
      }
    },
    async read(name, topics, count) {
      const kafka = await openKafka(cluster.settings(name), name);
      const groupId = `${name}.${topics[0]}`;
      const consumer = kafka.consumer({
        groupId,
        maxWaitTimeInMs: FETCH_WITHIN_MS,
        retry: { retries: 8 },
      });
      consumers.push(consumer);
      await consumer.connect();
      await consumer.subscribe({ topics, fromBeginning: true });
      const received: Received[] = [];
      await consumer.run({
        eachMessage: async ({ topic, message }) => {
          received.push({
            topic,
            key: message.key!.toString(),
            id: message.headers!['ce_id']!.toString(),
            event: JSON.parse(message.value!.toString()) as CloudEvent,
          });
        },
      });
      for (let tries = 0; once(received).length < count && tries < 300; tries += 1)
        await sleep(100);
      return received;
    },
  };
}

/** Access rights hold a moment after they are made; the runner of a processor tries again by itself. */
export async function eventually(attempt: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === 20) throw error;
      await sleep(250);
    }
  }
}

/** Without what came again, which its id tells. */
export const once = (received: readonly Received[]): Received[] => {
  const known = new Set<string>();
  return received.filter(({ topic, id }) => {
    const isNew = !known.has(`${topic} ${id}`);
    known.add(`${topic} ${id}`);
    return isNew;
  });
};

/** Publishes under a lease, from the checkpoint on, until so many events are published by it. */
async function instance(
  { log, folder, publisherOf }: KafkaUnderTest,
  owner: string,
  prefix: string,
  enough: (done: number, position: number) => boolean,
) {
  const statePath = path.join(folder, 'processors.db');
  const state = await openSqliteProcessorState({ path: statePath, clock: wallClock });
  const { processor } = publisherOf(prefix);
  const stop = new AbortController();
  let done = 0;
  const counted = {
    ...processor,
    handle: async (recorded: RecordedEvent) => {
      await processor.handle(recorded);
      done += 1;
      if (enough(done, recorded.position)) stop.abort();
    },
    // Few enough together that something can happen between.
    handleSeveral: async (several: readonly RecordedEvent[]) => {
      for (let from = 0; from < several.length && !stop.signal.aborted; from += 8) {
        const some = several.slice(from, from + 8);
        await processor.handleSeveral!(some);
        done += some.length;
        if (enough(done, some.at(-1)!.position)) stop.abort();
      }
      // The rest is not done.
      stop.signal.throwIfAborted();
    },
  };
  const runner = createProcessorRunner({
    store: log,
    state,
    owner,
    processors: [counted],
    clock: wallClock,
    startAfter: async () => -1,
    viewsReady: async () => undefined,
    leaseMs: 1_000,
    onProblem: (_: ProcessorProblem) => undefined,
  });
  await runner.follow(stop.signal).catch(() => undefined);
  await state.close();
}

/** A day of two PoDs: published whole and in order, whatever ends in it. */
export function publishesWholeDay(kafka: KafkaUnderTest): void {
  it('have a day whole, over a publisher that ends and a node that is killed and comes back', async () => {
    const { log, cluster, size, provision, read } = kafka;
    await provision('day.');
    const quarterHours = Array.from({ length: 96 }, (_, index) => index);
    const podIds = ['IT1', 'IT2'];
    for (const sequence of quarterHours) {
      for (const podId of podIds) {
        await log.append(`meter-${podId}`, 'any', [measured(podId, sequence)]);
      }
      if (sequence % 24 > 0) continue;
      const sessionId = `session-${sequence}`;
      const rows = [{ aggregatorId: 'alfa' }, { aggregatorId: 'beta' }];
      const data = { sessionId, rows };
      await log.append(sessionId, 'any', [event(`${sessionId}/result`, 'ResultPublished', data)]);
      await log.append(sessionId, 'any', [
        event(`${sessionId}/settled`, 'SettlementComputed', { sessionId, rows }),
      ]);
    }
    const [measurements, outcomes, settlements] = [
      'measurements',
      'validated_outcome',
      'settlement',
    ];
    const ofAlfa = [measurements, outcomes, settlements].map((name) => `day.${name}_alfa`);

    await instance(kafka, 'first', 'day.', (done) => done >= 40);
    const leader = await leaderOf(cluster, ofAlfa[0]!);
    let killed: Promise<void> | undefined;
    const end = await log.head();
    await instance(kafka, 'second', 'day.', (done, position) => {
      if (done >= 30)
        killed ??= leader.kill().then(() => (size === 1 ? leader.start() : undefined));
      return position === end;
    });
    await killed;
    if (size > 1) await leader.start();
    await untilInSync(kafka, ofAlfa);

    const received = await read('aggregator.alfa', ofAlfa, quarterHours.length + 8);
    const bodies = new Map(received.map(({ id, event: body }) => [id, JSON.stringify(body)]));
    for (const { id, event: body } of received) expect(bodies.get(id)).toBe(JSON.stringify(body));
    const first = once(received);
    const ofTopic = (index: number) => first.filter(({ topic }) => topic === ofAlfa[index]);
    const sequences = ofTopic(0).map(
      ({ event: { data } }) => (data as { sequence: number }).sequence,
    );
    expect(sequences).toEqual(quarterHours);
    const sessions = [0, 24, 48, 72].map((sequence) => `session-${sequence}`);
    expect(
      ofTopic(1)
        .map(({ key }) => key)
        .toSorted(),
    ).toEqual(sessions);
    expect(
      ofTopic(2)
        .map(({ key }) => key)
        .toSorted(),
    ).toEqual(sessions);
    for (const { event: body } of [...ofTopic(1), ...ofTopic(2)]) {
      expect(body.data).toMatchObject({ rows: [{ aggregatorId: 'alfa' }] });
    }
  });
}

async function leaderOf(cluster: KafkaCluster, topic: string): Promise<KafkaNode> {
  return asOperator(cluster, async (admin) => {
    const { topics: found } = await admin.fetchTopicMetadata({ topics: [topic] });
    const { leader } = found[0]!.partitions[0]!;
    return cluster.nodes.find(({ id }) => id === leader)!;
  });
}

/** Resolves once every node has all of the topics again. */
async function untilInSync({ cluster, size }: KafkaUnderTest, names: string[]): Promise<void> {
  await asOperator(cluster, async (admin) => {
    for (;;) {
      const { topics: found } = await admin.fetchTopicMetadata({ topics: names });
      const partitions = found.flatMap((topic) => topic.partitions);
      if (partitions.every(({ isr }) => isr.length === size)) return;
      await sleep(250);
    }
  });
}

async function asOperator<Answer>(
  cluster: KafkaCluster,
  ask: (admin: Admin) => Promise<Answer>,
): Promise<Answer> {
  const admin = (await openKafka(cluster.settings('operator'), 'operator')).admin();
  await admin.connect();
  try {
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}
