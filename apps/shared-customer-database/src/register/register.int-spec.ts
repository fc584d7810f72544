import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PodCommand, RecordedEvent } from '@flexledger/domain';
import { openSqliteEventStore, type SqliteEventStore } from '@flexledger/event-store';
import { VirtualClock } from '@flexledger/runtime';
import { type Register, createRegister } from './register';
import { publishRome } from '../testing/customer-trial';

const details = {
  aggregatorId: 'AGG1',
  customerKind: 'household',
  contractedPowerW: 6_000,
  annualEnergyKwh: 2_700,
  pvPeakW: 3_000,
  wallet: `0x${'ab'.repeat(20)}`,
} as const;
const podId = (index: number): string => `IT002E${String(index).padStart(8, '0')}`;
const register = (index: number): PodCommand => ({
  kind: 'registerPod',
  podId: podId(index),
  ...details,
});
const locate = (index: number): PodCommand => ({
  kind: 'locatePod',
  podId: podId(index),
  gridId: 'rome',
  busId: `n${index}`,
  pom: 'PS-t1',
});
const declareBaseline = (index: number): PodCommand => ({
  kind: 'declareBaseline',
  podId: podId(index),
  deliveryDay: '2026-03-17',
  mtuCount: 2,
  baselineW: [400, 500],
  origin: 'byHand',
});
const switchOff = (index: number): PodCommand => ({
  kind: 'changeAvailability',
  podId: podId(index),
  deliveryDay: '2026-03-17',
  available: false,
});
const byAggregator = { requestId: 'first list', actor: 'aggregator:AGG1' };

describe('the register', () => {
  let folder: string;
  let store: SqliteEventStore;
  let pods: Register;
  const clock = new VirtualClock(Date.parse('2026-03-16T08:00:00.000Z'));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'register-'));
    store = openSqliteEventStore({ path: join(folder, 'log.db'), clock });
    pods = createRegister({ store, clock, timeZone: 'Europe/Rome' });
  });

  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const log = async (): Promise<RecordedEvent[]> => {
    const events: RecordedEvent[] = [];
    for await (const event of store.readAll()) events.push(event);
    return events;
  };

  it('registers, locates and describes PoDs in the order of the list', async () => {
    await publishRome(store);
    await pods.submit([register(2), register(1), declareBaseline(1)], byAggregator);
    await pods.submit([locate(1), locate(2)], { requestId: 'second list', actor: 'dso' });
    const written = (await log()).filter(({ type }) => type !== 'GridModelPublished');
    expect(written.map(({ type, streamId, actor }) => [type, streamId, actor])).toEqual([
      ['PodRegistered', `pod-${podId(2)}`, 'aggregator:AGG1'],
      ['PodRegistered', `pod-${podId(1)}`, 'aggregator:AGG1'],
      ['BaselineDeclared', `pod-${podId(1)}`, 'aggregator:AGG1'],
      ['PodLocated', `pod-${podId(1)}`, 'dso'],
      ['PodLocated', `pod-${podId(2)}`, 'dso'],
    ]);
  });

  it('answers each command by itself', async () => {
    const answers = await pods.submit([declareBaseline(1), register(2), register(2)], byAggregator);
    expect(answers).toMatchObject([
      { podId: podId(1), accepted: false, error: { code: 'pod-unknown' } },
      { podId: podId(2), accepted: true, changed: true },
      { podId: podId(2), accepted: true, changed: false },
    ]);
  });

  it('takes nothing for a day that is over', async () => {
    const later = new VirtualClock(Date.parse('2026-03-17T22:59:59.000Z'));
    const evening = createRegister({ store, clock: later, timeZone: 'Europe/Rome' });
    await evening.submit([register(1)], byAggregator);
    const declare = (requestId: string) =>
      evening.submit([declareBaseline(1), switchOff(1)], { ...byAggregator, requestId });
    expect(await declare('in time')).toMatchObject([{ accepted: true }, { accepted: true }]);
    await later.advanceTo(Date.parse('2026-03-17T23:00:00.000Z'));
    const over = { accepted: false, error: { code: 'day-over' } };
    expect(await declare('too late')).toMatchObject([over, over]);
    expect(await declare('in time')).toMatchObject([{ accepted: true }, { accepted: true }]);
    const noDay = { ...declareBaseline(1), deliveryDay: '2026-02-30' } as PodCommand;
    expect(await evening.submit([noDay], { ...byAggregator, requestId: 'no day' })).toMatchObject([
      { accepted: false, error: { code: 'day-malformed' } },
    ]);
  });

  it('changes nothing when a list is sent again, after a restart too', async () => {
    const list = [register(1), register(2)];
    await pods.submit(list, byAggregator);
    const restarted = createRegister({ store, clock, timeZone: 'Europe/Rome' });
    for (const again of [pods, restarted]) {
      const answers = await again.submit(list, byAggregator);
      expect(answers.map(({ accepted }) => accepted)).toEqual([true, true]);
    }
    expect(await log()).toHaveLength(2);
    expect(await restarted.podState(podId(1))).toMatchObject({ status: 'registered', details });
  });

  it('takes a baseline of its own aggregator alone, and says so to anybody else', async () => {
    await pods.submit([register(1)], byAggregator);
    for (const actor of ['operator', 'dso', 'tso', 'aggregator:AGG2', `customer:${podId(1)}`]) {
      const [answer] = await pods.submit([declareBaseline(1)], { requestId: actor, actor });
      expect(answer).toMatchObject({ accepted: false, error: { code: 'not-permitted' } });
      expect((answer as { error: Error }).error.message).toBe(
        `${actor} has no right to declareBaseline of PoD ${podId(1)}; only its own aggregator has.`,
      );
    }
    const own = { ...byAggregator, requestId: 'own' };
    expect(await pods.submit([declareBaseline(1)], own)).toMatchObject([{ accepted: true }]);
  });

  it('judges each command by the PoD as it is when its turn comes', async () => {
    const toOther = {
      ...register(1),
      kind: 'changePodDetails',
      aggregatorId: 'AGG2',
    } as PodCommand;
    await pods.submit([register(1)], byAggregator);
    const byOperator = { requestId: 'moves', actor: 'operator' };
    const moved = await pods.submit([toOther], byOperator);
    expect(moved.map(({ accepted }) => accepted)).toEqual([true]);
    const byFormer = { requestId: 'late', actor: 'aggregator:AGG1' };
    expect(await pods.submit([declareBaseline(1)], byFormer)).toMatchObject([
      { accepted: false, error: { code: 'not-permitted' } },
    ]);
  });

  it('takes no list of somebody who is no party', async () => {
    const byNobody = { requestId: 'list', actor: 'mallory' };
    await expect(pods.submit([register(1)], byNobody)).rejects.toThrow(/names no party/);
  });

  it('keeps the order of a list longer than what is appended at once', async () => {
    const list = Array.from({ length: 5_010 }, (_, index) => register(5_010 - index));
    await pods.submit(list, byAggregator);
    expect((await log()).map(({ streamId }) => streamId)).toEqual(
      list.map((command) => `pod-${command.podId}`),
    );
  });

  it('throws when the log cannot be written', async () => {
    await store.close();
    await expect(pods.submit([register(1)], byAggregator)).rejects.toThrow();
  });
});
