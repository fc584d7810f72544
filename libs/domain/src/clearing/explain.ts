import { limitMarket, OfferKind, podLimitAt, type ClearingColumns } from './columns';
import type { Allocation, MtuAllocation } from './merit-order';
import { marginalPrices, NO_PRICE } from './pricing';

/**
 * Why the market came out as it did, from the problem and the allocation alone: what binds each
 * request, and why an offer lost. Whoever reads a divisible offer's reason can check the optimum
 * without the solver: nothing with room, in scope and under the cap may be left while a request is short.
 */

/** What keeps a request from more: the first that applies to any offer in its scope, in this order. */
export const BINDINGS = [
  'nothingRequested',
  'requestedQuantity',
  'cap',
  'podLimit',
  'podDirection',
  'discrete',
  'noMoreOffers',
] as const;
export type Binding = (typeof BINDINGS)[number];

/** Per `request * mtus + mtu`. */
export interface RequestExplanation {
  readonly servedW: Float64Array;
  /** Dearest accepted price, micro-euro per kWh; `NO_PRICE` (-1) where nothing is accepted. */
  readonly marginalPriceMicroEurPerKwh: Int32Array;
  /** Index into `BINDINGS`. */
  readonly binding: Uint8Array;
}

/** Why an offer is not (wholly) accepted in an MTU. */
export type LossReason =
  | 'noRequestInScope'
  | 'cap'
  | 'blockRanElsewhere'
  | 'podLimit'
  | 'podDirection'
  | 'discrete'
  | 'dearerThanLastAccepted'
  | 'requestServed';

export interface OfferExplanation {
  readonly offeredW: number;
  readonly acceptedW: number;
  /** Null when all of it is accepted (or nothing was offered). */
  readonly reason: LossReason | null;
  /** The dearest price accepted by the requests the offer could have served; null when there is none. */
  readonly lastAcceptedPriceMicroEurPerKwh: number | null;
}

/** What of one MTU's allocation is needed to judge any offer. */
interface MtuState {
  readonly columns: ClearingColumns;
  readonly mtu: number;
  readonly offerW: Float64Array;
  readonly podW: Float64Array;
}

const code = (binding: Binding): number => BINDINGS.indexOf(binding);
const NO_MORE_OFFERS = code('noMoreOffers');

/** Explains every request and MTU; one pass over offers and rows. */
export function explainRequests(
  columns: ClearingColumns,
  allocation: Allocation,
): RequestExplanation {
  const { mtus, requestCount, requestQuantityW } = columns;
  const servedW = new Float64Array(requestCount * mtus);
  const binding = new Uint8Array(requestCount * mtus);
  const ranBlocks = blocksThatRan(columns, allocation);
  const state = newMtuState(columns);
  for (let mtu = 0; mtu < mtus; mtu += 1) {
    const rows = allocation[mtu]!;
    for (let row = 0; row < rows.offer.length; row += 1) {
      servedW[rows.request[row]! * mtus + mtu]! += rows.quantityW[row]!;
    }
    let short = 0;
    for (let request = 0; request < requestCount; request += 1) {
      const pair = request * mtus + mtu;
      const askedW = requestQuantityW[pair]!;
      if (askedW === 0) binding[pair] = code('nothingRequested');
      else if (servedW[pair] === askedW) binding[pair] = code('requestedQuantity');
      else binding[pair] = NO_MORE_OFFERS;
      if (binding[pair] === NO_MORE_OFFERS) short += 1;
    }
    if (short > 0) bindShortRequests(fillMtuState(state, rows, mtu), binding, ranBlocks);
  }
  return {
    servedW,
    marginalPriceMicroEurPerKwh: marginalPrices(columns, allocation),
    binding,
  };
}

function bindShortRequests(state: MtuState, binding: Uint8Array, ranBlocks: Uint8Array): void {
  const { columns, mtu, offerW } = state;
  const { offerCount, offerPod, offerMarket, podRequestStart, podRequest, mtus } = columns;
  const base = mtu * offerCount;
  for (let offer = 0; offer < offerCount; offer += 1) {
    if (columns.quantityW[base + offer]! <= offerW[offer]! || ranBlocks[offer] === 1) continue;
    const pod = offerPod[offer]!;
    const end = podRequestStart[pod + 1]!;
    let obstacle = -1;
    for (let at = podRequestStart[pod]!; at < end; at += 1) {
      const request = podRequest[at]!;
      const pair = request * mtus + mtu;
      if (binding[pair]! <= 1 || columns.requestMarket[request] !== offerMarket[offer]) continue;
      const isCapped =
        columns.priceMicroEurPerKwh[base + offer]! > columns.requestCapMicroEurPerKwh[request]!;
      if (obstacle < 0) obstacle = code(obstacleOf(state, offer));
      const found = isCapped ? code('cap') : obstacle;
      if (found < binding[pair]!) binding[pair] = found;
    }
  }
}

/** What stands in the way of an offer that has watts left, a request short of them, and a price under its cap. */
function obstacleOf(state: MtuState, offer: number): 'podLimit' | 'podDirection' | 'discrete' {
  const { columns, mtu, offerW, podW } = state;
  const { podCount } = columns;
  const pod = columns.offerPod[offer]!;
  const market = limitMarket(columns, columns.offerMarket[offer]!, pod);
  const at = market * podCount + pod;
  const opposite = market % 2 === 0 ? podW[at + podCount]! : podW[at - podCount]!;
  const kind = columns.offerKind[offer]!;
  const isWhole = kind === OfferKind.whole || kind === OfferKind.block;
  const leastW = isWhole
    ? columns.quantityW[mtu * columns.offerCount + offer]!
    : offerW[offer]! > 0
      ? 1
      : Math.max(1, columns.offerMinQuantityW[offer]!);
  if (opposite > 0) return 'podDirection';
  return podLimitAt(columns, at, mtu) - podW[at]! < leastW ? 'podLimit' : 'discrete';
}

/** Explains one offer in one MTU to its bidder; `requests` comes from `explainRequests`. */
export function explainOffer(
  columns: ClearingColumns,
  allocation: Allocation,
  requests: RequestExplanation,
  offer: number,
  mtu: number,
): OfferExplanation {
  const state = fillMtuState(newMtuState(columns), allocation[mtu]!, mtu);
  const offeredW = columns.quantityW[mtu * columns.offerCount + offer]!;
  const acceptedW = state.offerW[offer]!;
  const price = columns.priceMicroEurPerKwh[mtu * columns.offerCount + offer]!;
  const asked = requestsInScope(columns, offer, mtu);
  const reachable = asked.filter((request) => price <= columns.requestCapMicroEurPerKwh[request]!);
  const marginal = reachable.reduce((dearest, request) => {
    const at = request * columns.mtus + mtu;
    return Math.max(dearest, requests.marginalPriceMicroEurPerKwh[at]!);
  }, NO_PRICE);
  const reason = (): LossReason | null => {
    if (acceptedW === offeredW) return null;
    if (asked.length === 0) return 'noRequestInScope';
    if (reachable.length === 0) return 'cap';
    if (blocksThatRan(columns, allocation)[offer] === 1) return 'blockRanElsewhere';
    const obstacle = obstacleOf(state, offer);
    if (obstacle !== 'discrete') return obstacle;
    const isShort = reachable.some(
      (request) => requests.binding[request * columns.mtus + mtu]! > code('requestedQuantity'),
    );
    if (isShort) return 'discrete';
    if (price > marginal) return 'dearerThanLastAccepted';
    const isFree =
      columns.offerKind[offer] === OfferKind.divisible && columns.offerMinQuantityW[offer] === 0;
    return isFree || price === marginal ? 'requestServed' : 'discrete';
  };
  return {
    offeredW,
    acceptedW,
    reason: reason(),
    lastAcceptedPriceMicroEurPerKwh: marginal === NO_PRICE ? null : marginal,
  };
}

/** Requests of the offer's market whose scope holds its PoD and that ask for something. */
function requestsInScope(columns: ClearingColumns, offer: number, mtu: number): number[] {
  const pod = columns.offerPod[offer]!;
  const scope = columns.podRequest.subarray(
    columns.podRequestStart[pod]!,
    columns.podRequestStart[pod + 1]!,
  );
  return [...scope].filter(
    (request) =>
      columns.requestMarket[request] === columns.offerMarket[offer] &&
      columns.requestQuantityW[request * columns.mtus + mtu]! > 0,
  );
}

function blocksThatRan(columns: ClearingColumns, allocation: Allocation): Uint8Array {
  const ran = new Uint8Array(columns.offerCount);
  if (!columns.blockDurationMtus.some((duration) => duration > 0)) return ran;
  for (const rows of allocation) {
    for (const offer of rows.offer) if (columns.blockDurationMtus[offer]! > 0) ran[offer] = 1;
  }
  return ran;
}

function newMtuState(columns: ClearingColumns): {
  -readonly [Key in keyof MtuState]: MtuState[Key];
} {
  return {
    columns,
    mtu: 0,
    offerW: new Float64Array(columns.offerCount),
    podW: new Float64Array(4 * columns.podCount),
  };
}

function fillMtuState(
  state: ReturnType<typeof newMtuState>,
  rows: MtuAllocation,
  mtu: number,
): MtuState {
  const { columns, offerW, podW } = state;
  state.mtu = mtu;
  offerW.fill(0);
  podW.fill(0);
  for (let row = 0; row < rows.offer.length; row += 1) {
    const offer = rows.offer[row]!;
    offerW[offer]! += rows.quantityW[row]!;
    const pod = columns.offerPod[offer]!;
    const market = limitMarket(columns, columns.offerMarket[offer]!, pod);
    podW[market * columns.podCount + pod]! += rows.quantityW[row]!;
  }
  return state;
}
