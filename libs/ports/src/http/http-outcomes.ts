import type { OutcomeRow } from '@flexledger/domain';
import type { OutcomesPort } from '../outcomes';
import { sessionPath } from './http-orders';
import type { PlatformClient } from './platform-client';

/** The outcomes of a market platform that runs elsewhere, as its DSO reaches them. */
export function httpOutcomes(call: PlatformClient): OutcomesPort {
  return {
    outcome: (sessionId, round) =>
      call<{ rows: readonly OutcomeRow[]; sold: readonly OutcomeRow[] }>({
        method: 'GET',
        path: `${sessionPath(sessionId)}/outcomes-to-validate/${round}`,
      }),
    async soldBefore(sessionId) {
      const { items } = await call<{ items: readonly OutcomeRow[] }>({
        method: 'GET',
        path: `${sessionPath(sessionId)}/sold-before`,
      });
      return items;
    },
    async answer(sessionId, answer, { commandId }) {
      await call({
        method: 'POST',
        path: `${sessionPath(sessionId)}/validation`,
        body: answer,
        idempotencyKey: commandId,
      });
    },
  };
}
