import type { ClearingColumns } from './columns';
import type { Allocation } from './merit-order';

/**
 * What an accepted quantity is paid: its own price (pay-as-bid), or the price of the dearest part
 * accepted for the same request in the same MTU (pay-as-clear), in micro-euro per kWh.
 */
export type PricingRule = 'payAsBid' | 'payAsClear';

/** Where nothing was accepted there is no marginal price. */
export const NO_PRICE = -1;

/** The dearest accepted price of each `request * mtus + mtu`, `NO_PRICE` where nothing is accepted. */
export function marginalPrices(columns: ClearingColumns, allocation: Allocation): Int32Array {
  const marginal = new Int32Array(columns.requestCount * columns.mtus).fill(NO_PRICE);
  allocation.forEach((rows, mtu) => {
    for (let row = 0; row < rows.offer.length; row += 1) {
      const price = columns.priceMicroEurPerKwh[mtu * columns.offerCount + rows.offer[row]!]!;
      const pair = rows.request[row]! * columns.mtus + mtu;
      if (price > marginal[pair]!) marginal[pair] = price;
    }
  });
  return marginal;
}

/** The price of each accepted part, in micro-euro per kWh, row by row of each MTU. */
export function pricesOf(
  columns: ClearingColumns,
  allocation: Allocation,
  rule: PricingRule,
): readonly Int32Array[] {
  if (rule === 'payAsBid') {
    return allocation.map((rows, mtu) =>
      Int32Array.from(
        rows.offer,
        (offer) => columns.priceMicroEurPerKwh[mtu * columns.offerCount + offer]!,
      ),
    );
  }
  const marginal = marginalPrices(columns, allocation);
  return allocation.map((rows, mtu) =>
    Int32Array.from(rows.request, (request) => marginal[request * columns.mtus + mtu]!),
  );
}
