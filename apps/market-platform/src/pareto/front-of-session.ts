import { setImmediate } from 'node:timers/promises';
import {
  DomainError,
  type ObjectiveFunction,
  clearMarket,
  clearingParameters,
  columnsFromInstance,
  exactInteger,
  mulberry32,
  namedAllocation,
  paretoSteps,
  sessionInput,
} from '@flexledger/domain';
import { inOrder } from '@flexledger/runtime';
import { loadHighsSolver } from '@flexledger/solver';
import { ServiceUnavailableException } from '@nestjs/common';
import { type MarketSessions, scheduledSession } from '../sessions/market-sessions';
import type { RulesOfLog } from '../sessions/rules-of-log';

/** How a front is asked for. */
export interface FrontWish {
  readonly seed: number;
  readonly objectives: readonly ObjectiveFunction[];
}

/**
 * The most offers x MTUs that are searched beside the market's own work: some ten seconds of one
 * core. `flexledger clear --session` has no such bound.
 */
const MOST_CELLS = 50_000;

/** Fronts that are searched for or wait for it, each with its order book; who asks for more waits longer than it would listen. */
const MOST_ASKED = 6;

/**
 * What a session could have chosen: the Pareto front of its order book as the gate left it, under the
 * rules that it was cleared under.
 */
export type FrontsOfSessions = ReturnType<typeof frontsOfSessions>;

/** As `FrontsOfSessions`. One front is searched for at a time, with pauses for other requests. */
export function frontsOfSessions(sessions: MarketSessions, rulesOf: RulesOfLog) {
  const inTurn = inOrder();
  let asked = 0;

  /** @throws DomainError `session-unknown`, `not-cleared`, `session-too-large`; ServiceUnavailableException */
  return async (sessionId: string, wish: FrontWish) => {
    if (asked >= MOST_ASKED) {
      throw new ServiceUnavailableException(
        `${asked} fronts are asked for and searched for one after another; ask again in a minute.`,
      );
    }
    asked += 1;
    try {
      return await front(sessionId, wish);
    } finally {
      asked -= 1;
    }
  };

  async function front(sessionId: string, { seed, objectives }: FrontWish) {
    const session = await scheduledSession(sessions, sessionId);
    if (!session.rounds.some(({ cleared }) => cleared)) {
      throw new DomainError(
        'not-cleared',
        `Session ${sessionId} is ${session.status}: its order book is not final before it is cleared.`,
      );
    }
    const dayAhead = await sessions.dayAheadOf(session.schedule);
    const instance = sessionInput({ ...session, rounds: [] }, dayAhead);
    const cells = instance.offers.length * instance.mtus;
    if (cells > MOST_CELLS) {
      throw new DomainError(
        'session-too-large',
        `Session ${sessionId} has ${instance.offers.length} offers over ${instance.mtus} MTUs, more than the ` +
          `${MOST_CELLS} offers x MTUs that are searched here; ask flexledger clear --session ${sessionId} --pareto.`,
      );
    }
    const rules = await rulesOf(session.schedule);
    return inTurn(async () => {
      const columns = columnsFromInstance(instance);
      const solver = await loadHighsSolver();
      const optimum = await clearMarket(columns, clearingParameters(rules), solver);
      const search = { random: mulberry32(seed), objectives };
      const steps = paretoSteps(columns, optimum.allocation, search);
      let step = steps.next();
      while (step.done !== true) {
        await setImmediate();
        step = steps.next();
      }
      const { dsoServedWMtu, tsoServedWMtu, costWMtuPrice } = optimum.totals;
      return {
        sessionId,
        seed,
        objectives,
        servedWMtu: dsoServedWMtu + tsoServedWMtu,
        chosenCostWMtuPrice: exactInteger(costWMtuPrice),
        points: step.value.map(({ allocation, costWMtuPrice: cost, ...values }) => ({
          costWMtuPrice: exactInteger(cost),
          ...values,
          allocation: namedAllocation(instance, allocation),
        })),
      };
    });
  }
}
