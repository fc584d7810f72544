/**
 * The topics of a real Kafka, of one node and of three: who is shown what, in which order, with which rights, and what
 * survives a publisher that ends and a node that is killed. Skipped by name where there is no such Kafka.
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
import { provisionKafka } from './provision';
import { type KafkaPublisher, createKafkaPublisher } from './publisher';
import { type KafkaCluster, type KafkaNode, startKafka, whyNoKafka } from './machine-kafka';

jest.setTimeout(300_000);

function event(name: string, type: string, data: object): ProposedEvent {
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

interface Received {
  readonly topic: string;
  readonly key: string;
  readonly id: string;
  readonly event: CloudEvent;
}

describe.each([
  { size: 1, name: 'one node' },
  { size: 3, name: 'three nodes' },
])('topics of a real Kafka', ({ size, name: nodes }) => {
  const missing = whyNoKafka(size);
  const describeOnKafka = missing === undefined ? describe : describe.skip;
  describeOnKafka(`of ${nodes}${missing === undefined ? '' : ` (${missing})`}`, () => topics(size));
});

function topics(size: number): void {
  let cluster: KafkaCluster;
  let folder: string;
  let log: EventStore;
  const publishers: KafkaPublisher[] = [];
  const consumers: Consumer[] = [];

  beforeAll(async () => {
    const names = ['flexledger', 'dso', 'aggregator.alfa', 'aggregator.beta'];
    cluster = await startKafka(names, size);
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

  /** Topics of a test's own, told apart by a prefix. */
  async function provision(topicPrefix: string) {
    return provisionKafka({
      kafka: { ...cluster.settings('operator'), topicPrefix },
      aggregatorIds: ['alfa', 'beta'],
      publisher: 'flexledger',
      partitions: 2,
      copies: size,
      acls: true,
    });
  }

  function publisherOf(topicPrefix: string): KafkaPublisher {
    const kafka = { ...cluster.settings('flexledger'), topicPrefix };
    const publisher = createKafkaPublisher({ log: partyLog(log), kafka });
    publishers.push(publisher);
    return publisher;
  }

  async function publishAll(topicPrefix: string): Promise<void> {
    const { processor } = publisherOf(topicPrefix);
    for await (const recorded of log.readAll({ filter: { types: processor.types } })) {
      await eventually(() => processor.handle(recorded));
    }
  }

  /** Access rights hold a moment after they are made; the runner of a processor tries again by itself. */
  async function eventually(attempt: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (tries === 20) throw error;
        await sleep(250);
      }
    }
  }

  async function read(name: string, topics: string[], count: number): Promise<Received[]> {
    const kafka = await openKafka(cluster.settings(name), name);
    const groupId = `${name}.${topics[0]}`;
    const consumer = kafka.consumer({ groupId, retry: { retries: 8 } });
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
    for (let tries = 0; once(received).length < count && tries < 300; tries += 1) await sleep(100);
    return received;
  }

  /** Without what came again, which its id tells. */
  const once = (received: readonly Received[]): Received[] => {
    const known = new Set<string>();
    return received.filter(({ topic, id }) => {
      const isNew = !known.has(`${topic} ${id}`);
      known.add(`${topic} ${id}`);
      return isNew;
    });
  };

  const measured = (podId: string, sequence: number): ProposedEvent =>
    event(`${podId}/${sequence}`, 'MeasurementRecorded', { podId, sequence });

  it('hold what their party is shown: own rows, own PoDs, in order by key, under the event’s id', async () => {
    await provision('shown.');
    for (let sequence = 0; sequence < 5; sequence += 1) {
      for (const podId of ['IT1', 'IT2']) {
        await log.append(`meter-${podId}`, 'any', [measured(podId, sequence)]);
      }
    }
    const rows = [{ aggregatorId: 'alfa' }, { aggregatorId: 'beta' }, { aggregatorId: 'beta' }];
    await log.append('session-1', 'any', [
      event('result', 'ResultPublished', { sessionId: 'session-1', rows }),
    ]);
    await publishAll('shown.');

    const topicsOfAlfa = ['shown.measurements_alfa', 'shown.validated_outcome_alfa'];
    const ofAlfa = once(await read('aggregator.alfa', topicsOfAlfa, 6));
    const measurements = ofAlfa.filter(({ topic }) => topic === 'shown.measurements_alfa');
    expect(measurements.map(({ key, event: { data } }) => ({ key, data }))).toEqual(
      [0, 1, 2, 3, 4].map((sequence) => ({ key: 'IT1', data: { podId: 'IT1', sequence } })),
    );
    const [outcome] = ofAlfa.filter(({ topic }) => topic === 'shown.validated_outcome_alfa');
    expect(outcome).toMatchObject({
      key: 'session-1',
      id: uuidFrom('result'),
      event: {
        specversion: '1.0',
        id: uuidFrom('result'),
        type: 'flexledger.ResultPublished',
        data: { rows: [{ aggregatorId: 'alfa' }] },
        flexledgerpartial: true,
      },
    });
    const ofMarket = once(await read('operator', ['shown.measurements_market'], 10));
    expect(ofMarket).toHaveLength(10);
  });

  it('hold receipts and agreements of their own party’s PoDs', async () => {
    await provision('signed.');
    const of = async (podId: string, aggregatorId: string): Promise<void> => {
      const name = (type: string): string => `${podId}/${type}`;
      await log.append(`agreement-${podId}`, 'any', [
        event(name('proposed'), 'AgreementProposed', { podId, aggregatorId }),
        event(name('accepted'), 'AgreementAccepted', { podId }),
      ]);
      await log.append(`node-${podId}`, 'any', [
        event(name('applied'), 'SetpointApplied', { podId, setpointId: '1' }),
        event(name('signed'), 'SetpointReceiptSigned', { podId, content: { setpointId: '1' } }),
      ]);
    };
    await of('IT1', 'alfa');
    await of('IT2', 'beta');
    await publishAll('signed.');
    const topicsOfAlfa = ['signed.setpoint_receipts_alfa', 'signed.agreements_alfa'];
    const ofAlfa = once(await read('aggregator.alfa', topicsOfAlfa, 4));
    const typesOf = (topic: string) =>
      ofAlfa.filter((one) => one.topic === topic).map(({ key, event: { type } }) => [key, type]);
    expect(typesOf('signed.setpoint_receipts_alfa')).toEqual([
      ['IT1', 'flexledger.SetpointApplied'],
      ['IT1', 'flexledger.SetpointReceiptSigned'],
    ]);
    expect(typesOf('signed.agreements_alfa')).toEqual([
      ['IT1', 'flexledger.AgreementProposed'],
      ['IT1', 'flexledger.AgreementAccepted'],
    ]);
    const ofDso = once(await read('dso', ['signed.setpoint_receipts_DSO'], 4));
    expect(ofDso.map(({ key }) => key).toSorted()).toEqual(['IT1', 'IT1', 'IT2', 'IT2']);
  });

  it('are read by their own party only, and written by nobody but the publisher', async () => {
    await provision('rights.');
    const alfa = await openKafka(cluster.settings('aggregator.alfa'), 'alfa');
    const admin = alfa.admin();
    await admin.connect();
    await eventually(async () => {
      const visible = (await admin.listTopics()).filter((topic) => topic.startsWith('rights.'));
      expect(visible.toSorted()).toEqual([
        'rights.agreements_alfa',
        'rights.measurements_alfa',
        'rights.setpoint_receipts_alfa',
        'rights.settlement_alfa',
        'rights.validated_outcome_alfa',
      ]);
    });
    await admin.disconnect();
    const producer = alfa.producer();
    await producer.connect();
    const forged = producer.send({
      topic: 'rights.measurements_alfa',
      messages: [{ value: 'forged' }],
    });
    await expect(forged).rejects.toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED' });
    await producer.disconnect();
    const reading = read('aggregator.alfa', ['rights.measurements_beta'], 1);
    await expect(reading).rejects.toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED' });
  });

  it('are nothing to who has no certificate', async () => {
    const { tls: _, ...trusting } = cluster.settings('dso');
    const { caFile: __, ...plain } = trusting;
    for (const settings of [trusting, plain]) {
      const admin = (await openKafka(settings, 'nobody')).admin({ retry: { retries: 1 } });
      await expect(admin.connect()).rejects.toThrow(/./);
      await admin.disconnect();
    }
  });

  it('provisioning again makes nothing and breaks nothing', async () => {
    expect((await provision('again.')).topics.every(({ isNew }) => isNew)).toBe(true);
    expect((await provision('again.')).topics.some(({ isNew }) => isNew)).toBe(false);
  });

  it('a topic that is missing halts the publisher with the reason, and nothing is passed over', async () => {
    await log.append('meter-IT1', 'any', [measured('IT1', 0)]);
    let recorded: RecordedEvent | undefined;
    for await (const last of log.readAll()) recorded = last;
    const { processor } = publisherOf('absent.');
    await expect(processor.handle(recorded!)).rejects.toThrow(
      /Kafka did not take it for absent\.measurements_market.*kafka provision/,
    );
    await provision('absent.');
    await eventually(() => processor.handle(recorded!));
    const received = await read('aggregator.alfa', ['absent.measurements_alfa'], 1);
    expect(once(received).map(({ id }) => id)).toEqual([recorded!.id]);
  });

  /** Publishes under a lease, from the checkpoint on, until so many events are published by it. */
  async function instance(
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

  it('have a day whole, over a publisher that ends and a node that is killed and comes back', async () => {
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

    await instance('first', 'day.', (done) => done >= 40);
    const leader = await leaderOf(ofAlfa[0]!);
    let killed: Promise<void> | undefined;
    const end = await log.head();
    await instance('second', 'day.', (done, position) => {
      if (done >= 30)
        killed ??= leader.kill().then(() => (size === 1 ? leader.start() : undefined));
      return position === end;
    });
    await killed;
    if (size > 1) await leader.start();
    await untilInSync(ofAlfa);

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

  async function leaderOf(topic: string): Promise<KafkaNode> {
    return asOperator(async (admin) => {
      const { topics: found } = await admin.fetchTopicMetadata({ topics: [topic] });
      const { leader } = found[0]!.partitions[0]!;
      return cluster.nodes.find(({ id }) => id === leader)!;
    });
  }

  /** Resolves once every node has all of the topics again. */
  async function untilInSync(names: string[]): Promise<void> {
    await asOperator(async (admin) => {
      for (;;) {
        const { topics: found } = await admin.fetchTopicMetadata({ topics: names });
        const partitions = found.flatMap((topic) => topic.partitions);
        if (partitions.every(({ isr }) => isr.length === size)) return;
        await sleep(250);
      }
    });
  }

  async function asOperator<Answer>(ask: (admin: Admin) => Promise<Answer>): Promise<Answer> {
    const admin = (await openKafka(cluster.settings('operator'), 'operator')).admin();
    await admin.connect();
    try {
      return await ask(admin);
    } finally {
      await admin.disconnect();
    }
  }
}

it('says nothing to a cluster that is not there, and names it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kafka-publisher-'));
  const log = openSqliteEventStore({ path: path.join(folder, 'events.db'), clock: wallClock });
  await log.append('meter-IT1', 'any', [event('m', 'MeasurementRecorded', { podId: 'IT1' })]);
  const publisher = createKafkaPublisher({
    log: partyLog(log),
    kafka: { brokers: ['127.0.0.1:1'] },
  });
  for await (const recorded of log.readAll()) {
    await expect(publisher.processor.handle(recorded)).rejects.toThrow(
      /ECONNREFUSED 127\.0\.0\.1:1/,
    );
  }
  await publisher.close();
  await log.close();
  rmSync(folder, { recursive: true });
});
