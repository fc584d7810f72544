import { type Random, drawInteger } from '@flexledger/runtime';
import type { FlexibilityRequest, Product } from '@flexledger/domain';

/** What the transmission operator may want of a primary substation. */
export interface TsoNeed {
  readonly pom: string;
  /** Largest power it asks for, W. */
  readonly largestW: number;
  /** Largest reactive power it asks for to hold up its voltage, var; absent = none. */
  readonly largestVar?: number;
}

/**
 * Draws the TSO's requests for a session (flow 2b): for each PoM one evening-like hump of up
 * regulation over a random stretch of MTUs, and another of reactive power where it wants any. In real
 * time smaller.
 */
export function drawTsoRequests(
  sessionId: string,
  kind: 'dayAhead' | 'realTime',
  mtuCount: number,
  needs: readonly TsoNeed[],
  random: Random,
): FlexibilityRequest[] {
  const hump = (requestId: string, pom: string, product: Product, largest: number) => {
    const lengthMtus = Math.max(1, Math.floor(mtuCount / drawInteger(random, 3, 6)));
    const first = drawInteger(random, 0, mtuCount - lengthMtus);
    const peak = (largest * drawInteger(random, 30, 100)) / (kind === 'dayAhead' ? 100 : 200);
    const quantityW = Array.from({ length: mtuCount }, (_, mtu) => {
      const into = (mtu - first + 0.5) / lengthMtus;
      if (into <= 0 || into >= 1) return 0;
      return Math.round((peak * Math.sin(Math.PI * into)) / 10) * 10;
    });
    if (quantityW.every((quantity) => quantity === 0)) return [];
    return [
      {
        requestId,
        requester: 'TSO' as const,
        product,
        direction: 'up' as const,
        scope: { pom },
        quantityW,
        priceCapMicroEurPerKwh: null,
      },
    ];
  };
  return needs.flatMap(({ pom, largestW, largestVar }) => [
    ...hump(`TSO-${pom}-${sessionId}`, pom, 'P', largestW),
    ...(largestVar === undefined ? [] : hump(`TSO-Q-${pom}-${sessionId}`, pom, 'Q', largestVar)),
  ]);
}
