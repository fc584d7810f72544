/**
 * The topics of a real Kafka: who is shown what, in which order, with which rights, and what survives a publisher
 * that is killed and a cluster that goes away. Skipped by name where there is no Kafka.
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
import type { Consumer } from 'kafkajs';
import { openKafka } from './kafka-client';
import { provisionKafka } from './provision';
import { type KafkaPublisher, createKafkaPublisher } from './publisher';
import { type KafkaBroker, startKafka, whyNoKafka } from './testing/kafka-broker';

jest.setTimeout(180_000);

const missing = whyNoKafka();
const describeOnKafka = missing === undefined ? describe : describe.skip;

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

describeOnKafka(`topics of a real Kafka${missing === undefined ? '' : ` (${missing})`}`, () => {
  let broker: KafkaBroker;
  let folder: string;
  let log: EventStore;
  const publishers: KafkaPublisher[] = [];
  const consumers: Consumer[] = [];

  beforeAll(async () => {
    broker = await startKafka(['flexledger', 'dso', 'aggregator.alfa', 'aggregator.beta']);
  });
  afterAll(() => broker.close());

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
      kafka: { ...broker.settings('operator'), topicPrefix },
      aggregatorIds: ['alfa', 'beta'],
      publisher: 'flexledger',
      partitions: 2,
      copies: 1,
      acls: true,
    });
  }

  function publisherOf(topicPrefix: string): KafkaPublisher {
    const kafka = { ...broker.settings('flexledger'), topicPrefix };
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
    const kafka = await openKafka(broker.settings(name), name);
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
    for (let tries = 0; received.length < count && tries < 300; tries += 1) await sleep(100);
    return received;
  }

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

    const ofAlfa = await read(
      'aggregator.alfa',
      ['shown.measurements_alfa', 'shown.validated_outcome_alfa'],
      6,
    );
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
    const ofMarket = await read('operator', ['shown.measurements_market'], 10);
    expect(ofMarket).toHaveLength(10);
  });

  it('are read by their own party only, and written by nobody but the publisher', async () => {
    await provision('rights.');
    const alfa = await openKafka(broker.settings('aggregator.alfa'), 'alfa');
    const admin = alfa.admin();
    await admin.connect();
    await eventually(async () => {
      const visible = (await admin.listTopics()).filter((topic) => topic.startsWith('rights.'));
      expect(visible.toSorted()).toEqual([
        'rights.measurements_alfa',
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
    expect(await read('aggregator.alfa', ['absent.measurements_alfa'], 1)).toHaveLength(1);
  });

  it('go on under another instance from the checkpoint, and over a broker that is killed: nothing is lost', async () => {
    await provision('resumed.');
    const statePath = path.join(folder, 'processors.db');
    const instance = async (owner: string, until: (done: number) => boolean) => {
      const state = await openSqliteProcessorState({ path: statePath, clock: wallClock });
      const { processor } = publisherOf('resumed.');
      const stop = new AbortController();
      let done = 0;
      const counted = {
        ...processor,
        handle: async (recorded: Parameters<typeof processor.handle>[0]) => {
          await processor.handle(recorded);
          done += 1;
          if (until(done)) stop.abort();
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
    };
    for (let sequence = 0; sequence < 20; sequence += 1) {
      await log.append('meter-IT1', 'any', [measured('IT1', sequence)]);
    }
    await instance('first', (done) => done === 8);
    const second = instance('second', (done) => done >= 12);
    await broker.kill();
    await broker.start();
    await second;
    const received = await read('aggregator.alfa', ['resumed.measurements_alfa'], 20);
    const sequences = received.map(
      ({ event: { data } }) => (data as { sequence: number }).sequence,
    );
    expect([...new Set(sequences)]).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(new Set(received.map(({ id }) => id)).size).toBe(20);
  });
});

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
