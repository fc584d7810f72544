/**
 * Settlement of one delivery period, pure and in integers (DESIGN 11). Delivered up is the baseline
 * minus the measured power, delivered down the contrary; a row is paid for what was delivered, at
 * most what was accepted, in the order in which the market sold it. Deviation from the setpoint takes
 * a share of the pay off, by the rule pack's curve.
 */
import type { OutcomeRow } from '../market-session/events';
import type { SettlementRules } from '../rule-pack/rule-pack';
import { divideHalfEven, moneyMicroEur, sharePerMille } from '../units/units';
import type { SettlementRow } from './events';

/** The part of a row that lies in another period, `shift` MTUs after the row's session began. */
export function rowInPeriod(row: OutcomeRow, shift: number, mtuCount: number): SoldRow | undefined {
  const from = Math.max(0, shift - row.firstMtu);
  const to = Math.min(row.acceptedW.length, shift + mtuCount - row.firstMtu);
  if (from >= to) return undefined;
  const part: OutcomeRow = {
    ...row,
    firstMtu: row.firstMtu + from,
    acceptedW: row.acceptedW.slice(from, to),
    priceMicroEurPerKwh: row.priceMicroEurPerKwh.slice(from, to),
  };
  return { row: part, offset: part.firstMtu - shift };
}

/** Power at the PoDs over the settled period, by MTU. */
export interface MeteredPeriod {
  readonly mtuCount: number;
  /** W (var for Q), withdrawal positive; null where there is none, and nothing counts as delivered. */
  baselineOf(podId: string, product: 'P' | 'Q'): readonly number[] | null;
  /** null where nothing was measured. */
  measuredOf(podId: string, product: 'P' | 'Q'): readonly (number | null)[];
}

/** A row with where its first MTU lies in the settled period. */
export interface SoldRow {
  readonly row: OutcomeRow;
  /** Index in the metered period of the row's first MTU. */
  readonly offset: number;
}

/** What other sessions sold for the same MTUs. */
export interface OtherSales {
  /** Sold before, and so served first. */
  readonly earlier: readonly SoldRow[];
  /** Sold afterwards; they move the setpoint but take no delivery away. */
  readonly later: readonly SoldRow[];
}

/** Settles `rows`, one session's result. */
export function settle(
  rows: readonly SoldRow[],
  { earlier, later }: OtherSales,
  metered: MeteredPeriod,
  rules: SettlementRules,
): SettlementRow[] {
  const books = new Map<string, DeliveryBook>();
  const keyOf = ({ row }: SoldRow): string => `${row.podId}/${row.product}`;
  for (const sold of rows) {
    if (!books.has(keyOf(sold))) books.set(keyOf(sold), openBook(sold.row, metered));
  }
  // Of the other sessions' rows only those of these PoDs matter; the rest need not be metered.
  for (const sold of [...earlier, ...rows, ...later]) enterSold(books.get(keyOf(sold)), sold);
  for (const sold of earlier) {
    const book = books.get(keyOf(sold));
    if (book) deliver(book, sold);
  }
  return rows.map((sold) => settleRow(books.get(keyOf(sold))!, sold, rules));
}

/** Penalty as a share of the pay, in per mille, at a deviation from the setpoint. */
export function penaltyPerMille(
  deviationPerMille: number,
  { interpolation, points }: SettlementRules['penalty'],
): number {
  const above = points.findIndex((point) => point.deviationPerMille > deviationPerMille);
  const next = above < 0 ? undefined : points[above];
  const last = points[(above < 0 ? points.length : above) - 1];
  if (!last) return 0;
  if (interpolation === 'step' || !next) return last.penaltyPerMille;
  const span = next.deviationPerMille - last.deviationPerMille;
  const rise = next.penaltyPerMille - last.penaltyPerMille;
  const into = deviationPerMille - last.deviationPerMille;
  return last.penaltyPerMille + Number(divideHalfEven(BigInt(rise * into), BigInt(span)));
}

/** What one PoD sold and what is left of its delivery, by MTU. */
interface DeliveryBook {
  readonly baselineW: readonly number[] | null;
  readonly measuredW: readonly (number | null)[];
  readonly soldUpW: Float64Array;
  readonly soldDownW: Float64Array;
  readonly countedUpW: Float64Array;
  readonly countedDownW: Float64Array;
}

function openBook({ podId, product }: OutcomeRow, metered: MeteredPeriod): DeliveryBook {
  const zeros = (): Float64Array => new Float64Array(metered.mtuCount);
  return {
    baselineW: metered.baselineOf(podId, product),
    measuredW: metered.measuredOf(podId, product),
    soldUpW: zeros(),
    soldDownW: zeros(),
    countedUpW: zeros(),
    countedDownW: zeros(),
  };
}

function enterSold(book: DeliveryBook | undefined, { row, offset }: SoldRow): void {
  if (!book) return;
  const sold = row.direction === 'up' ? book.soldUpW : book.soldDownW;
  row.acceptedW.forEach((watts, index) => (sold[offset + index]! += watts));
}

/**
 * Takes a row's delivery out of the book. Where a PoD sold both ways in one MTU, keeping to one
 * direction is delivery of the other too: up can be as much as the net change plus what was sold down.
 */
function deliver(book: DeliveryBook, { row, offset }: SoldRow): number[] {
  const up = row.direction === 'up';
  const counted = up ? book.countedUpW : book.countedDownW;
  return row.acceptedW.map((acceptedW, index) => {
    const mtu = offset + index;
    const measuredW = book.measuredW[mtu] ?? null;
    if (measuredW === null || !book.baselineW) return 0;
    const netUpW = book.baselineW[mtu]! - measuredW;
    const pool = up ? netUpW + book.soldDownW[mtu]! : book.soldUpW[mtu]! - netUpW;
    const deliveredW = Math.max(0, Math.min(acceptedW, pool - counted[mtu]!));
    counted[mtu]! += deliveredW;
    return deliveredW;
  });
}

function settleRow(book: DeliveryBook, sold: SoldRow, rules: SettlementRules): SettlementRow {
  const { row, offset } = sold;
  const deliveredW = deliver(book, sold);
  const mtus = row.acceptedW.map((_, index) => offset + index);
  const paidMicroEur = deliveredW.map((watts, index) =>
    moneyMicroEur(watts, row.priceMicroEurPerKwh[index]!),
  );
  const penaltyMicroEur = mtus.map((mtu, index) =>
    sharePerMille(
      paidMicroEur[index]!,
      penaltyPerMille(deviationFromSetpoint(book, mtu), rules.penalty),
    ),
  );
  const { offerId, requestId, podId, aggregatorId, requester, product, direction } = row;
  return {
    offerId,
    requestId,
    podId,
    aggregatorId,
    requester,
    product,
    direction,
    firstMtu: row.firstMtu,
    acceptedW: row.acceptedW,
    priceMicroEurPerKwh: row.priceMicroEurPerKwh,
    baselineW: mtus.map((mtu) => book.baselineW?.[mtu] ?? null),
    measuredW: mtus.map((mtu) => book.measuredW[mtu] ?? null),
    deliveredW,
    paidMicroEur,
    penaltyMicroEur,
  };
}

/**
 * Distance of the measured power from the setpoint, in per mille of what was sold; where both
 * directions were sold in one MTU, of the larger, so that sales that cancel out leave a tolerance.
 */
function deviationFromSetpoint(book: DeliveryBook, mtu: number): number {
  const measuredW = book.measuredW[mtu] ?? null;
  if (measuredW === null || !book.baselineW) return 0;
  const upW = book.soldUpW[mtu]!;
  const downW = book.soldDownW[mtu]!;
  const setpointW = book.baselineW[mtu]! - (upW - downW);
  return Math.floor((Math.abs(measuredW - setpointW) * 1_000) / Math.max(1, upW, downW));
}
