import { MARKET_COUNT, OfferKind, type ClearingColumns } from './columns';
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
  /** Accepted of each offer, request and (market, PoD) in the MTU at hand. */
  readonly offerW: Float64Array;
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
    offerW: new Float64Array(columns.offerCount),
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
    state.offerW.fill(0);
    state.requestW.fill(0);
    state.podW.fill(0);
    for (let row = 0; row < rows.offer.length; row += 1) {
      if (!checkRow(state, rows, mtu, row)) continue;
      const offer = rows.offer[row]!;
      const quantityW = rows.quantityW[row]!;
      servedW[columns.requestIsDso[rows.request[row]!]!]! += quantityW;
      const price = columns.priceMicroEurPerKwh[mtu * columns.offerCount + offer]!;
      addProduct(cost, quantityW, price);
      addProduct(reliability, quantityW, columns.offerReliability[offer]!);
    }
    checkOffers(state, mtu);
    checkRequests(state, mtu);
    checkPods(state, mtu);
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

function violate(
  state: CheckState,
  rule: RuleName,
  mtu: number,
  row: number | null,
  detail: string,
): void {
  if (state.violations.length < VIOLATIONS_TOLD) state.violations.push({ rule, mtu, row, detail });
}

/** Rules of one row; adds it to the sums. False when its indexes mean nothing. */
function checkRow(state: CheckState, rows: MtuAllocation, mtu: number, row: number): boolean {
  const { columns } = state;
  const offer = rows.offer[row]!;
  const request = rows.request[row]!;
  const quantityW = rows.quantityW[row]!;
  if (offer >= columns.offerCount || request >= columns.requestCount || quantityW <= 0) {
    violate(state, 'rowOutOfRange', mtu, row, `offer ${offer} request ${request} ${quantityW} W`);
    return false;
  }
  if (row > 0) {
    const before = rows.offer[row - 1]! - offer || rows.request[row - 1]! - request;
    if (before >= 0) violate(state, 'rowsNotAscending', mtu, row, `offer ${offer}`);
  }
  const market = columns.offerMarket[offer]!;
  const pod = columns.offerPod[offer]!;
  if (columns.requestMarket[request] !== market) {
    violate(state, 'wrongMarket', mtu, row, `offer ${offer} request ${request}`);
  }
  if (!isInScope(columns, pod, request)) {
    violate(state, 'outOfScope', mtu, row, `PoD ${pod} request ${request}`);
  }
  const price = columns.priceMicroEurPerKwh[mtu * columns.offerCount + offer]!;
  if (price > columns.requestCapMicroEurPerKwh[request]!) {
    violate(state, 'capExceeded', mtu, row, `offer ${offer} at ${price} request ${request}`);
  }
  state.offerW[offer]! += quantityW;
  state.requestW[request]! += quantityW;
  state.podW[market * columns.podCount + pod]! += quantityW;
  return true;
}

function isInScope(columns: ClearingColumns, pod: number, request: number): boolean {
  const end = columns.podRequestStart[pod + 1]!;
  for (let at = columns.podRequestStart[pod]!; at < end; at += 1) {
    if (columns.podRequest[at] === request) return true;
  }
  return false;
}

function checkOffers(state: CheckState, mtu: number): void {
  const { columns, offerW } = state;
  for (let offer = 0; offer < columns.offerCount; offer += 1) {
    const acceptedW = offerW[offer]!;
    const kind = columns.offerKind[offer]!;
    if (acceptedW === 0) continue;
    const offeredW = columns.quantityW[mtu * columns.offerCount + offer]!;
    if (acceptedW > offeredW) {
      violate(state, 'offerOverAccepted', mtu, null, `offer ${offer}: ${acceptedW} of ${offeredW} W`);
    }
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

function checkPods(state: CheckState, mtu: number): void {
  const { podW } = state;
  const { podCount, podLimitW } = state.columns;
  for (let market = 0; market < MARKET_COUNT; market += 1) {
    const isUp = market % 2 === 0;
    for (let pod = 0; pod < podCount; pod += 1) {
      const at = market * podCount + pod;
      if (podW[at]! > podLimitW[at]!) {
        violate(state, 'podLimitExceeded', mtu, null, `PoD ${pod}: ${podW[at]} of ${podLimitW[at]} W`);
      }
      if (isUp && podW[at]! > 0 && podW[at + podCount]! > 0) {
        violate(state, 'podUpAndDown', mtu, null, `PoD ${pod}`);
      }
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
      first >= columns.blockFirstMtu[offer]! && first + duration - 1 <= columns.blockLastMtu[offer]!;
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
