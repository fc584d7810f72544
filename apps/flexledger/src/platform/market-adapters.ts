/** How the other platforms reach the market in one process: its commands and its sessions' states. */
import {
  type OutcomeRow,
  type RulePack,
  type ScheduledSession,
  finalRows,
  sessionsDelivering,
} from '@flexledger/domain';
import type { DsoMarket } from '@flexledger/dso-technical-platform';
import { type MarketSessions, rowsDuring, scheduledSession } from '@flexledger/market-platform';

/** Flows 2c, 3 and 4. */
export function dsoMarket(sessions: MarketSessions, rules: RulePack): DsoMarket {
  /** What the day-ahead session sold for a real-time session's MTUs. */
  async function soldBefore(sessionId: string): Promise<readonly OutcomeRow[]> {
    const session = await scheduledSession(sessions, sessionId);
    return session.schedule.kind === 'dayAhead' ? [] : soldDayAhead(session);
  }

  async function soldDayAhead(session: ScheduledSession): Promise<readonly OutcomeRow[]> {
    const [dayAhead] = sessionsDelivering(session.schedule.deliveryDay, rules);
    const before = await sessions.stateOf(dayAhead!.sessionId);
    return before.status === 'published' ? rowsDuring(finalRows(before), before, session) : [];
  }

  return {
    requestFlexibility: (sessionId, request, context) =>
      sessions.requestFlexibility(sessionId, request, context),
    async withdrawRequest(sessionId, requestId, context) {
      const { requests } = await scheduledSession(sessions, sessionId);
      if (!requests.some((request) => request.requestId === requestId)) return;
      await sessions.withdrawRequest(sessionId, requestId, context);
    },
    recordValidation: (sessionId, answer, context) =>
      sessions.recordValidation(sessionId, answer, context),
    soldBefore,
    async outcome(sessionId, round) {
      const session = await scheduledSession(sessions, sessionId);
      const kept = finalRows(session);
      const sold = [...(await soldBefore(sessionId)), ...kept];
      return { rows: session.rounds[round]!.rows, sold };
    },
  };
}
