import { DomainError } from '@flexledger/domain';
import type { SetpointsPort } from '../setpoints';
import { rowsIn } from './answer-checks';
import { parts } from './http-register';
import { type PlatformClient, keyOf } from './platform-client';

/** What became of one setpoint, as it travels. */
interface SetpointAnswerJson {
  readonly refused: { readonly code: string; readonly reason: string } | null;
}

/** The setpoints of a shared customer database that runs elsewhere. */
export function httpSetpoints(call: PlatformClient): SetpointsPort {
  return {
    async issue(setpoints, _aggregatorId, context) {
      const path = '/api/v1/setpoints';
      for (const [from, part] of parts(setpoints)) {
        const body = { setpoints: part };
        const answer = await call({ method: 'POST', path, body, ...keyOf(context, `/${from}`) });
        const rows = rowsIn<SetpointAnswerJson>(answer, 'setpoints', part.length, path);
        const refused = rows.find((setpoint) => setpoint.refused)?.refused;
        if (refused) throw new DomainError(refused.code, refused.reason);
      }
    },
  };
}
