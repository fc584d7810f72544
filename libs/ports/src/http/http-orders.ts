import { DomainError, type RefusedRow } from '@flexledger/domain';
import type { OrdersPort } from '../orders';
import { type PlatformClient, allPages } from './platform-client';

/** The order book of a market platform that runs elsewhere. A bid travels in one request. */
export function httpOrders(call: PlatformClient): OrdersPort {
  return {
    async requestFlexibility(sessionId, request, { commandId }) {
      await call({
        method: 'POST',
        path: `${sessionPath(sessionId)}/requests`,
        body: request,
        idempotencyKey: commandId,
      });
    },
    async withdrawRequest(sessionId, requestId, { commandId }) {
      try {
        await call({
          method: 'DELETE',
          path: `${sessionPath(sessionId)}/requests/${encodeURIComponent(requestId)}`,
          idempotencyKey: commandId,
        });
      } catch (error) {
        if (!(error instanceof DomainError && error.code === 'request-unknown')) throw error;
      }
    },
    async offerFlexibility(sessionId, { bidId, offers }, { commandId }) {
      const { refused } = await call<{ refused: readonly RefusedRow[] }>({
        method: 'POST',
        path: `${sessionPath(sessionId)}/offers`,
        body: { bidId, offers },
        idempotencyKey: commandId,
      });
      return refused;
    },
    async withdrawOffers(sessionId, _aggregatorId, offerIds, { commandId }) {
      await call({
        method: 'POST',
        path: `${sessionPath(sessionId)}/withdrawals`,
        body: { offerIds },
        idempotencyKey: commandId,
      });
    },
    standingOffers: (sessionId) => allPages(call, `${sessionPath(sessionId)}/offers`, {}),
  };
}

/** `/api/v1/sessions/...` of a session. */
export const sessionPath = (sessionId: string): string =>
  `/api/v1/sessions/${encodeURIComponent(sessionId)}`;
