import { type Random, drawInteger } from '@flexledger/runtime';
import type { FlexibilityRequest } from '@flexledger/domain';

/** What the transmission operator may want of a primary substation. */
export interface TsoNeed {
  readonly pom: string;
  /** Largest power it asks for, W. */
  readonly largestW: number;
}

/**
 * Draws the TSO's requests for a session (flow 2b): for each PoM one evening-like hump of up
 * regulation over a random stretch of MTUs, with a price cap now and then. In real time smaller.
 */
export function drawTsoRequests(
  sessionId: string,
  kind: 'dayAhead' | 'realTime',
  mtuCount: number,
  needs: readonly TsoNeed[],
  random: Random,
): FlexibilityRequest[] {
  return needs.flatMap(({ pom, largestW }) => {
    const lengthMtus = Math.max(1, Math.floor(mtuCount / drawInteger(random, 3, 6)));
    const first = drawInteger(random, 0, mtuCount - lengthMtus);
    const peakW = (largestW * drawInteger(random, 30, 100)) / (kind === 'dayAhead' ? 100 : 200);
    const quantityW = Array.from({ length: mtuCount }, (_, mtu) => {
      const into = (mtu - first + 0.5) / lengthMtus;
      if (into <= 0 || into >= 1) return 0;
      return Math.round((peakW * Math.sin(Math.PI * into)) / 10) * 10;
    });
    if (quantityW.every((watts) => watts === 0)) return [];
    return [
      {
        requestId: `TSO-${pom}-${sessionId}`,
        requester: 'TSO' as const,
        product: 'P' as const,
        direction: 'up' as const,
        scope: { pom },
        quantityW,
        priceCapMicroEurPerKwh: null,
      },
    ];
  });
}
