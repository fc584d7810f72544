/** Settled rows quarter-hour by quarter-hour, as datasets and downloads have them. */
import { MTU_MS, PRODUCTS, PRODUCT_NAMES, type SettlementRow } from '@flexledger/domain';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import type { SettlementRowDocument } from './settlement-rows-view';

/** Columns of `settledMtus` in their order, each with its type. */
export const SETTLED_MTU_COLUMNS = {
  sessionId: 'text',
  correction: 'integer',
  offerId: 'text',
  requestId: 'text',
  podId: 'text',
  aggregatorId: 'text',
  requester: 'text',
  product: 'text',
  direction: 'text',
  mtu: 'integer',
  mtuStart: 'timestamp',
  acceptedW: 'integer',
  acceptedVar: 'integer',
  baselineW: 'integer',
  baselineVar: 'integer',
  measuredW: 'integer',
  measuredVar: 'integer',
  deliveredW: 'integer',
  deliveredVar: 'integer',
  priceMicroEurPerKwh: 'integer',
  paidMicroEur: 'integer',
  penaltyMicroEur: 'integer',
} as const;

/** Values by column; W is null in a row of reactive power, var in one of active power. */
export type SettledMtu = Readonly<Record<keyof typeof SETTLED_MTU_COLUMNS, string | number | null>>;

/** The quarter-hours of a settled row in which something was sold. @param deliveryStart of its session, ISO 8601 */
export function settledMtus(row: SettlementRowDocument, deliveryStart: string): SettledMtu[] {
  const { sessionId, correction, offerId, requestId, podId, aggregatorId, requester } = row;
  const { product, direction, firstMtu } = row;
  return row.acceptedW.flatMap((accepted, at) => {
    if (accepted === 0) return [];
    const mtu = firstMtu + at;
    const mtuStart = isoFromMs(msFromIso(deliveryStart) + mtu * MTU_MS);
    return [
      {
        ...{ sessionId, correction, offerId, requestId, podId, aggregatorId, requester },
        ...{ product, direction, mtu, mtuStart },
        ...powersAt(row, at),
        priceMicroEurPerKwh: row.priceMicroEurPerKwh[at]!,
        paidMicroEur: row.paidMicroEur[at]!,
        penaltyMicroEur: row.penaltyMicroEur[at]!,
      },
    ];
  });
}

type Powers = Pick<
  SettledMtu,
  | 'acceptedW'
  | 'acceptedVar'
  | 'baselineW'
  | 'baselineVar'
  | 'measuredW'
  | 'measuredVar'
  | 'deliveredW'
  | 'deliveredVar'
>;

function powersAt(row: SettlementRow, at: number): Powers {
  const values = {
    accepted: row.acceptedW[at]!,
    baseline: row.baselineW[at] ?? null,
    measured: row.measuredW[at] ?? null,
    delivered: row.deliveredW[at]!,
  };
  const named = Object.entries(values).flatMap(([name, value]) =>
    PRODUCTS.map((product) => [
      `${name}${PRODUCT_NAMES[product].unit}`,
      product === row.product ? value : null,
    ]),
  );
  return Object.fromEntries(named) as Powers;
}
