import type { OutcomeRow } from '@flexledger/domain';
import type { OutcomesPort } from '../outcomes';
import { listIn, requireNamed } from './answer-checks';
import { sessionPath } from './http-orders';
import { type PlatformClient, keyOf } from './platform-client';

/** The outcomes of a market platform that runs elsewhere, as its DSO reaches them. */
export function httpOutcomes(call: PlatformClient): OutcomesPort {
  return {
    async outcome(sessionId, round) {
      const path = `${sessionPath(sessionId)}/outcomes-to-validate/${round}`;
      const answer = await call({ method: 'GET', path });
      return {
        rows: listIn<OutcomeRow>(answer, 'rows', path),
        sold: listIn<OutcomeRow>(answer, 'sold', path),
      };
    },
    async soldBefore(sessionId) {
      const path = `${sessionPath(sessionId)}/sold-before`;
      return listIn<OutcomeRow>(await call({ method: 'GET', path }), 'items', path);
    },
    async answer(sessionId, answer, context) {
      const path = `${sessionPath(sessionId)}/validation`;
      const sent = { method: 'POST', path, body: answer, ...keyOf(context) } as const;
      requireNamed(await call(sent), 'outcomeId', answer.outcomeId, path);
    },
  };
}
