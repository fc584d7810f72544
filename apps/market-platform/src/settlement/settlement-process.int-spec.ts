/**
 * Settlements over a real log: first ones, corrections when measurements come late, awards in the
 * order of the log, a platform that dies anywhere in between; and on random days the law that tokens
 * are settlements (ADR 0007).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type MeteringSource,
  type RulePack,
  type SettlementEvent,
  netMicroEur,
  settlementStream,
} from '@flexledger/domain';
import { type EventStore, contextOf } from '@flexledger/event-store';
import { VirtualClock } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import fc from 'fast-check';
import { append } from '../testing/append';
import {
  PODS,
  createLedger,
  createMeters,
  openSettlement,
  publishSold,
  sessionOf,
  signContracts,
  sold,
} from './testing/sold-day';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BASELINE_W = 3_000;
const { rulePack: platone } = loadRulePack('platone');
const correcting = (correctUntilDays: number): RulePack => ({
  ...platone,
  settlement: { ...platone.settlement, correctUntilDays },
});
/** The first window of the day, 00:00 to 04:00, settled at 05:00. */
const window = sessionOf(platone, 1);
const endMs = window.period.startMs + 4 * HOUR_MS;
const settledMs = endMs + HOUR_MS;
const [POD_A, POD_B] = PODS as [string, string];

const folders: string[] = [];
function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-settlement-'));
  folders.push(folder);
  return folder;
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A market with the first window sold: 1 kW of PoD A in the first two MTUs. */
async function openDay(rules: RulePack, { rows = [sold(POD_A, 0, [1_000, 1_000])] } = {}) {
  const clock = new VirtualClock(endMs - HOUR_MS);
  const meters = createMeters(clock, BASELINE_W, rules);
  const tokens = createLedger();
  const sources = { metering: meters.source, tokens: tokens.ledger };
  const market = await openSettlement(newFolder(), clock, sources);
  await signContracts(market.store, clock, rules);
  await publishSold(market.store, clock, window, rows);
  return { clock, meters, tokens, ...market };
}

async function settlementOf(store: EventStore, sessionId: string): Promise<SettlementEvent[]> {
  const events: SettlementEvent[] = [];
  for await (const event of store.readStream(settlementStream(sessionId))) {
    events.push(event as unknown as SettlementEvent);
  }
  return events;
}
const typesOf = (events: readonly SettlementEvent[]): string[] =>
  events.map(({ type, data }) => `${type} ${data.correction}`);
const SETTLED = (correction: number): string[] =>
  ['SettlementComputed', 'TokensAwarded', 'SettlementPublished'].map(
    (type) => `${type} ${correction}`,
  );
const lastOf = <Type extends SettlementEvent['type']>(
  events: readonly SettlementEvent[],
  type: Type,
) =>
  events.filter((event) => event.type === type).at(-1)!.data as Extract<
    SettlementEvent,
    { type: Type }
  >['data'];

describe('a session', () => {
  it('is settled, awarded and published when the pack says, once', async () => {
    const { clock, meters, tokens, store, resume } = await openDay(platone);
    for (const mtu of [0, 1]) meters.measure(window, POD_A, mtu, 2_000);
    await resume();
    await clock.advanceTo(settledMs - 1);
    expect(await settlementOf(store, window.sessionId)).toEqual([]);
    await clock.advanceTo(settledMs + 9 * DAY_MS);
    const events = await settlementOf(store, window.sessionId);
    expect(typesOf(events)).toEqual(SETTLED(0));
    expect(lastOf(events, 'TokensAwarded')).toMatchObject({
      amountMicroEur: 2_000_000,
      carriedMicroEur: 0,
      accounts: 2,
    });
    expect(tokens.supplyMicroEur()).toBe(2_000_000);
    await store.close();
  });

  it('waits for a chain that is silent, and is then awarded', async () => {
    const { clock, meters, tokens, store, problems, resume } = await openDay(platone);
    for (const mtu of [0, 1]) meters.measure(window, POD_A, mtu, 2_000);
    tokens.setSilent(true);
    await resume();
    await clock.advanceTo(settledMs + HOUR_MS);
    expect(problems).toHaveLength(13);
    expect(typesOf(await settlementOf(store, window.sessionId))).toEqual(['SettlementComputed 0']);
    tokens.setSilent(false);
    await clock.advanceTo(settledMs + 2 * HOUR_MS);
    expect(typesOf(await settlementOf(store, window.sessionId))).toEqual(SETTLED(0));
    await store.close();
  });

  it('is not awarded in a token contract that another has taken the place of', async () => {
    const { clock, meters, tokens, store, problems, resume } = await openDay(platone);
    for (const mtu of [0, 1]) meters.measure(window, POD_A, mtu, 2_000);
    const data = {
      former: { tokenContract: tokens.ledger.address },
      next: { tokenContract: { address: `0x${'71'.repeat(20)}` } },
    };
    await append(store, clock, 'certification', [{ type: 'ContractsChanged', data }]);
    await resume();
    await clock.advanceTo(settledMs);
    expect(problems).toEqual([expect.stringContaining(`${tokens.ledger.address} open; start`)]);
    expect(tokens.awards.size).toBe(0);
    expect(typesOf(await settlementOf(store, window.sessionId))).toEqual(['SettlementComputed 0']);
    await store.close();
  });

  it('can be disputed by an aggregator once it is published', async () => {
    const { clock, meters, store, process, resume } = await openDay(platone);
    meters.measure(window, POD_A, 0, 2_000);
    await resume();
    const { sessionId } = window;
    const money = { settledMicroEur: 1_000_000, expectedMicroEur: 2_000_000 };
    const of = { sessionId, correction: 0, aggregatorId: 'AGG1', disputedRows: 1, rows: [] };
    const context = contextOf('dispute', sessionId, 'aggregator:AGG1');
    await expect(process.dispute({ ...of, ...money }, context)).rejects.toMatchObject({
      code: 'settlement-unknown',
    });
    await clock.advanceTo(settledMs);
    await process.dispute({ ...of, ...money }, context);
    await process.dispute({ ...of, ...money }, context);
    const events = await settlementOf(store, sessionId);
    expect(typesOf(events)).toEqual([...SETTLED(0), 'SettlementDisputed 0']);
    await store.close();
  });
});

describe('what is not measured in time', () => {
  it('is corrected a day later, with all rows anew, and what it adds is minted', async () => {
    const { clock, meters, tokens, store, resume } = await openDay(correcting(7));
    meters.measure(window, POD_A, 0, 2_000);
    meters.measure(window, POD_A, 1, 2_400, settledMs + HOUR_MS);
    await resume();
    await clock.advanceTo(settledMs + DAY_MS - 1);
    expect(
      lastOf(await settlementOf(store, window.sessionId), 'SettlementPublished'),
    ).toMatchObject({ unmeasuredMtus: 1, netMicroEur: 1_000_000 });
    await clock.advanceTo(settledMs + 9 * DAY_MS);
    const events = await settlementOf(store, window.sessionId);
    expect(typesOf(events)).toEqual([...SETTLED(0), ...SETTLED(1)]);
    const { correction, rows } = lastOf(events, 'SettlementComputed');
    expect({ correction, measuredW: rows[0]!.measuredW }).toEqual({
      correction: 1,
      measuredW: [2_000, 2_400],
    });
    // 600 of 1,000 W: 0.60 EUR, less 20 % for the deviation.
    expect(lastOf(events, 'TokensAwarded')).toMatchObject({ amountMicroEur: 480_000 });
    expect(tokens.supplyMicroEur()).toBe(1_480_000);
    await store.close();
  });

  it('is looked for every day until it has come or the horizon is over', async () => {
    const { clock, meters, store, resume } = await openDay(correcting(3));
    meters.measure(window, POD_A, 0, 2_000, settledMs + 1.5 * DAY_MS);
    meters.measure(window, POD_A, 1, 2_000, settledMs + 3.5 * DAY_MS);
    await resume();
    await clock.advanceTo(settledMs + 9 * DAY_MS);
    const events = await settlementOf(store, window.sessionId);
    // Nothing was measured at first: nothing to award. The second MTU came too late for the pack.
    expect(typesOf(events)).toEqual([
      'SettlementComputed 0',
      'SettlementPublished 0',
      ...SETTLED(1),
    ]);
    expect(lastOf(events, 'SettlementPublished')).toMatchObject({ unmeasuredMtus: 1 });
    await store.close();
  });

  it('stays unpaid under a pack that corrects nothing', async () => {
    const { settlement, ...rest } = platone;
    const { correctUntilDays: _, ...final } = settlement;
    const { clock, meters, store, resume } = await openDay({ ...rest, settlement: final });
    meters.measure(window, POD_A, 0, 2_000, settledMs + HOUR_MS);
    await resume();
    await clock.advanceTo(settledMs + 9 * DAY_MS);
    expect(typesOf(await settlementOf(store, window.sessionId))).toHaveLength(2);
    await store.close();
  });

  it('may make a wallet’s share less: nothing is burnt, the rest is carried', async () => {
    // Of the whole pay of 2 EUR and a penalty of 0.2 EUR the customer has 1.4 - 0.1.
    const rows = [sold(POD_A, 0, [1_000, 1_000])];
    const rules = correcting(7);
    const harsh: RulePack = {
      ...rules,
      settlement: {
        ...rules.settlement,
        penalty: {
          interpolation: 'step',
          points: [{ deviationPerMille: 300, penaltyPerMille: 1_000 }],
        },
      },
    };
    const { clock, meters, tokens, store, resume } = await openDay(harsh, { rows });
    meters.measure(window, POD_A, 0, 2_000);
    meters.measure(window, POD_A, 1, 2_500, settledMs + HOUR_MS);
    await resume();
    await clock.advanceTo(settledMs + 2 * DAY_MS);
    const events = await settlementOf(store, window.sessionId);
    const { amountMicroEur, carriedMicroEur } = lastOf(events, 'TokensAwarded');
    // Net stays 1 EUR; the customer's part goes from 0.70 to 0.80, the aggregator's from 0.30 to 0.20.
    expect({ amountMicroEur, carriedMicroEur }).toEqual({
      amountMicroEur: 100_000,
      carriedMicroEur: 100_000,
    });
    expect(tokens.supplyMicroEur()).toBe(1_100_000);
    await store.close();
  });
});

describe('sessions that end together', () => {
  it('are awarded one after the other, each on top of the one before', async () => {
    const { clock, meters, tokens, store, process } = await openDay(platone);
    const dayAhead = sessionOf(platone, 0);
    await publishSold(store, clock, dayAhead, [sold(POD_B, 0, [500])]);
    meters.measure(window, POD_A, 0, 2_000);
    meters.measure(window, POD_B, 0, 2_500);
    await Promise.all([
      process.settleSession(window.sessionId),
      process.settleSession(dayAhead.sessionId),
    ]);
    expect([...tokens.awards.values()]).toEqual([1_000_000, 500_000]);
    await store.close();
  });
});

describe('what is measured while a settlement is computed', () => {
  it('is in it, so that an audit of the log comes to the same', async () => {
    const clock = new VirtualClock(settledMs);
    const meters = createMeters(clock, BASELINE_W, platone);
    const { ledger: tokens } = createLedger();
    let isFirst = true;
    let record = async (): Promise<void> => {};
    const measuredW: MeteringSource['measuredW'] = async (...asked) => {
      const known = await meters.source.measuredW(...asked);
      if (isFirst) await record();
      isFirst = false;
      return known;
    };
    const metering = { ...meters.source, measuredW };
    const { store, process } = await openSettlement(newFolder(), clock, { metering, tokens });
    await signContracts(store, clock, platone);
    await publishSold(store, clock, window, [sold(POD_A, 0, [1_000])]);
    record = async () => {
      meters.measure(window, POD_A, 0, 2_000);
      const measured = { type: 'MeasurementRecorded', data: { podId: POD_A } };
      await append(store, clock, 'meter', [measured]);
    };
    await process.settleSession(window.sessionId);
    const events = await settlementOf(store, window.sessionId);
    expect(typesOf(events)).toEqual(SETTLED(0));
    expect(lastOf(events, 'SettlementComputed').rows[0]!.measuredW).toEqual([2_000]);
    await store.close();
  });
});

describe('a platform that dies', () => {
  /** Settles two sessions and corrects one; dies after so many appends, and is started again. */
  async function liveTwice(appends: number) {
    const rules = correcting(2);
    const folder = newFolder();
    let clock = new VirtualClock(endMs - HOUR_MS);
    const meters = createMeters({ nowMs: () => clock.nowMs() }, BASELINE_W, rules);
    const tokens = createLedger();
    const dayAhead = sessionOf(rules, 0);
    const sources = { metering: meters.source, tokens: tokens.ledger };
    const open = (appendsLeft = Infinity) => openSettlement(folder, clock, sources, appendsLeft);
    const morning = await open();
    await signContracts(morning.store, clock, rules);
    await publishSold(morning.store, clock, window, [sold(POD_A, 0, [1_000, 1_000])]);
    await publishSold(morning.store, clock, dayAhead, [sold(POD_B, 40, [500])]);
    await morning.store.close();
    meters.measure(window, POD_A, 0, 2_000);
    meters.measure(window, POD_A, 1, 2_000, settledMs + HOUR_MS);
    meters.measure(dayAhead, POD_B, 40, 2_500);
    const first = await open(appends);
    await first.resume();
    const endOfTimeMs = settledMs + 3 * DAY_MS;
    while (first.problems.length === 0 && clock.nowMs() < endOfTimeMs) {
      await clock.advanceTo(clock.nowMs() + HOUR_MS / 12);
    }
    await first.store.close();
    clock = new VirtualClock(clock.nowMs());
    const second = await open();
    await second.resume();
    await clock.advanceTo(endOfTimeMs);
    const settlements = [
      await settlementOf(second.store, window.sessionId),
      await settlementOf(second.store, dayAhead.sessionId),
    ];
    await second.store.close();
    const { problems } = first;
    return { problems, settlements: settlements.map(typesOf), supply: tokens.supplyMicroEur() };
  }

  it('after any append goes on where the log ends, and awards every settlement once', async () => {
    const settlements = [[...SETTLED(0), ...SETTLED(1)], SETTLED(0)];
    const told = { settlements, supply: 2_500_000 };
    // Three settlements of three appends each.
    expect(await liveTwice(9)).toEqual({ ...told, problems: [] });
    for (let appends = 0; appends < 9; appends += 1) {
      const problems = [expect.stringContaining('the power is gone')];
      expect(await liveTwice(appends)).toEqual({ ...told, problems });
    }
  }, 30_000);
});

describe('on random days', () => {
  const mtu = fc.integer({ min: 0, max: 3 });
  const watts = fc.integer({ min: 0, max: 4_000 });
  const someSale = fc.record({
    session: fc.integer({ min: 0, max: 3 }),
    podId: fc.constantFrom(...PODS),
    firstMtu: mtu,
    acceptedW: fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 1, maxLength: 3 }),
  });
  const someReading = fc.record({
    session: fc.integer({ min: 1, max: 3 }),
    podId: fc.constantFrom(...PODS),
    mtu: fc.integer({ min: 0, max: 6 }),
    watts,
    /** Hours after the first settlement of the first window; before 0 in time. */
    lateHours: fc.integer({ min: -60, max: 120 }),
  });

  it('tokens are the sum of the latest settlements and what is carried, at every award', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(someSale, { maxLength: 6 }),
        fc.array(someReading, { maxLength: 40 }),
        async (sales, readings) => {
          const rules = correcting(4);
          const { clock, meters, tokens, store, problems, resume } = await openDay(rules, {
            rows: salesOf(1),
          });
          function salesOf(session: number) {
            return sales
              .filter((sale) => sale.session === session)
              .map(({ podId, firstMtu, acceptedW }) => sold(podId, firstMtu, acceptedW));
          }
          for (const session of [0, 2, 3]) {
            await publishSold(store, clock, sessionOf(rules, session), salesOf(session));
          }
          for (const { session, podId, mtu: at, watts: power, lateHours } of readings) {
            const fromMs = settledMs + lateHours * HOUR_MS;
            meters.measure(sessionOf(rules, session), podId, at, power, fromMs);
          }
          await resume();
          await clock.advanceTo(settledMs + 8 * DAY_MS);
          expect(problems).toEqual([]);
          const nets = new Map<string, number>();
          let minted = 0;
          for (const [awarded, rowsOf] of await awardsIn(store)) {
            minted += awarded.amountMicroEur;
            nets.set(awarded.sessionId, netMicroEur(rowsOf));
            const settled = [...nets.values()].reduce((sum, net) => sum + net, 0);
            expect(minted).toBe(settled + awarded.carriedMicroEur!);
          }
          expect(tokens.supplyMicroEur()).toBe(minted);
          await store.close();
        },
      ),
      { numRuns: 12 },
    );
  }, 30_000);
});

type Awarded = Extract<SettlementEvent, { type: 'TokensAwarded' }>['data'];
type Computed = Extract<SettlementEvent, { type: 'SettlementComputed' }>['data'];

/** Awards of a log in its order, with the rows they award. */
async function awardsIn(store: EventStore): Promise<(readonly [Awarded, Computed['rows']])[]> {
  const rows = new Map<string, Computed['rows']>();
  const awards: (readonly [Awarded, Computed['rows']])[] = [];
  const types = ['SettlementComputed', 'TokensAwarded'];
  for await (const event of store.readAll({ filter: { types } })) {
    const { type, data } = event as unknown as SettlementEvent;
    const key = `${data.sessionId}/${data.correction}`;
    if (type === 'SettlementComputed') rows.set(key, data.rows);
    else if (type === 'TokensAwarded') awards.push([data, rows.get(key)!]);
  }
  return awards;
}
