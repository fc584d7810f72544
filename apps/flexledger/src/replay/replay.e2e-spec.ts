/**
 * What follows from a simulated day's log alone. Replayed under its own rules every session comes out
 * byte for byte, under others the difference shows, and the log stays as it is; and its indicators.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type RulePack, KPIS, sessionsDelivering } from '@flexledger/domain';
import { loadRulePack } from '@flexledger/service-kit';
import { kpisFrom } from '../commands/kpis';
import { replayFrom } from '../commands/replay';
import { logFile } from '../platform/open-platform';
import { simulateDay } from '../simulate/simulate-day';

const DAY = '2026-03-17';
const PODS = 8;
const platone = loadRulePack('platone');
const sessionIds = sessionsDelivering(DAY, platone.rulePack).map(({ sessionId }) => sessionId);
const [dayAhead] = sessionIds as [string];

let dataDir: string;
beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'flexledger-replay-'));
  await simulateDay({
    ...{ pods: PODS, date: DAY, seed: 1, grid: 'ieee33', dataDir, rules: platone },
    progress: { update: () => {}, end: () => {} },
    onProblem: (problem) => {
      throw new Error(problem);
    },
  });
}, 60_000);
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const logBytes = (): string =>
  createHash('sha256')
    .update(readFileSync(logFile(dataDir)))
    .digest('hex');

/** Platone with some members changed, loaded as a file that a user wrote. */
function changedPack(change: (pack: RulePack) => object) {
  const file = path.join(dataDir, 'pack.json');
  writeFileSync(file, JSON.stringify({ ...platone.rulePack, ...change(platone.rulePack) }));
  return loadRulePack(file);
}

it('under its own rules each session comes out as recorded, byte for byte', async () => {
  for (const sessionId of sessionIds) {
    const { market, settlement, rules, aggregators, pods } = await replayFrom(
      dataDir,
      sessionId,
      platone,
    );
    expect(rules.replayed).toEqual(rules.recorded);
    expect(market).toMatchObject({ identical: true, validation: 'recorded' });
    expect(settlement).toMatchObject({ identical: true, differenceMicroEur: 0 });
    expect([aggregators, pods]).toEqual([[], []]);
  }
}, 30_000);

it('under pay-as-clear the same is bought, for more', async () => {
  const before = logBytes();
  const pack = loadRulePack('clearing-price');
  const { market, settlement, aggregators } = await replayFrom(dataDir, dayAhead, pack);
  expect(market).toMatchObject({ sameAllocation: true, identical: false, validation: 'recorded' });
  const { recorded, replayed, differenceMicroEur } = settlement;
  expect(differenceMicroEur).toBe(replayed.netMicroEur - recorded!.netMicroEur);
  expect(differenceMicroEur).toBeGreaterThan(0);
  const byAggregator = aggregators.reduce((sum, change) => sum + change.differenceMicroEur, 0);
  expect(byAggregator).toBe(differenceMicroEur);
  // One day of measurements makes no ten like days.
  expect(replayed.baselines).toEqual({
    'nominated (instead of meanXOfY: 0 of 10 days known, 5 needed)': replayed.rows,
  });
  expect(logBytes()).toBe(before);
}, 30_000);

it('with another baseline the same is bought and something else delivered', async () => {
  const pack = changedPack(({ baseline }) => ({ baseline: { ...baseline, method: 'zero' } }));
  const { market, settlement } = await replayFrom(dataDir, dayAhead, pack);
  expect(market.identical).toBe(true);
  expect(settlement.identical).toBe(false);
  expect(settlement.replayed.baselines).toEqual({ zero: settlement.replayed.rows });
  expect(settlement.replayed.deliveredWMtu).toBeLessThan(settlement.recorded!.deliveredWMtu);
}, 30_000);

it('with another objective something else is bought, and the DSO’s functions are asked again', async () => {
  const pack = changedPack(() => ({ objective: { costWeight: 0, reliabilityWeight: 1 } }));
  const { market } = await replayFrom(dataDir, dayAhead, pack);
  expect(market).toMatchObject({ sameAllocation: false, validation: 'askedAgain' });
  expect(market.replayed.costMicroEur).toBeGreaterThan(market.recorded.costMicroEur);
}, 30_000);

it('the day has all seven indicators, by session, day and PoD and in total', async () => {
  const rows = await kpisFrom(dataDir, true);
  const total = rows.filter(({ scope }) => scope === 'total');
  expect(new Set(total.map(({ kpi }) => kpi))).toEqual(new Set(KPIS.map(({ id }) => id)));
  const sessions = rows.filter(({ scope, kpi }) => scope === 'session' && kpi === 'KPI_PR_04');
  expect(sessions.map(({ id }) => id)).toEqual(sessionIds);
  expect(rows.filter(({ scope, kpi }) => scope === 'pod' && kpi === 'KPI_PR_04')).toHaveLength(
    PODS,
  );
  const effectiveness = total.find(({ kpi }) => kpi === 'KPI_PR_04')!;
  expect(effectiveness.valueBasisPoints).toBeGreaterThan(5_000);
  expect(effectiveness.valueBasisPoints).toBeLessThanOrEqual(10_000);
  expect(await kpisFrom(dataDir, true, DAY)).toEqual(rows);
}, 30_000);

it('of a session that is not there is refused by name', async () => {
  await expect(replayFrom(dataDir, 'dayAhead-1999', platone)).rejects.toThrow(
    'The log has no session "dayAhead-1999"',
  );
});
