import type { SessionSales } from '@flexledger/domain';
import type { ResultsPort, SettledRows } from '../results';
import { sessionPath } from './http-orders';
import type { PlatformClient } from './platform-client';

/** The results of a market platform that runs elsewhere; whose they are, the token says. */
export function httpResults(call: PlatformClient): ResultsPort {
  return {
    async resultsOf(_aggregatorId, deliveryDay) {
      const { items } = await call<{ items: readonly SessionSales[] }>({
        method: 'GET',
        path: `/api/v1/results?deliveryDay=${encodeURIComponent(deliveryDay)}`,
      });
      return items;
    },
    async settledRows(_aggregatorId, sessionId, correction) {
      const { settled } = await call<{ settled: SettledRows | null }>({
        method: 'GET',
        path: `${sessionPath(sessionId)}/settlement/corrections/${correction}/rows`,
      });
      return settled ?? undefined;
    },
    async dispute({ sessionId, aggregatorId: _, ...dispute }, { commandId }) {
      await call({
        method: 'POST',
        path: `${sessionPath(sessionId)}/settlement/disputes`,
        body: dispute,
        idempotencyKey: commandId,
      });
    },
  };
}
