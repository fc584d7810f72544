import {
  DomainError,
  type ObjectiveFunction,
  clearingParameters,
  sessionInput,
} from '@flexledger/domain';
import { WorkTooMuch, createWorkThread } from '@flexledger/runtime';
import { ServiceUnavailableException } from '@nestjs/common';
import { type MarketSessions, scheduledSession } from '../sessions/market-sessions';
import type { RulesOfLog } from '../sessions/rules-of-log';
import type { SearchJob, Searched } from './search-thread';

/** How a front is asked for. */
export interface FrontWish {
  readonly seed: number;
  readonly objectives: readonly ObjectiveFunction[];
}

/**
 * The most offers x MTUs that are handed to the search, and the longest that one may take, of one core: what a session
 * costs follows from its offers more than from their number. `flexledger clear --session` has no such bounds.
 */
const MOST_CELLS = 50_000;
const MOST_SECONDS = 60;
const MOST_HEAP_MB = 1_000;

/** Fronts that are searched for or wait for it, each with its order book; who asks for more waits longer than it would listen. */
const MOST_ASKED = 6;

/**
 * What a session could have chosen: the Pareto front of its order book as the gate left it, under the
 * rules that it was cleared under.
 */
export type FrontsOfSessions = ReturnType<typeof frontsOfSessions>;

/** As `FrontsOfSessions`. One front is searched for at a time, in a thread. */
export function frontsOfSessions(sessions: MarketSessions, rulesOf: RulesOfLog) {
  const search = createWorkThread<SearchJob, Searched>({
    name: 'search for a front',
    file: require.resolve('./search-thread'),
    mostSeconds: MOST_SECONDS,
    mostHeapMb: MOST_HEAP_MB,
  });
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
    const wouldTake = (reason: string): DomainError =>
      new DomainError(
        'session-too-large',
        `Session ${sessionId} has ${instance.offers.length} offers over ${instance.mtus} MTUs, ${reason}; ` +
          `ask flexledger clear --session ${sessionId} --pareto.`,
      );
    if (cells > MOST_CELLS) {
      throw wouldTake(`more than the ${MOST_CELLS} offers x MTUs that are searched here`);
    }
    const parameters = clearingParameters(await rulesOf(session.schedule));
    const found = await search
      .run({ instance, parameters, seed, objectives })
      .catch((error: unknown) => {
        if (!(error instanceof WorkTooMuch)) throw error;
        throw wouldTake(`and ${error.message.replace(/^The/, 'the')}`);
      });
    return { sessionId, seed, objectives, ...found };
  }
}
