import type { ClearingInstance } from './instance';
import type { Allocation } from './merit-order';

/** What a request gets of an offer in one interval. */
export interface AllocatedPart {
  readonly offerId: string;
  readonly requestId: string;
  readonly mtu: number;
  readonly quantityW: number;
}

/** An allocation by the names that its offers and requests have in the instance. */
export function namedAllocation(
  instance: ClearingInstance,
  allocation: Allocation,
): AllocatedPart[] {
  return allocation.flatMap((rows, mtu) =>
    Array.from(rows.offer, (offer, at) => ({
      offerId: instance.offers[offer]!.id,
      requestId: instance.requests[rows.request[at]!]!.id,
      mtu,
      quantityW: rows.quantityW[at]!,
    })),
  );
}
