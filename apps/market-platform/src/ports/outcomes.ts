import { type OutcomeRow, DomainError, finalRows, soldBefore } from '@flexledger/domain';
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
      const stands =
        round?.validated === true && canonicalJson(round.exceptions) === canonicalJson(exceptions);
      if (stands) return;
      const answer = { outcomeId, validatedBy: 'DSO', exceptions } as const;
      await sessions.recordValidation(sessionId, answer, context);
    },
  };
}
