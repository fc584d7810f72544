import {
  type OutcomeRow,
  type RowValidation,
  DomainError,
  finalRows,
  soldBefore,
} from '@flexledger/domain';
import { canonicalJson } from '@flexledger/identity';
import type { OutcomesPort } from '@flexledger/ports';

import { type MarketSessions, scheduledSession } from '../sessions/market-sessions';

/** Flows 3 and 4 within one process. */
export function outcomesPort(sessions: MarketSessions): OutcomesPort {
  async function soldBeforeSession(sessionId: string): Promise<readonly OutcomeRow[]> {
    const session = await scheduledSession(sessions, sessionId);
    return soldBefore(session, await sessions.dayAheadOf(session.schedule));
  }

  return {
    soldBefore: soldBeforeSession,
    async outcome(sessionId, round) {
      const session = await scheduledSession(sessions, sessionId);
      const sent = session.rounds[round];
      if (sent?.outcomeId === undefined) {
        throw new DomainError(
          'outcome-unknown',
          `Session ${sessionId} has sent no outcome of round ${round} for validation.`,
        );
      }
      const earlier = finalRows({ ...session, rounds: session.rounds.slice(0, round) });
      return { rows: sent.rows, sold: [...(await soldBeforeSession(sessionId)), ...earlier] };
    },
    async answer(sessionId, { outcomeId, exceptions }, context) {
      const { rounds } = await scheduledSession(sessions, sessionId);
      const round = rounds.find((other) => other.outcomeId === outcomeId);
      if (round?.validated === true && areSame(round.exceptions, exceptions)) return;
      const answer = { outcomeId, validatedBy: 'DSO', exceptions } as const;
      await sessions.recordValidation(sessionId, answer, context);
    },
  };
}

/** Row by row: a city's are longer than a text can be. */
function areSame(some: readonly RowValidation[], others: readonly RowValidation[]): boolean {
  return (
    some.length === others.length &&
    some.every((row, index) => canonicalJson(row) === canonicalJson(others[index]))
  );
}
