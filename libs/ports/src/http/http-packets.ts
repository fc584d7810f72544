import type { PacketPage, PacketsPort } from '../packets';
import type { PlatformClient } from './platform-client';

/** The certified packets of an access layer that runs elsewhere. */
export function httpPackets(call: PlatformClient): PacketsPort {
  return {
    packetsAfter(after, limit) {
      const query = new URLSearchParams({
        limit: String(limit),
        ...(after === undefined ? {} : { after }),
      });
      return call<PacketPage>({ method: 'GET', path: `/api/v1/packets?${query}` });
    },
  };
}
