/** What becomes of day-ahead offers in the real-time sessions of the same day, over a real log. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type CalendarEntry,
  type FlexibilityOffer,
  type MarketPod,
  finalRows,
  sessionStream,
  sessionsDelivering,
  standingOffers,
} from '@flexledger/domain';
import {
  contextOf,
  createProcessorRunner,
  memoryProcessorState,
  openSqliteEventStore,
} from '@flexledger/event-store';
import type { RegisterPort } from '@flexledger/ports';
import { VirtualClock } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import { createClearingProcess } from '../clearing/clearing-process';
import { createMarketSessions, scheduledSession } from '../sessions/market-sessions';
import { createRulesOfLog } from '../sessions/rules-of-log';
import { createSessionCalendar } from '../sessions/session-calendar';
import { adoptRules } from '../testing/append';
import { createOfferCarrying } from './offer-carrying';

const platone = loadRulePack('platone');
const { rulePack: rules } = platone;
const DAY = '2026-03-17';
const [dayAhead, realTime] = sessionsDelivering(DAY, rules) as [CalendarEntry, CalendarEntry];
const [P1, P2, P3, P4] = ['P1', 'P2', 'P3', 'P4'] as const;

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'flexledger-carrying-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function openMarket() {
  const clock = new VirtualClock(dayAhead.gateOpensMs - 60_000);
  const store = await openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
  const switchedOff = new Set<string>();
  const pod = (podId: string): MarketPod => ({
    aggregatorId: podId === P4 ? 'AGG2' : 'AGG1',
    pom: 'PS-1',
    flexibility: { upW: 1_000, downW: 0, upVar: 0, downVar: 0 },
    unavailableDays: switchedOff.has(podId) ? [DAY] : [],
  });
  const register: Pick<RegisterPort, 'lookUp'> = {
    lookUp: async (podIds, poms) => ({
      pods: new Map(podIds.map((podId) => [podId, pod(podId)])),
      poms: new Set(poms),
    }),
  };
  const rulesOf = createRulesOfLog(store);
  const sessions = createMarketSessions({ store, clock, register, rulesOf });
  const common = { store, sessions, rulesOf, clock, timers: clock };
  await adoptRules(store, clock, platone);
  const carrying = createOfferCarrying(common);
  const runner = createProcessorRunner({
    store,
    state: memoryProcessorState(clock),
    owner: 'test',
    clock,
    processors: [carrying, createClearingProcess(common).processor],
    viewsReady: async () => {},
    onProblem: ({ error }) => {
      throw error;
    },
  });
  await createSessionCalendar({ ...common, rules: platone }).scheduleDay(DAY);
  const context = (name: string) => contextOf(name, DAY, 'test');
  return {
    switchedOff,
    close: () => store.close(),
    /** Opens the session by a clock that is ahead; what its opening is to be handed to. */
    async openedAhead(sessionId: string, aheadMs: number) {
      const ahead = new VirtualClock(clock.nowMs() + aheadMs);
      const { open } = createMarketSessions({ store, clock: ahead, register, rulesOf });
      await open(sessionId, context(`open/${sessionId}`));
      const filter = { types: ['SessionOpened'], streamPrefixes: [sessionStream(sessionId)] };
      for await (const event of store.readAll({ filter })) return () => carrying.handle(event);
      throw new Error(`${sessionId} is not open.`);
    },
    letPass: (atMs: number) => clock.advanceTo(atMs, async () => {}),
    until: (atMs: number) => clock.advanceTo(atMs, () => runner.drain()),
    bid: (sessionId: string, aggregatorId: string, offers: FlexibilityOffer[]) => {
      const bidId = `${sessionId}-${aggregatorId}`;
      return sessions.offerFlexibility(sessionId, { bidId, aggregatorId, offers }, context(bidId));
    },
    ask: ({ sessionId, period }: CalendarEntry, watts: number) =>
      sessions.requestFlexibility(
        sessionId,
        {
          requestId: 'R',
          requester: 'TSO',
          product: 'P',
          direction: 'up',
          scope: { pom: 'PS-1' },
          quantityW: new Array<number>(period.mtuCount).fill(watts),
          priceCapMicroEurPerKwh: null,
        },
        context(`ask/${sessionId}`),
      ),
    withdraw: (offerId: string) =>
      sessions.withdrawOffers(realTime.sessionId, 'AGG1', [offerId], context('withdraw')),
    consent: async ({ sessionId }: CalendarEntry) => {
      const answer = { outcomeId: `${sessionId}/0`, validatedBy: 'DSO', exceptions: [] } as const;
      await sessions.recordValidation(sessionId, answer, context(`consent/${sessionId}`));
    },
    session: ({ sessionId }: CalendarEntry) => scheduledSession(sessions, sessionId),
  };
}

type Market = Awaited<ReturnType<typeof openMarket>>;

function single(podId: string, price: number, mtus: number): FlexibilityOffer {
  return {
    kind: 'single',
    offerId: podId,
    podId,
    product: 'P',
    direction: 'up',
    quantityW: new Array<number>(mtus).fill(1_000),
    priceMicroEurPerKwh: new Array<number>(mtus).fill(price),
    divisible: true,
    minQuantityW: 0,
  };
}

const block = (offerId: string, podId: string, window: [number, number]): FlexibilityOffer => ({
  kind: 'block',
  offerId,
  podId,
  product: 'P',
  direction: 'up',
  quantityW: 600,
  priceMicroEurPerKwh: 9_000_000,
  durationMtus: 4,
  window,
});

/** Day-ahead takes 1,000 W of P1 and 500 W of P2; P3, P4 and the blocks are left. */
async function upToRealTime(more: FlexibilityOffer[] = []): Promise<Market> {
  const market = await openMarket();
  const { mtuCount } = dayAhead.period;
  await market.until(dayAhead.gateOpensMs);
  await market.ask(dayAhead, 1_500);
  const own = [P1, P2, P3].map((podId, index) => single(podId, 100_000 * (index + 1), mtuCount));
  await market.bid(dayAhead.sessionId, 'AGG1', [...own, ...more]);
  await market.bid(dayAhead.sessionId, 'AGG2', [single(P4, 400_000, mtuCount)]);
  await market.until(dayAhead.gateClosesMs);
  await market.consent(dayAhead);
  await market.until(realTime.gateOpensMs - 60_000);
  return market;
}

async function bookAfterOpening(market: Market): Promise<[string, number][]> {
  await market.until(realTime.gateOpensMs);
  return standingOffers(await market.session(realTime)).map((offer) => [
    `${offer.aggregatorId}/${offer.offerId}`,
    offer.kind === 'block' ? offer.quantityW : offer.quantityW[0]!,
  ]);
}

async function acceptedOf(market: Market): Promise<Record<string, number>> {
  await market.until(realTime.gateClosesMs);
  await market.consent(realTime);
  await market.until(realTime.resultDueMs);
  const rows = finalRows(await market.session(realTime));
  await market.close();
  return Object.fromEntries(rows.map((row) => [row.podId, row.acceptedW[0]!]));
}

describe('a real-time session', () => {
  it('begins with what day-ahead left of each offer, for its own quarter-hours', async () => {
    const market = await upToRealTime();
    expect(await bookAfterOpening(market)).toEqual([
      ['AGG1/P2', 500],
      ['AGG1/P3', 1_000],
      ['AGG2/P4', 1_000],
    ]);
    const [first] = standingOffers(await market.session(realTime));
    expect(first!.kind === 'single' && first!.quantityW).toHaveLength(realTime.period.mtuCount);
    await market.ask(realTime, 1_800);
    expect(await acceptedOf(market)).toEqual({ P2: 500, P3: 1_000, P4: 300 });
  });

  it('keeps a block only where nothing ran and its window still holds it', async () => {
    const last = realTime.period.mtuCount - 1;
    const market = await upToRealTime([
      block('inside', P3, [0, last]),
      block('beyond', P3, [last - 1, last + 8]),
    ]);
    const session = await bookAfterOpening(market);
    expect(session).toContainEqual(['AGG1/inside', 600]);
    expect(session.map(([offer]) => offer)).not.toContain('AGG1/beyond');
    await market.close();
  });

  it('takes the offer that replaces one, and none that was withdrawn', async () => {
    const market = await upToRealTime();
    await market.until(realTime.gateOpensMs);
    const { mtuCount } = realTime.period;
    await market.bid(realTime.sessionId, 'AGG1', [single(P2, 900_000, mtuCount)]);
    await market.withdraw(P3);
    await market.ask(realTime, 1_800);
    // What P2 offers again is 1,000 W, of which its declared flexibility leaves 500.
    expect(await acceptedOf(market)).toEqual({ P4: 1_000, P2: 500 });
  });

  it('that a clock ahead has opened is bid in when its time is come here', async () => {
    const market = await upToRealTime();
    const carry = await market.openedAhead(realTime.sessionId, 60_000);
    await expect(carry()).rejects.toThrow(/Come back then/);
    expect(standingOffers(await market.session(realTime))).toEqual([]);
    await market.letPass(realTime.gateOpensMs);
    await carry();
    expect(standingOffers(await market.session(realTime))).toHaveLength(3);
    await market.close();
  });

  it('does not offer what a customer has switched off since', async () => {
    const market = await upToRealTime();
    market.switchedOff.add(P3).add(P4);
    expect(await bookAfterOpening(market)).toEqual([['AGG1/P2', 500]]);
    const { bids } = await market.session(realTime);
    expect(bids.flatMap(({ refusedParts }) => refusedParts.flat())).toMatchObject([
      { offerId: P3, reason: `podId P3 is switched off by its customer on ${DAY}` },
    ]);
    await market.close();
  });
});
