import { DomainError } from '@flexledger/domain';
import type { SetpointsPort } from '../setpoints';
import { parts } from './http-register';
import { type PlatformClient, keyOf } from './platform-client';

/** The setpoints of a shared customer database that runs elsewhere. */
export function httpSetpoints(call: PlatformClient): SetpointsPort {
  return {
    async issue(setpoints, _aggregatorId, context) {
      for (const [from, part] of parts(setpoints)) {
        const answer = await call<{
          setpoints: readonly { refused: { code: string; reason: string } | null }[];
        }>({
          method: 'POST',
          path: '/api/v1/setpoints',
          body: { setpoints: part },
          ...keyOf(context, `/${from}`),
        });
        const refused = answer.setpoints.find((setpoint) => setpoint.refused)?.refused;
        if (refused) throw new DomainError(refused.code, refused.reason);
      }
    },
  };
}
