import { type OutcomeRow, type Product, acceptedByMtu } from '@flexledger/domain';

/** Change of a PoD's withdrawal that was sold, W or var by MTU of the delivery day; null where nothing is. */
export type SoldChange = readonly (number | null)[];

/**
 * Sold changes of a product by PoD, in the order of codes. Sales both ways that cancel out are a change of 0: the
 * PoD has to keep its baseline.
 *
 * @param sold rows of all sessions of the delivery day, `firstMtu` counted from its midnight
 * @param mtus of the day that are looked at
 */
export function soldChanges(
  sold: readonly OutcomeRow[],
  mtus: number,
  product: Product,
): ReadonlyMap<string, SoldChange> {
  const ofProduct = sold.filter((row) => row.product === product);
  const sumOf = (direction: OutcomeRow['direction']): Map<string, Float64Array> =>
    acceptedByMtu(
      ofProduct.filter((row) => row.direction === direction),
      mtus,
      (row) => row.podId,
    );
  const up = sumOf('up');
  const down = sumOf('down');
  return new Map(
    [...new Set([...up.keys(), ...down.keys()])].sort().map((podId) => {
      const changeW = Array.from({ length: mtus }, (_, mtu) => {
        const upW = up.get(podId)?.[mtu] ?? 0;
        const downW = down.get(podId)?.[mtu] ?? 0;
        return upW === 0 && downW === 0 ? null : downW - upW;
      });
      return [podId, changeW];
    }),
  );
}
