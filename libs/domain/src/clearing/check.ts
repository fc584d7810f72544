import { limitMarket, MARKET_COUNT, OfferKind, podLimitAt, type ClearingColumns } from './columns';
import type { Allocation, MtuAllocation } from './merit-order';

/**
 * An independent check of an allocation against the market rules: it shares no code with the paths
 * that clear, so that the audit and the solver's answers rest on something else than their maker.
 */
export type RuleName =
  | 'rowOutOfRange'
  | 'rowsNotAscending'
  | 'wrongMarket'
  | 'outOfScope'
  | 'capExceeded'
  | 'offerOverAccepted'
  | 'requestOverServed'
  | 'podLimitExceeded'
  | 'podUpAndDown'
  | 'notAllOrNothing'
  | 'belowMinimum'
  | 'blockBroken';

/** A broken rule: where, and what; `row` counts in the MTU's columns, or is null for a sum. */
export interface RuleViolation {
  readonly rule: RuleName;
  readonly mtu: number;
  readonly row: number | null;
  readonly detail: string;
}

/** The objective's parts: sums over MTUs of W, and of W x price (divide by 4,000 for micro-euro). */
export interface ClearingTotals {
  readonly dsoServedWMtu: number;
  readonly tsoServedWMtu: number;
  readonly costWMtuPrice: bigint;
  /** Sum of W x the provider's reliability in per mille. */
  readonly reliabilityWMtu: bigint;
}

/** The verdict on an allocation: feasible when `violations` is empty. */
export interface AllocationCheck {
  readonly violations: readonly RuleViolation[];
  readonly totals: ClearingTotals;
}

const VIOLATIONS_TOLD = 100;

interface CheckState {
  readonly columns: ClearingColumns;
  readonly violations: RuleViolation[];
  /** Accepted for each request, and of each (market, PoD) that has a limit, in the MTU at hand. */
  readonly requestW: Float64Array;
  readonly podW: Float64Array;
  /** Per block offer, what it is accepted for in each MTU. */
  readonly blockW: Map<number, Float64Array>;
}

/** Checks every rule on every row and sums the objective; the first 100 violations are told. */
export function checkAllocation(columns: ClearingColumns, allocation: Allocation): AllocationCheck {
  const state: CheckState = {
    columns,
    violations: [],
    requestW: new Float64Array(columns.requestCount),
    podW: new Float64Array(MARKET_COUNT * columns.podCount),
    blockW: new Map(),
  };
  if (allocation.length !== columns.mtus) {
    violate(state, 'rowOutOfRange', 0, null, `${allocation.length} MTUs, not ${columns.mtus}`);
  }
  const servedW = new Float64Array(2);
  const cost = newWideSum();
  const reliability = newWideSum();
  for (let mtu = 0; mtu < Math.min(allocation.length, columns.mtus); mtu += 1) {
    const rows = allocation[mtu]!;
    state.requestW.fill(0);
    let acceptedW = 0;
    for (let row = 0; row < rows.offer.length; row += 1) {
      if (!isInRange(state, rows, mtu, row)) return { violations: state.violations, totals: NONE };
      const offer = rows.offer[row]!;
      const quantityW = rows.quantityW[row]!;
      checkRow(state, rows, mtu, row);
      checkPod(state, mtu, offer, quantityW);
      acceptedW += quantityW;
      if (rows.offer[row + 1] !== offer) {
        checkOffer(state, mtu, offer, acceptedW);
        acceptedW = 0;
      }
      servedW[columns.requestIsDso[rows.request[row]!]!]! += quantityW;
      const price = columns.priceMicroEurPerKwh[mtu * columns.offerCount + offer]!;
      addProduct(cost, quantityW, price);
      addProduct(reliability, quantityW, columns.offerReliability[offer]!);
    }
    checkRequests(state, mtu);
    forgetPods(state, rows);
  }
  checkBlocks(state);
  return {
    violations: state.violations,
    totals: {
      dsoServedWMtu: servedW[1]!,
      tsoServedWMtu: servedW[0]!,
      costWMtuPrice: totalOf(cost),
      reliabilityWMtu: totalOf(reliability),
    },
  };
}

/** Totals of rows that mean nothing. */
const NONE: ClearingTotals = {
  dsoServedWMtu: 0,
  tsoServedWMtu: 0,
  costWMtuPrice: 0n,
  reliabilityWMtu: 0n,
};

function violate(
  state: CheckState,
  rule: RuleName,
  mtu: number,
  row: number | null,
  detail: string,
): void {
  if (state.violations.length < VIOLATIONS_TOLD) state.violations.push({ rule, mtu, row, detail });
}

/** False, and the end of the check, when a row's indexes or quantity mean nothing. */
function isInRange(state: CheckState, rows: MtuAllocation, mtu: number, row: number): boolean {
  const { offerCount, requestCount } = state.columns;
  const offer = rows.offer[row]!;
  const request = rows.request[row]!;
  const quantityW = rows.quantityW[row]!;
  if (offer < offerCount && request < requestCount && quantityW > 0) return true;
  violate(state, 'rowOutOfRange', mtu, row, `offer ${offer} request ${request} ${quantityW} W`);
  return false;
}

/** Rules that one row can break by itself. Ascending rows name each (offer, request) once. */
function checkRow(state: CheckState, rows: MtuAllocation, mtu: number, row: number): void {
  const { columns } = state;
  const offer = rows.offer[row]!;
  const request = rows.request[row]!;
  if (row > 0) {
    const before = rows.offer[row - 1]! - offer || rows.request[row - 1]! - request;
    if (before >= 0) violate(state, 'rowsNotAscending', mtu, row, `offer ${offer}`);
  }
  if (columns.requestMarket[request] !== columns.offerMarket[offer]) {
    violate(state, 'wrongMarket', mtu, row, `offer ${offer} request ${request}`);
  }
  if (!isInScope(columns, columns.offerPod[offer]!, request)) {
    violate(state, 'outOfScope', mtu, row, `offer ${offer} request ${request}`);
  }
  const price = columns.priceMicroEurPerKwh[mtu * columns.offerCount + offer]!;
  if (price > columns.requestCapMicroEurPerKwh[request]!) {
    violate(state, 'capExceeded', mtu, row, `offer ${offer} at ${price} request ${request}`);
  }
  state.requestW[request]! += rows.quantityW[row]!;
}

function isInScope(columns: ClearingColumns, pod: number, request: number): boolean {
  const end = columns.podRequestStart[pod + 1]!;
  for (let at = columns.podRequestStart[pod]!; at < end; at += 1) {
    if (columns.podRequest[at] === request) return true;
  }
  return false;
}

/** Adds a part to its PoD and checks the limit, and that nothing goes the other way. */
function checkPod(state: CheckState, mtu: number, offer: number, quantityW: number): void {
  const { podW } = state;
  const { podCount, offerMarket, offerPod } = state.columns;
  const pod = offerPod[offer]!;
  const market = limitMarket(state.columns, offerMarket[offer]!, pod);
  const at = market * podCount + pod;
  podW[at]! += quantityW;
  const limitW = podLimitAt(state.columns, at, mtu);
  if (podW[at]! > limitW) {
    violate(state, 'podLimitExceeded', mtu, null, `PoD ${pod}: ${podW[at]} of ${limitW} W`);
  }
  const opposite = market % 2 === 0 ? at + podCount : at - podCount;
  if (podW[opposite]! > 0) violate(state, 'podUpAndDown', mtu, null, `PoD ${pod}`);
}

function forgetPods(state: CheckState, rows: MtuAllocation): void {
  const { podCount, offerMarket, offerPod } = state.columns;
  for (const offer of rows.offer) {
    const pod = offerPod[offer]!;
    state.podW[limitMarket(state.columns, offerMarket[offer]!, pod) * podCount + pod] = 0;
  }
}

function checkOffer(state: CheckState, mtu: number, offer: number, acceptedW: number): void {
  const { columns } = state;
  const offeredW = columns.quantityW[mtu * columns.offerCount + offer]!;
  if (acceptedW > offeredW) {
    violate(state, 'offerOverAccepted', mtu, null, `offer ${offer}: ${acceptedW} of ${offeredW} W`);
  }
  const kind = columns.offerKind[offer]!;
  if (kind === OfferKind.divisible && columns.offerMinQuantityW[offer] === 0) return;
  const isWhole = kind === OfferKind.whole || kind === OfferKind.block;
  if (isWhole && acceptedW !== offeredW) {
    violate(state, 'notAllOrNothing', mtu, null, `offer ${offer}: ${acceptedW} of ${offeredW} W`);
  }
  if (acceptedW < columns.offerMinQuantityW[offer]!) {
    violate(state, 'belowMinimum', mtu, null, `offer ${offer}: ${acceptedW} W`);
  }
  if (kind === OfferKind.block || kind === OfferKind.divisibleBlock) {
    const series = state.blockW.get(offer) ?? new Float64Array(columns.mtus);
    state.blockW.set(offer, series);
    series[mtu] = acceptedW;
  }
}

function checkRequests(state: CheckState, mtu: number): void {
  const { columns, requestW } = state;
  for (let request = 0; request < columns.requestCount; request += 1) {
    const askedW = columns.requestQuantityW[request * columns.mtus + mtu]!;
    if (requestW[request]! > askedW) {
      const detail = `request ${request}: ${requestW[request]} of ${askedW} W`;
      violate(state, 'requestOverServed', mtu, null, detail);
    }
  }
}

/** A block runs once, over consecutive MTUs of its duration inside its window, at one level. */
function checkBlocks(state: CheckState): void {
  const { columns, blockW } = state;
  for (const [offer, series] of blockW) {
    const first = series.findIndex((acceptedW) => acceptedW > 0);
    const duration = columns.blockDurationMtus[offer]!;
    const inWindow =
      first >= columns.blockFirstMtu[offer]! &&
      first + duration - 1 <= columns.blockLastMtu[offer]!;
    const isOneRun = series.every((acceptedW, mtu) =>
      mtu >= first && mtu < first + duration ? acceptedW === series[first] : acceptedW === 0,
    );
    if (!inWindow || !isOneRun) violate(state, 'blockBroken', first, null, `offer ${offer}`);
  }
}

/** An exact sum of products of 31-bit numbers: the factor is split so that each addend stays below 2^47. */
interface WideSum {
  /** Sums of products with the factor's low 16 bits, and with the rest. */
  readonly parts: Float64Array;
  total: bigint;
}

const LOW_BITS = 16;
const FLUSH_ABOVE = 2 ** 52;

function newWideSum(): WideSum {
  return { parts: new Float64Array(2), total: 0n };
}

function addProduct(sum: WideSum, quantityW: number, factor: number): void {
  const { parts } = sum;
  parts[0]! += quantityW * (factor & 0xffff);
  parts[1]! += quantityW * (factor >>> LOW_BITS);
  if (parts[0]! > FLUSH_ABOVE || parts[1]! > FLUSH_ABOVE) {
    sum.total = totalOf(sum);
    parts.fill(0);
  }
}

function totalOf({ total, parts }: WideSum): bigint {
  return total + (BigInt(parts[1]!) << BigInt(LOW_BITS)) + BigInt(parts[0]!);
}
