import type { SessionSales } from '@flexledger/domain';
import type { ResultsPort, SettledRows } from '../results';
import { listIn, requireNamed } from './answer-checks';
import { sessionPath } from './http-orders';
import { type PlatformClient, keyOf } from './platform-client';

/** The results of a market platform that runs elsewhere; whose they are, the token says. */
export function httpResults(call: PlatformClient): ResultsPort {
  return {
    async resultsOf(_aggregatorId, deliveryDay) {
      const path = `/api/v1/results?deliveryDay=${encodeURIComponent(deliveryDay)}`;
      return listIn<SessionSales>(await call({ method: 'GET', path }), 'items', path);
    },
    async settledRows(_aggregatorId, sessionId, correction) {
      const path = `${sessionPath(sessionId)}/settlement/corrections/${correction}/rows`;
      const answer = await call<{ readonly settled?: SettledRows | null } | undefined>({
        method: 'GET',
        path,
      });
      if (answer?.settled === null) return undefined;
      listIn(answer?.settled, 'rows', path);
      return answer!.settled;
    },
    async dispute({ sessionId, aggregatorId: _, ...dispute }, context) {
      const path = `${sessionPath(sessionId)}/settlement/disputes`;
      const sent = { method: 'POST', path, body: dispute, ...keyOf(context) } as const;
      requireNamed(await call(sent), 'sessionId', sessionId, path);
    },
  };
}
