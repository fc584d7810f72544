/** A market platform with one day-ahead session over a real log, a DSO that answers it, and three PoDs to offer. */
import path from 'node:path';
import {
  type CalendarEntry,
  type FlexibilityOffer,
  type OutcomeRow,
  type RowValidation,
  type ScheduledSession,
  finalRows,
  sessionsDelivering,
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
import { createMarketSessions, scheduledSession } from '../../sessions/market-sessions';
import { createRulesOfLog } from '../../sessions/rules-of-log';
import { createSessionCalendar } from '../../sessions/session-calendar';
import { adoptRules } from '../../testing/append';
import { createClearingProcess } from '../clearing-process';

export const platone = loadRulePack('platone');
export const rules = platone.rulePack;
export const [entry] = sessionsDelivering('2026-03-17', rules) as [CalendarEntry];
const MTUS = entry.period.mtuCount;
export const PODS = ['IT002E60000001', 'IT002E60000002', 'IT002E60000003'];

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
export type Dso = (rows: readonly OutcomeRow[], round: number) => RowValidation[] | undefined;

/** One life of the platform: opened on the log, closed again by `close`. */
export async function openMarket(folder: string, clock: VirtualClock, dso: Dso, pack = platone) {
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

export type Market = Awaited<ReturnType<typeof openMarket>>;

/** One offer a PoD, each dearer than the one before by so much. */
export async function bid({ sessions }: Market, rises = 1): Promise<void> {
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

/** The session lived through, from an hour before its gate to its result. */
export async function runDay(
  folder: string,
  dso: Dso,
  {
    before = async () => {},
    rises = 1,
  }: {
    readonly before?: (market: Market, clock: VirtualClock) => Promise<void>;
    readonly rises?: number;
  } = {},
): Promise<ScheduledSession> {
  const clock = new VirtualClock(entry.gateOpensMs - 3_600_000);
  const market = await openMarket(folder, clock, dso);
  await before(market, clock);
  await market.calendar.scheduleDay('2026-03-17');
  const settle = () => market.runner.drain();
  await clock.advanceTo(entry.gateOpensMs, settle);
  await bid(market, rises);
  await clock.advanceTo(entry.resultDueMs, settle);
  const session = await scheduledSession(market.sessions, entry.sessionId);
  await market.store.close();
  return session;
}

/** W accepted in the first MTU by PoD. */
export const acceptedOf = (session: ScheduledSession): Record<string, number> =>
  Object.fromEntries(finalRows(session).map((row) => [row.podId, row.acceptedW[0]!]));
