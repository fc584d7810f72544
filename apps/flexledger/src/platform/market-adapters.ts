/** How the other platforms reach the market in one process: its commands and its sessions' states. */
import type { OfferMarket, SoldResults } from '@flexledger/aggregator-platform';
import {
  type OutcomeRow,
  type RulePack,
  type ScheduledSession,
  type SessionSales,
  finalRows,
  rowsDuring,
  salesOf,
  sessionsDelivering,
  standingOffers,
} from '@flexledger/domain';
import { type MarketSessions, scheduledSession } from '@flexledger/market-platform';
import type { OrdersPort, OutcomesPort } from '@flexledger/ports';

/** Flows 2b and 2c: requests of system operators. */
export function requestOrders(
  sessions: MarketSessions,
): Pick<OrdersPort, 'requestFlexibility' | 'withdrawRequest'> {
  return {
    async requestFlexibility(sessionId, request, context) {
      await sessions.requestFlexibility(sessionId, request, context);
    },
    async withdrawRequest(sessionId, requestId, context) {
      const { requests } = await scheduledSession(sessions, sessionId);
      if (!requests.some((request) => request.requestId === requestId)) return;
      await sessions.withdrawRequest(sessionId, requestId, context);
    },
  };
}

/** Flows 3 and 4. */
export function outcomesForValidation(sessions: MarketSessions, rules: RulePack): OutcomesPort {
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
    soldBefore,
    async outcome(sessionId, round) {
      const session = await scheduledSession(sessions, sessionId);
      const kept = finalRows(session);
      const sold = [...(await soldBefore(sessionId)), ...kept];
      return { rows: session.rounds[round]!.rows, sold };
    },
    async answer(sessionId, answer, context) {
      await sessions.recordValidation(sessionId, { ...answer, validatedBy: 'DSO' }, context);
    },
  };
}

/** Flow 2a: an aggregator's own offers. */
export function offerMarket(sessions: MarketSessions): OfferMarket {
  return {
    offerFlexibility: (sessionId, bid, context) =>
      sessions.offerFlexibility(sessionId, bid, context),
    withdrawOffers: (sessionId, aggregatorId, offerIds, context) =>
      sessions.withdrawOffers(sessionId, aggregatorId, offerIds, context),
    async standingOffers(sessionId, aggregatorId) {
      const offers = standingOffers(await scheduledSession(sessions, sessionId));
      return offers.filter((offer) => offer.aggregatorId === aggregatorId);
    },
    async refusedRows(sessionId, bidId) {
      const { bids } = await scheduledSession(sessions, sessionId);
      return bids.find((bid) => bid.bidId === bidId)?.refusedParts.flat() ?? [];
    },
  };
}

/** Flow 5: an aggregator's published rows of a delivery day. */
export function soldResults(sessions: MarketSessions, rules: RulePack): SoldResults {
  return {
    async resultsOf(aggregatorId, deliveryDay) {
      const results: SessionSales[] = [];
      for (const { sessionId } of sessionsDelivering(deliveryDay, rules)) {
        const session = await sessions.stateOf(sessionId);
        if (session.status !== 'published') continue;
        const sales = salesOf(session);
        const rows = sales.rows.filter((row) => row.aggregatorId === aggregatorId);
        results.push({ ...sales, rows });
      }
      return results;
    },
  };
}
