/**
 * One log follows another by what that publishes in a real Kafka: all of it, in its order, once, however often it is begun
 * again. Skipped by name where there is no Kafka.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type MirrorAlarm,
  type MirroredEvent,
  type ProposedEvent,
  type RecordedEvent,
  currentVersionOf,
  mirrorStream,
} from '@flexledger/domain';
import { type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { sleep, wallClock } from '@flexledger/runtime';
import { createMirror, partyLog } from '@flexledger/service-kit';
import { openKafka } from './kafka-client';
import { provisionKafka } from './provision';
import { createKafkaPublisher } from './publisher';
import { type KafkaCluster, startKafka, whyNoKafka } from './machine-kafka';
import { topicCarrier } from './topic-carrier';

jest.setTimeout(180_000);

const missing = whyNoKafka();
const describeOnKafka = missing === undefined ? describe : describe.skip;
const PARTY = 'aggregator:alfa';
const READER = 'aggregator.alfa';
/** Events that are published at once. */
const TOGETHER = 50;

describeOnKafka(`topics that are followed${missing === undefined ? '' : ` (${missing})`}`, () => {
  let cluster: KafkaCluster;
  let folder: string;
  let theirs: SqliteEventStore;
  let ours: SqliteEventStore;
  let topicPrefix: string;
  let problems: string[];
  let stop: AbortController;
  let tests = 0;

  beforeAll(async () => {
    cluster = await startKafka(['flexledger', READER]);
  });
  afterAll(() => cluster.close());

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'topic-carrier-'));
    const open = (name: string) =>
      openSqliteEventStore({ path: path.join(folder, name), clock: wallClock });
    [theirs, ours] = [open('theirs.db'), open('ours.db')];
    tests += 1;
    topicPrefix = `followed-${tests}.`;
    problems = [];
    stop = new AbortController();
    await provisionKafka({
      kafka: { ...cluster.settings('operator'), topicPrefix },
      aggregatorIds: ['alfa'],
      publisher: 'flexledger',
      partitions: 3,
      copies: 1,
      acls: true,
    });
    for (const podId of podIds) await said(`pod-${podId}`, 'PodRegistered', { podId, ...pod });
  });
  afterEach(async () => {
    stop.abort();
    await sleep(300);
    await ours.close();
    await theirs.close();
    rmSync(folder, { recursive: true });
  });

  const podIds = ['IT002E00000001', 'IT002E00000002', 'IT002E00000003', 'IT002E00000004'];
  const pod = {
    aggregatorId: 'alfa',
    customerKind: 'household',
    contractedPowerW: 3_000,
    annualEnergyKwh: 2_700,
    pvPeakW: 0,
    wallet: '0x00000000000000000000000000000000000000aa',
  };

  let count = 0;
  async function said(streamId: string, type: string, data: object): Promise<void> {
    count += 1;
    const id = uuidFrom(`followed/${count}`);
    const event: ProposedEvent = {
      id,
      type,
      schemaVersion: currentVersionOf(type),
      occurredAt: '2026-03-17T10:00:00.000Z',
      correlationId: id,
      causationId: id,
      actor: 'platform:access-layer',
      data,
    };
    await theirs.append(streamId, 'any', [event]);
  }

  const rejected = (podId: string, sequence: number) =>
    said(`meter-${podId}`, 'PacketRejected', {
      podId,
      reason: 'malformed',
      detail: `${sequence}`,
      packet: '',
    });

  async function publish(after = -1): Promise<number> {
    const kafka = { ...cluster.settings('flexledger'), topicPrefix };
    const { processor, close } = createKafkaPublisher({ log: partyLog(theirs), kafka });
    const events: RecordedEvent[] = [];
    for await (const event of theirs.readAll({ after, filter: { types: processor.types } })) {
      events.push(event);
    }
    for (let from = 0; from < events.length; from += TOGETHER) {
      for (let tries = 0; ; tries += 1) {
        const some = processor.handleSeveral!(events.slice(from, from + TOGETHER));
        // Rights hold a moment after they are made.
        const failed = await some.catch((error: Error) => error);
        if (!failed) break;
        if (tries === 20) throw failed;
        await sleep(250);
      }
    }
    await close();
    return events.at(-1)?.position ?? after;
  }

  const topics = (): string[] =>
    ['measurements', 'validated_outcome', 'settlement'].map((name) => `${topicPrefix}${name}_alfa`);

  async function follow(names = topics()): Promise<void> {
    stop = new AbortController();
    const url = 'http://127.0.0.1:1';
    const mirror = createMirror({
      source: {
        name: 'topics',
        url,
        certifierUrl: url,
        party: PARTY,
        carrier: topicCarrier({ ...cluster.settings(READER), topics: names }, PARTY, 'topics'),
      },
      token: async () => '',
      log: ours,
      clock: wallClock,
      onProblem: (problem) => void problems.push(problem),
      pausesMs: [200],
    });
    await mirror.begin!({ signal: stop.signal, fence: 1 });
  }

  async function all(store: SqliteEventStore): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for await (const event of store.readAll()) events.push(event);
    return events;
  }
  const own = async (): Promise<RecordedEvent[]> =>
    (await all(ours)).filter(({ streamId }) => streamId !== mirrorStream('topics'));
  const dataOf = async <Data>(type: string): Promise<Data[]> =>
    (await all(ours)).filter((event) => event.type === type).map(({ data }) => data as Data);
  const recorded = async (): Promise<MirroredEvent[]> =>
    (await dataOf<{ events: MirroredEvent[] }>('EventsMirrored')).flatMap(({ events }) => events);
  const alarms = (): Promise<MirrorAlarm[]> => dataOf<MirrorAlarm>('MirrorAlarmRaised');

  async function until(holds: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 600; tries += 1) {
      if (await holds()) return;
      await sleep(100);
    }
    throw new Error(`It never came to it; told: ${problems.join(' ')}`);
  }
  const published = async (): Promise<string[]> =>
    (await all(theirs)).filter(({ type }) => type !== 'PodRegistered').map(({ id }) => id);
  const idsOf = (events: readonly RecordedEvent[]): string[] => events.map(({ id }) => id);

  async function untilFollowed(): Promise<void> {
    const { length } = await published();
    await until(async () => (await recorded()).length >= length);
  }

  async function send(topic: string, ...values: (string | null)[]): Promise<void> {
    const producer = (await openKafka(cluster.settings('operator'), 'stranger')).producer();
    await producer.connect();
    const messages = values.map((value) => ({ key: podIds[0]!, value }));
    await producer.send({ topic, messages });
    await producer.disconnect();
  }

  it('bring another log’s events in its order out of three partitions, and go on where they were', async () => {
    for (let sequence = 0; sequence < 40; sequence += 1) {
      for (const podId of podIds) await rejected(podId, sequence);
    }
    const last = await publish();
    await follow();
    await untilFollowed();
    expect(idsOf(await own())).toEqual(await published());
    stop.abort();
    await sleep(300);

    await rejected(podIds[0]!, 40);
    await rejected(podIds[1]!, 40);
    await publish(last);
    // Once more, as after a publisher that ended.
    await publish(last - 5);
    await follow();
    await untilFollowed();
    await rejected(podIds[2]!, 41);
    await publish((await all(theirs)).at(-2)!.position);
    await untilFollowed();
    expect(idsOf(await own())).toEqual(await published());
    const [first] = (await own()).slice(-1);
    const { position: _, recordedAt: __, ...whole } = (await all(theirs)).at(-1)!;
    expect(first).toMatchObject(whole);
    expect(await alarms()).toEqual([]);
  });

  it('bring it in its order while it is published, many at once', async () => {
    const sequences = Array.from({ length: 150 }, (_, index) => index);
    for (const sequence of sequences) {
      for (const podId of podIds) await rejected(podId, sequence);
    }
    await follow();
    await publish();
    await untilFollowed();
    expect(idsOf(await own())).toEqual(await published());
    expect(await alarms()).toEqual([]);
  });

  it('whose group has lost its place bring nothing twice', async () => {
    for (let sequence = 0; sequence < 300; sequence += 1) await rejected(podIds[0]!, sequence);
    await publish();
    await follow();
    await untilFollowed();
    stop.abort();
    await sleep(300);
    const admin = (await openKafka(cluster.settings('operator'), 'operator')).admin();
    await admin.connect();
    const groupId = `${READER}.mirror-topics`;
    await until(async () => {
      const { groups } = await admin.describeGroups([groupId]);
      return groups[0]!.state === 'Empty';
    });
    await admin.deleteGroups([groupId]);
    await admin.disconnect();
    await rejected(podIds[1]!, 1);
    await publish((await all(theirs)).at(-2)!.position);
    await follow();
    await untilFollowed();
    expect(idsOf(await own())).toEqual(await published());
    expect(await alarms()).toEqual([]);
  });

  it('keep what is no event aside, by its place, and go on', async () => {
    const [measurements] = topics() as [string];
    await rejected(podIds[0]!, 0);
    const last = await publish();
    await send(measurements, 'nonsense', '{"position":7}', null);
    await rejected(podIds[0]!, 1);
    await publish(last);
    await follow();
    await untilFollowed();
    await until(async () => (await alarms()).length >= 3);
    expect(idsOf(await own())).toEqual(await published());
    const places = new RegExp(`^${measurements.replaceAll('.', '\\.')}/\\d at \\d: it`);
    for (const { kind, reason } of await alarms()) {
      expect([kind, reason]).toEqual(['unsound', expect.stringMatching(places)]);
    }
    expect((await alarms()).map(({ shown }) => shown)).toEqual(['nonsense', '{"position":7}', '']);
    expect(problems.some((problem) => problem.includes(`unsound: ${measurements}/`))).toBe(true);
  });

  it('that hold something else are not gone through: it is told from where on', async () => {
    const [measurements] = topics() as [string];
    await rejected(podIds[0]!, 0);
    await publish();
    await send(measurements, ...Array.from({ length: 250 }, (_, index) => `other ${index}`));
    await follow();
    await until(async () => problems.some((problem) => problem.includes('are no events')));
    await sleep(1_500);
    expect(problems.find((problem) => problem.includes('are no events'))).toMatch(
      /following it failed: 100 messages in a row of .*measurements_alfa\/\d before offset 101 are no events; look/,
    );
    expect(await alarms()).toHaveLength(100);
    expect(idsOf(await own())).toEqual(await published());
  });

  it('of another party, or that are not there, are told by their name', async () => {
    await follow([`${topicPrefix}measurements_market`]);
    const told = `topic ${topicPrefix}measurements_market cannot be read: `;
    await until(async () => problems.some((problem) => problem.includes(told)));
    expect(await own()).toEqual([]);
  });
});
