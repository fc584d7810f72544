/** How the other platforms reach the market in one process: its commands and its sessions' states. */
import {
  type OutcomeRow,
  type RulePack,
  type ScheduledSession,
  finalRows,
  rowsDuring,
  salesOf,
  sessionsDelivering,
} from '@flexledger/domain';
import { type MarketSessions, scheduledSession } from '@flexledger/market-platform';
import type { OrdersPort, OutcomesPort } from '@flexledger/ports';

/** Flows 2c, 3 and 4. */
export function dsoMarket({ orders, outcomes }: Ports): DsoMarket {
  return {
    requestFlexibility: orders.requestFlexibility,
    withdrawRequest: orders.withdrawRequest,
    outcome: outcomes.outcome,
    soldBefore: outcomes.soldBefore,
    recordValidation: (sessionId, { outcomeId, exceptions }, context) =>
      outcomes.answer(sessionId, { outcomeId, exceptions }, context),
  };
}

/** Flow 2a: an aggregator's own offers; it asks for the rows refused right after it has bid. */
export function offerMarket({ orders }: Ports): OfferMarket {
  const refusedOf = new Map<string, readonly RefusedRow[]>();
  return {
    withdrawOffers: orders.withdrawOffers,
    standingOffers: orders.standingOffers,
    async offerFlexibility(sessionId, bid, context) {
      const refused = await orders.offerFlexibility(sessionId, bid, context);
      refusedOf.set(`${sessionId}/${bid.bidId}`, refused);
    },
    async refusedRows(sessionId, bidId) {
      const key = `${sessionId}/${bidId}`;
      const refused = refusedOf.get(key) ?? [];
      refusedOf.delete(key);
      return refused;
    },
  };
}
