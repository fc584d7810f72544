import { type CommandContext, DomainError, type RefusedRow } from '@flexledger/domain';
import type { OrdersPort } from '../orders';
import { listIn, requireNamed } from './answer-checks';
import { type BidPart, bidParts, refusedBid, rowsOfBid, rowsRefusedWhole } from './bid-parts';
import { mainReason } from '../why-lost';
import { type PlatformClient, allPages, keyOf } from './platform-client';

/**
 * The order book of a market platform that runs elsewhere. Whose orders they are, the token says. A bid
 * larger than one request travels as several bids: those that arrived before the market did not answer,
 * or closed its gate, stand.
 */
export function httpOrders(call: PlatformClient): OrdersPort {
  /** @throws DomainError `bid-refused` when no row of the part stands */
  async function sendPart(
    sessionId: string,
    part: BidPart,
    context: CommandContext,
  ): Promise<RefusedRow[]> {
    const { bidId, offers, from } = part;
    const path = `${sessionPath(sessionId)}/offers`;
    const answer = await call({
      method: 'POST',
      path,
      body: { bidId, offers },
      ...keyOf(context, from === 0 ? '' : `/${from}`),
    });
    return rowsOfBid(listIn<RefusedRow>(answer, 'refused', path), part);
  }

  return {
    async requestFlexibility(sessionId, request, context) {
      const path = `${sessionPath(sessionId)}/requests`;
      const sent = { method: 'POST', path, body: request, ...keyOf(context) } as const;
      requireNamed(await call(sent), 'requestId', request.requestId, path);
    },
    async withdrawRequest(sessionId, requestId, context) {
      try {
        await call({
          method: 'DELETE',
          path: `${sessionPath(sessionId)}/requests/${encodeURIComponent(requestId)}`,
          ...keyOf(context),
        });
      } catch (error) {
        if (!(error instanceof DomainError && error.code === 'request-unknown')) throw error;
      }
    },
    async offerFlexibility(sessionId, bid, context) {
      const parts = bidParts(bid);
      const refused: RefusedRow[] = [];
      for (const part of parts) {
        try {
          refused.push(...(await sendPart(sessionId, part, context)));
        } catch (error) {
          const isRefused = error instanceof DomainError && error.code === 'bid-refused';
          if (!isRefused || parts.length === 1) throw error;
          refused.push(...rowsRefusedWhole(error, part));
        }
      }
      if (parts.length > 1 && refused.length === bid.offers.length) {
        throw refusedBid(bid.bidId, refused);
      }
      return refused;
    },
    async withdrawOffers(sessionId, _aggregatorId, offerIds, context) {
      if (offerIds.length === 0) return;
      const path = `${sessionPath(sessionId)}/withdrawals`;
      const sent = { method: 'POST', path, body: { offerIds }, ...keyOf(context) } as const;
      requireNamed(await call(sent), 'sessionId', sessionId, path);
    },
    standingOffers: (sessionId) => allPages(call, `${sessionPath(sessionId)}/offers`, {}),
    async whyLost(sessionId, _aggregatorId, offerId) {
      const path = `${sessionPath(sessionId)}/offers/${encodeURIComponent(offerId)}/why`;
      return mainReason(listIn(await call({ method: 'GET', path }), 'rounds', path));
    },
  };
}

/** `/api/v1/sessions/...` of a session. */
export const sessionPath = (sessionId: string): string =>
  `/api/v1/sessions/${encodeURIComponent(sessionId)}`;
