/**
 * What follows from a simulated day's log alone. Replayed under its own rules every session comes out
 * byte for byte, under others the difference shows, and the log stays as it is; and its indicators.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type MarketSessionEvent,
  type ProposedEvent,
  type RulePack,
  KPIS,
  currentVersionOf,
  sessionStream,
  sessionsDelivering,
} from '@flexledger/domain';
import { openSqliteEventStore, logFile } from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { wallClock } from '@flexledger/runtime';
import { loadRulePack, shippedRulePacks } from '@flexledger/service-kit';
import { frontFrom, kpisFrom, replayFrom } from './testing/computed';
import { simulatedCopy } from './testing/simulated-copy';

const DAY = '2026-03-17';
const PODS = 8;
const PACK = 'pack.json';
const platone = loadRulePack('platone');
const sessionIds = sessionsDelivering(DAY, platone.rulePack).map(({ sessionId }) => sessionId);
const [dayAhead] = sessionIds as [string];

let dataDir: string;
beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'flexledger-replay-'));
  await simulatedCopy({ pods: PODS }, dataDir);
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

/**
 * Every file of the folder with the hash of its bytes, but read models: the simulation of this process gives
 * their file free when its statements are collected, at any moment.
 */
const folderBytes = (): [string, string][] =>
  readdirSync(dataDir)
    .filter((name) => name !== PACK && !name.startsWith('views.sqlite'))
    .map((name) => path.join(dataDir, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => [file, createHash('sha256').update(readFileSync(file)).digest('hex')]);

/** Platone with some members changed, loaded as a file that a user wrote. */
function changedPack(change: (pack: RulePack) => object) {
  const file = path.join(dataDir, PACK);
  writeFileSync(file, JSON.stringify({ ...platone.rulePack, ...change(platone.rulePack) }));
  return loadRulePack(file);
}

it('the front of a recorded session begins with what the market sold in it', async () => {
  const [first] = await frontFrom(dataDir, dayAhead);
  const store = openSqliteEventStore({ path: logFile(dataDir), clock: wallClock, readOnly: true });
  let cost = 0;
  for await (const event of store.readStream(sessionStream(dayAhead))) {
    const { type, data } = event as unknown as MarketSessionEvent;
    if (type !== 'MarketCleared' || data.round > 0) continue;
    for (const { acceptedW, priceMicroEurPerKwh } of data.rows) {
      cost += acceptedW.reduce((sum, watts, mtu) => sum + watts * priceMicroEurPerKwh[mtu]!, 0);
    }
  }
  await store.close();
  expect(cost).toBeGreaterThan(0);
  expect(first!.costWMtuPrice).toBe(cost);
});

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
});

it.each(shippedRulePacks())(
  'under %s the difference is the same by aggregator, by PoD and in total, and no file changes',
  async (name) => {
    const before = folderBytes();
    const pack = loadRulePack(name);
    for (const sessionId of sessionIds) {
      const { settlement, aggregators, pods } = await replayFrom(dataDir, sessionId, pack);
      const { recorded, replayed, differenceMicroEur } = settlement;
      expect(differenceMicroEur).toBe(replayed.netMicroEur - recorded!.netMicroEur);
      const sum = (changes: readonly { readonly differenceMicroEur: number }[]): number =>
        changes.reduce((total, change) => total + change.differenceMicroEur, 0);
      expect([sum(aggregators), sum(pods)]).toEqual([differenceMicroEur, differenceMicroEur]);
      if (name === 'platone') expect(differenceMicroEur).toBe(0);
    }
    expect(folderBytes()).toEqual(before);
  },
  60_000,
);

it('under graded penalties the same is bought and delivered, and other penalties are taken', async () => {
  const pack = loadRulePack('graded-penalty');
  const { market, settlement } = await replayFrom(dataDir, dayAhead, pack);
  const { recorded, replayed } = settlement;
  expect(market.identical).toBe(true);
  expect(replayed).toMatchObject({
    deliveredWMtu: recorded!.deliveredWMtu,
    paidMicroEur: recorded!.paidMicroEur,
  });
  expect(replayed.penaltyMicroEur).not.toBe(recorded!.penaltyMicroEur);
});

it('under pay-as-clear the same is bought, for more', async () => {
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
});

it('with another baseline the same is bought and something else delivered', async () => {
  const pack = changedPack(({ baseline }) => ({ baseline: { ...baseline, method: 'zero' } }));
  const { market, settlement } = await replayFrom(dataDir, dayAhead, pack);
  expect(market.identical).toBe(true);
  expect(settlement.identical).toBe(false);
  expect(settlement.replayed.baselines).toEqual({ zero: settlement.replayed.rows });
  expect(settlement.replayed.deliveredWMtu).toBeLessThan(settlement.recorded!.deliveredWMtu);
});

it('with another objective something else is bought, and the DSO’s functions are asked again', async () => {
  const pack = changedPack(() => ({ objective: { costWeight: 0, reliabilityWeight: 1 } }));
  const { market } = await replayFrom(dataDir, dayAhead, pack);
  expect(market).toMatchObject({ sameAllocation: false, validation: 'askedAgain' });
  expect(market.replayed.costMicroEur).toBeGreaterThan(market.recorded.costMicroEur);
});

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
});

it('of rules that do not trade a product buys nothing of it', async () => {
  const pack = changedPack(() => ({ products: ['Q'] }));
  const { market, settlement } = await replayFrom(dataDir, dayAhead, pack);
  expect([market.replayed.rows, settlement.replayed.rows]).toEqual([0, 0]);
  expect(settlement.differenceMicroEur).toBe(-settlement.recorded!.netMicroEur);
});

describe('a replay is refused', () => {
  it('of a session that is not there, by name', async () => {
    await expect(replayFrom(dataDir, 'dayAhead-1999', platone)).rejects.toThrow(
      'The log has no session "dayAhead-1999"',
    );
  });

  it('under rules that count days elsewhere', async () => {
    const pack = changedPack(() => ({ timeZone: 'Europe/London' }));
    await expect(replayFrom(dataDir, dayAhead, pack)).rejects.toThrow(
      'counts days in Europe/London, the session was sold by days in Europe/Rome',
    );
  });

  it('of a session that was cancelled, or has no result yet, with what it is', async () => {
    const cancelled: MarketSessionEvent = {
      type: 'SessionCancelled',
      data: { sessionId: dayAhead, reason: 'test run' },
    };
    const called = await partOfLog(0, cancelled);
    await expect(replayFrom(called, dayAhead, platone)).rejects.toThrow(
      `Session ${dayAhead} was cancelled (test run): nothing was bought in it to replay.`,
    );
    const opened = await partOfLog(1);
    await expect(replayFrom(opened, dayAhead, platone)).rejects.toThrow(
      `Session ${dayAhead} is open; it can be replayed once its result is published.`,
    );
  });
});

it('of a session that is not settled yet shows what it bought, and no difference', async () => {
  const folder = await partOfLog(Infinity);
  const { market, settlement, aggregators, pods } = await replayFrom(folder, dayAhead, platone);
  expect(market.identical).toBe(true);
  expect(settlement).toMatchObject({ recorded: null, differenceMicroEur: null });
  expect([aggregators, pods]).toEqual([[], []]);
});

/** A log with the rules, grid and PoDs of the day, and of the day-ahead session its first revisions. */
async function partOfLog(lastRevision: number, ...more: MarketSessionEvent[]): Promise<string> {
  const folder = mkdtempSync(path.join(dataDir, 'part-'));
  const [from, to] = [
    openSqliteEventStore({ path: logFile(dataDir), clock: wallClock, readOnly: true }),
    openSqliteEventStore({ path: logFile(folder), clock: wallClock }),
  ];
  const session = sessionStream(dayAhead);
  const copied = new Map<string, ProposedEvent[]>();
  for await (const event of from.readAll()) {
    const { streamId, revision } = event;
    const isBasis = /^(rulePack|gridModel|gridForecast|pod)-/.test(streamId);
    if (!isBasis && !(streamId === session && revision <= lastRevision)) continue;
    copied.set(streamId, [...(copied.get(streamId) ?? []), event]);
  }
  const last = copied.get(session)!.at(-1)!;
  more.forEach(({ type, data }, index) =>
    copied.get(session)!.push({
      ...last,
      id: uuidFrom(`more/${index}`),
      type,
      schemaVersion: currentVersionOf(type),
      data,
    }),
  );
  for (const [streamId, events] of copied) {
    await to.append(
      streamId,
      'noStream',
      events.map((event) => proposed(event)),
    );
  }
  await from.close();
  await to.close();
  return folder;
}

function proposed(event: ProposedEvent): ProposedEvent {
  const { id, type, schemaVersion, occurredAt, correlationId, causationId, actor, data } = event;
  return { id, type, schemaVersion, occurredAt, correlationId, causationId, actor, data };
}
