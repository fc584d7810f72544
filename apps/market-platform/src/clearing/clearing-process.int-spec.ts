/**
 * A session from its gate to its result, over a real log: answers in time, none at all, refusals that are
 * filled up, and a platform that dies after any event and is started again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type CalendarEntry,
  type FlexibilityOffer,
  type MarketSessionEvent,
  type OutcomeRow,
  type RowValidation,
  type RulePack,
  type ScheduledSession,
  finalRows,
  sessionStream,
  sessionsDelivering,
  settlementStream,
} from '@flexledger/domain';
import {
  contextOf,
  createProcessorRunner,
  memoryProcessorState,
  openSqliteEventStore,
} from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';
import type { RegisterPort } from '@flexledger/ports';
import { VirtualClock } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import { createMarketSessions, scheduledSession } from '../sessions/market-sessions';
import { createRulesOfLog } from '../sessions/rules-of-log';
import { createSessionCalendar } from '../sessions/session-calendar';
import { adoptRules, append } from '../testing/append';
import { clearSession } from './clear-session';
import { createClearingProcess } from './clearing-process';

const platone = loadRulePack('platone');
const rules = platone.rulePack;
const [entry] = sessionsDelivering('2026-03-17', rules) as [CalendarEntry];
const MTUS = entry.period.mtuCount;
const PODS = ['IT002E60000001', 'IT002E60000002', 'IT002E60000003'];

const register: Pick<RegisterPort, 'lookUp'> = {
  lookUp: async () => ({
    pods: new Map(
      PODS.map((podId) => [
        podId,
        {
          aggregatorId: 'AGG1',
          pom: 'PS-1',
          flexibility: { upW: 1_000, downW: 0, upVar: 0, downVar: 0 },
          unavailableDays: [],
        },
      ]),
    ),
    poms: new Set(['PS-1']),
  }),
};

function offer(podId: string, price: number): FlexibilityOffer {
  return {
    kind: 'single',
    offerId: podId,
    podId,
    product: 'P',
    direction: 'up',
    quantityW: new Array<number>(MTUS).fill(1_000),
    priceMicroEurPerKwh: new Array<number>(MTUS).fill(price),
    divisible: true,
    minQuantityW: 0,
  };
}

/** What the DSO answers to an outcome; undefined is silence. */
type Dso = (rows: readonly OutcomeRow[], round: number) => RowValidation[] | undefined;

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'flexledger-clearing-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** One life of the platform: opened on the log, closed again by `close`. */
async function openMarket(clock: VirtualClock, dso: Dso, pack = platone) {
  const store = await openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
  await adoptRules(store, clock, pack);
  const rulesOf = createRulesOfLog(store);
  const sessions = createMarketSessions({ store, clock, register, rulesOf });
  const calendar = createSessionCalendar({
    sessions,
    rulesOf,
    clock,
    timers: clock,
    rules: pack,
  });
  const { processor } = createClearingProcess({ sessions, rulesOf, clock, timers: clock });
  const answering = {
    name: 'dso',
    types: ['OutcomeSentForValidation'],
    handle: async ({ data }: { data: object }) => {
      const { outcomeId, round } = data as { outcomeId: string; round: number };
      const session = await scheduledSession(sessions, entry.sessionId);
      if (session.status !== 'validating') return;
      const exceptions = dso(session.rounds[round]!.rows, round);
      if (!exceptions) return;
      const answer = { outcomeId, validatedBy: 'DSO', exceptions } as const;
      const context = contextOf(`answer/${outcomeId}`, outcomeId, 'dso');
      await sessions.recordValidation(entry.sessionId, answer, context);
    },
  };
  const runner = createProcessorRunner({
    store,
    state: memoryProcessorState(clock),
    owner: 'test',
    clock,
    processors: [processor, answering],
    viewsReady: async () => {},
    onProblem: ({ error }) => {
      throw error;
    },
  });
  return { store, sessions, calendar, runner };
}

type Market = Awaited<ReturnType<typeof openMarket>>;

async function bid({ sessions }: Market, rises = 1): Promise<void> {
  const context = (name: string) => contextOf(name, entry.sessionId, 'test');
  await sessions.requestFlexibility(
    entry.sessionId,
    {
      requestId: 'R1',
      requester: 'DSO',
      product: 'P',
      direction: 'up',
      scope: { podIds: PODS },
      quantityW: new Array<number>(MTUS).fill(1_500),
      priceCapMicroEurPerKwh: null,
    },
    context('request'),
  );
  const offers = PODS.map((podId, index) => offer(podId, 100_000 + index * rises));
  const wanted = { bidId: 'B1', aggregatorId: 'AGG1', offers };
  await sessions.offerFlexibility(entry.sessionId, wanted, context('bid'));
}

async function runDay(dso: Dso): Promise<ScheduledSession> {
  const clock = new VirtualClock(entry.gateOpensMs - 3_600_000);
  const market = await openMarket(clock, dso);
  await market.calendar.scheduleDay('2026-03-17');
  const settle = () => market.runner.drain();
  await clock.advanceTo(entry.gateOpensMs, settle);
  await bid(market);
  await clock.advanceTo(entry.resultDueMs, settle);
  const session = await scheduledSession(market.sessions, entry.sessionId);
  await market.store.close();
  return session;
}

const acceptedOf = (session: ScheduledSession): Record<string, number> =>
  Object.fromEntries(finalRows(session).map((row) => [row.podId, row.acceptedW[0]!]));

/** Puts a session of days before into the log, settled: what its provider sold, and delivered nothing of. */
async function failedBefore({ store }: Market, clock: VirtualClock, podId: string): Promise<void> {
  const sessionId = 'earlier';
  const facts = { offerId: 'o', requestId: 'r', podId, aggregatorId: 'AGG1', firstMtu: 0 };
  const of = { requester: 'DSO', product: 'P', direction: 'up' } as const;
  const nothing = { baselineW: [null], measuredW: [null], deliveredW: [0] };
  const unpaid = { priceMicroEurPerKwh: [1], paidMicroEur: [0], penaltyMicroEur: [0] };
  const row = { ...facts, ...of, acceptedW: [9_000], ...nothing, ...unpaid };
  const part = { index: 0, of: 1 };
  const settled = { sessionId, correction: 0, part, inputDigest: '', rows: [row] };
  const scheduled = { sessionId, deliveryDay: '2026-03-13', gateOpensAt: '2026-03-12T10:00:00Z' };
  await append(store, clock, sessionStream(sessionId), [
    { type: 'SessionScheduled', data: scheduled },
  ]);
  await append(store, clock, settlementStream(sessionId), [
    { type: 'SettlementComputed', data: settled },
    { type: 'SettlementPublished', data: { sessionId, correction: 0 } },
  ]);
}

describe('a session in which all offer at one price', () => {
  async function soldWith(before: (market: Market, clock: VirtualClock) => Promise<void>) {
    const clock = new VirtualClock(entry.gateOpensMs - 3_600_000);
    const market = await openMarket(clock, () => []);
    await before(market, clock);
    await market.calendar.scheduleDay('2026-03-17');
    const settle = () => market.runner.drain();
    await clock.advanceTo(entry.gateOpensMs, settle);
    await bid(market, 0);
    await clock.advanceTo(entry.resultDueMs, settle);
    const session = await scheduledSession(market.sessions, entry.sessionId);
    await market.store.close();
    const [told] = session.bids;
    const indices = told!.offerParts.flat().map(({ reliabilityPerMille }) => reliabilityPerMille);
    return { accepted: acceptedOf(session), indices };
  }

  it('buys from who came first, while nothing is known of anybody', async () => {
    expect(await soldWith(async () => {})).toEqual({
      accepted: { [PODS[0]!]: 1_000, [PODS[1]!]: 500 },
      indices: [undefined, undefined, undefined],
    });
  });

  it('buys from others before who failed to deliver, and has each one’s index in its offer', async () => {
    const { accepted, indices } = await soldWith((market, clock) =>
      failedBefore(market, clock, PODS[0]!),
    );
    expect(accepted).toEqual({ [PODS[1]!]: 1_000, [PODS[2]!]: 500 });
    expect(indices[1]).toBe(indices[2]);
    expect(indices[0]).toBeLessThan(indices[1]!);
  });
});

describe('a session after its gate', () => {
  it('is cleared in merit order, validated and published before its result is due', async () => {
    const session = await runDay(() => []);
    expect(session.status).toBe('published');
    expect(acceptedOf(session)).toEqual({ [PODS[0]!]: 1_000, [PODS[1]!]: 500 });
  });

  it('fills up what the DSO refuses from the remaining offers', async () => {
    const refuseFirst: Dso = (rows, round) =>
      round > 0
        ? []
        : [
            {
              index: 0,
              status: 'KO',
              permittedW: rows[0]!.acceptedW.map(() => 0),
              violatedElement: 'line7',
            },
          ];
    const session = await runDay(refuseFirst);
    expect(session.rounds).toHaveLength(2);
    expect(acceptedOf(session)).toEqual({ [PODS[1]!]: 500, [PODS[2]!]: 500 });
  });

  it('stops after as many fill-up rounds as the rules allow', async () => {
    const refuseAll: Dso = (rows) =>
      rows.map((row, index) => ({
        index,
        status: 'KO' as const,
        permittedW: row.acceptedW.map(() => 0),
        violatedElement: 'line7',
      }));
    const session = await runDay(refuseAll);
    expect(session.status).toBe('published');
    expect(session.rounds.length).toBeLessThanOrEqual(1 + rules.validation.fillUpRounds);
    expect(acceptedOf(session)).toEqual({});
  });

  it('ends even when the DSO never answers: nothing is permitted then', async () => {
    const session = await runDay(() => undefined);
    expect(session.status).toBe('published');
    expect(finalRows(session)).toEqual([]);
    expect(session.rounds[0]!.exceptions.every((row) => row.violatedElement === 'no-answer')).toBe(
      true,
    );
  });

  it.each([
    ['before its gate opens', 'cancelled', entry.gateOpensMs - 60_000],
    ['with bids in it', 'cancelled', entry.gateClosesMs - 60_000],
    ['while the DSO is asked', 'cancelled', entry.gateClosesMs],
    ['too late, its result being published', 'published', entry.resultDueMs],
  ])('cancelled %s ends as %s', async (_, ending, atMs) => {
    const clock = new VirtualClock(entry.gateOpensMs - 3_600_000);
    const market = await openMarket(clock, () => undefined);
    await market.calendar.scheduleDay('2026-03-17');
    const settle = () => market.runner.drain();
    const cancel = async () => {
      const context = contextOf('cancel', entry.sessionId, 'operator');
      await market.sessions.cancel(entry.sessionId, 'grid model under revision', context);
    };
    if (atMs > entry.gateOpensMs) {
      await clock.advanceTo(entry.gateOpensMs, settle);
      await bid(market);
    }
    await clock.advanceTo(atMs, settle);
    if (ending === 'cancelled') await cancel();
    else await expect(cancel()).rejects.toMatchObject({ code: 'out-of-turn' });
    await clock.advanceTo(entry.resultDueMs + 3_600_000, settle);
    const session = await scheduledSession(market.sessions, entry.sessionId);
    expect(session.status).toBe(ending);
    expect(session.publishedRows).toBe(0);
    await market.store.close();
  });

  it('cancelled while it is being cleared records no clearing', async () => {
    const clock = new VirtualClock(entry.gateOpensMs - 3_600_000);
    const market = await openMarket(clock, () => []);
    const { store, sessions } = market;
    await market.calendar.scheduleDay('2026-03-17');
    await clock.advanceTo(entry.gateOpensMs, async () => {});
    await bid(market);
    await clock.advanceTo(entry.gateClosesMs, async () => {});
    const process = createClearingProcess({
      sessions,
      rulesOf: createRulesOfLog(store),
      clock,
      timers: clock,
      clear: async (...problem) => {
        const context = contextOf('cancel', entry.sessionId, 'operator');
        await sessions.cancel(entry.sessionId, 'grid model under revision', context);
        return clearSession(...problem);
      },
    });
    await process.advance(entry.sessionId);
    expect(await scheduledSession(sessions, entry.sessionId)).toMatchObject({
      status: 'cancelled',
      rounds: [],
    });
    await market.store.close();
  });

  it('goes on where the log stands, whenever the platform dies, and comes to the same result', async () => {
    const undisturbed = await runDay(() => []);
    rmSync(path.join(folder, 'log.sqlite'));
    const clock = new VirtualClock(entry.gateOpensMs - 3_600_000);
    // Each life sees some minutes of the day; timers of an earlier life are gone with it.
    let session: ScheduledSession | undefined;
    for (let nowMs = clock.nowMs(); nowMs <= entry.resultDueMs; nowMs += 17 * 60_000) {
      const life = new VirtualClock(nowMs);
      const market = await openMarket(life, () => []);
      await market.calendar.scheduleDay('2026-03-17');
      const settle = () => market.runner.drain();
      await settle();
      await life.advanceTo(nowMs + 16 * 60_000, settle);
      session = await scheduledSession(market.sessions, entry.sessionId);
      if (session.status === 'open' && session.bids.length === 0) await bid(market);
      await market.store.close();
    }
    expect(session!.status).toBe('published');
    expect(finalRows(session!)).toEqual(finalRows(undisturbed));
  });
});

describe('a session scheduled under one pack, on a platform started again with another', () => {
  const otherRules: RulePack = {
    ...rules,
    pricing: 'payAsClear',
    objective: { costWeight: 2, reliabilityWeight: 1 },
    validation: { fillUpRounds: 1, answerWithinMinutes: 35 },
  };
  const other: typeof platone = { rulePack: otherRules, digest: documentDigest(otherRules) };

  /**
   * Scheduled and bid for under one pack; another life begins before the gate closes. The DSO cuts two
   * rounds and is silent then.
   */
  async function factsOf(own: typeof platone, running: typeof platone) {
    const dso: Dso = (rows, round) =>
      round < 2
        ? rows.map(({ acceptedW }, index) => ({
            index,
            status: 'partial' as const,
            permittedW: acceptedW.map((watts) => Math.min(watts, 100)),
            violatedElement: 'line7',
          }))
        : undefined;
    const morning = new VirtualClock(entry.gateOpensMs - 3_600_000);
    const first = await openMarket(morning, dso, own);
    await first.calendar.scheduleDay('2026-03-17');
    await morning.advanceTo(entry.gateOpensMs, () => first.runner.drain());
    await bid(first);
    await first.store.close();

    const clock = new VirtualClock(entry.gateClosesMs - 60_000);
    const market = await openMarket(clock, dso, running);
    await market.calendar.scheduleDay('2026-03-17');
    await clock.advanceTo(entry.resultDueMs, () => market.runner.drain());
    const { schedule, rounds } = await scheduledSession(market.sessions, entry.sessionId);
    const minutes = (iso: string): number => (Date.parse(iso) - entry.gateClosesMs) / 60_000;
    const steps: string[] = [];
    for await (const recorded of market.store.readStream(sessionStream(entry.sessionId))) {
      const { type, data } = recorded as unknown as MarketSessionEvent;
      if (type === 'MarketCleared') {
        const { pricing, costWeight, reliabilityWeight } = data.parameters;
        steps.push(`${pricing}, ${costWeight} to ${reliabilityWeight}`);
      }
      if (type === 'OutcomeSentForValidation') {
        steps.push(`answer due after ${minutes(data.answerDueAt)} minutes`);
      }
      if (type === 'OutcomeValidated') {
        steps.push(`${data.validatedBy} after ${minutes(recorded.occurredAt)}`);
      }
    }
    await market.store.close();
    const prices = rounds[0]!.rows.map(({ priceMicroEurPerKwh }) => priceMicroEurPerKwh[0]);
    return { digest: schedule.rulePackDigest, steps, prices };
  }

  it('is cleared under its own: two fill-up rounds, each at its own price, 20 minutes', async () => {
    const round = ['payAsBid, 1 to 0', 'answer due after 20 minutes'];
    expect(await factsOf(platone, other)).toEqual({
      digest: platone.digest,
      steps: [...round, 'DSO after 0', ...round, 'DSO after 0', ...round, 'no-answer after 20'],
      prices: [100_000, 100_001],
    });
  });

  it('is cleared under its own: one fill-up round, one price for all, 35 minutes', async () => {
    const round = ['payAsClear, 2 to 1', 'answer due after 35 minutes', 'DSO after 0'];
    expect(await factsOf(other, platone)).toEqual({
      digest: other.digest,
      steps: [...round, ...round],
      prices: [100_001, 100_001],
    });
  });
});
