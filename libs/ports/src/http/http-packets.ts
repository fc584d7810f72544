import type { CertifiedPacket, PacketsPort } from '../packets';
import { listIn } from './answer-checks';
import { type PlatformClient, PlatformUnavailable } from './platform-client';

/** The certified packets of an access layer that runs elsewhere. */
export function httpPackets(call: PlatformClient): PacketsPort {
  return {
    async packetsAfter(after, limit) {
      const query = new URLSearchParams({
        limit: String(limit),
        ...(after === undefined ? {} : { after }),
      });
      const path = `/api/v1/packets?${query}`;
      const answer = await call<{ readonly next?: unknown } | undefined>({ method: 'GET', path });
      const packets = listIn<CertifiedPacket>(answer, 'packets', path);
      const next = answer?.next;
      if (typeof next === 'string') return { packets, next };
      throw new PlatformUnavailable(path, 'its answer does not say where the next page begins');
    },
  };
}
