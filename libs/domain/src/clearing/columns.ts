import type { Direction, Product } from '../units/units';
import type {
  BlockClearingOffer,
  ClearingInstance,
  ClearingOffer,
  ClearingRequest,
  LimitByMtu,
  PodLimit,
} from './instance';

/**
 * The clearing problem on typed arrays: what every path computes on. Offers, PoDs and requests are
 * indexes; the offer index is the place in the log. Quantities and prices are stored MTU by MTU
 * (`[mtu * offerCount + offer]`), so that clearing one MTU reads memory in order, and storing one
 * offer writes `mtus` steadily advancing streams. 1.6 M offers of 96 MTUs take 1.3 GB.
 */
export interface ClearingColumns {
  readonly mtus: number;
  readonly podCount: number;
  readonly offerCount: number;
  readonly requestCount: number;

  readonly offerPod: Int32Array;
  /** `marketIndex` of product and direction. */
  readonly offerMarket: Uint8Array;
  readonly offerKind: Uint8Array;
  /** Per mille. */
  readonly offerReliability: Uint16Array;
  /** 0 is no minimum. */
  readonly offerMinQuantityW: Int32Array;
  /** Of a block; 0 for a single offer. */
  readonly blockDurationMtus: Uint16Array;
  readonly blockFirstMtu: Uint16Array;
  readonly blockLastMtu: Uint16Array;
  /** `[mtu * offerCount + offer]`; a block's quantity stands at every MTU of its window. */
  readonly quantityW: Int32Array;
  readonly priceMicroEurPerKwh: Int32Array;

  /** `[market * podCount + pod]`; the largest where the limit differs by MTU. Read it by `podLimitAt`. */
  readonly podLimitW: Int32Array;
  /** By `market * podCount + pod`: a limit for each MTU, of the few PoDs where it differs. */
  readonly podLimitByMtuW: Map<number, Int32Array>;
  /** By PoD, 1: one limit holds for active and reactive power together, and so does the direction. */
  readonly podSharesLimit: Uint8Array;
  /** The requests whose scope holds PoD p: `podRequest[podRequestStart[p] .. podRequestStart[p + 1]]`, ascending. */
  readonly podRequestStart: Int32Array;
  readonly podRequest: Int32Array;

  readonly requestMarket: Uint8Array;
  /** 1 for a DSO's request, 0 for a TSO's. */
  readonly requestIsDso: Uint8Array;
  /** `NO_CAP` where any price will do. */
  readonly requestCapMicroEurPerKwh: Float64Array;
  /** `[request * mtus + mtu]`. */
  readonly requestQuantityW: Int32Array;
}

/** The limit of the PoD and market at `market * podCount + pod`, in one MTU. */
export function podLimitAt(columns: ClearingColumns, at: number, mtu: number): number {
  const { podLimitW, podLimitByMtuW } = columns;
  // Most sessions have no such limits: the lookup is spared on each of their rows.
  const byMtu = podLimitByMtuW.size === 0 ? undefined : podLimitByMtuW.get(at);
  return byMtu === undefined ? podLimitW[at]! : byMtu[mtu]!;
}

/** The market in whose limit a PoD's power counts: that of active power where the PoD shares one. */
export function limitMarket(columns: ClearingColumns, market: number, pod: number): number {
  return columns.podSharesLimit[pod] === 1 ? market & 1 : market;
}

/** What of an offer can be accepted. */
export const OfferKind = { divisible: 0, whole: 1, block: 2, divisibleBlock: 3 } as const;

export const NO_CAP = Infinity;
export const MARKET_COUNT = 4;

/** Product and direction as one number: P up 0, P down 1, Q up 2, Q down 3. */
export function marketIndex(product: Product, direction: Direction): number {
  return (product === 'Q' ? 2 : 0) + (direction === 'down' ? 1 : 0);
}

/** How many of each; the arrays' lengths follow. */
export type ColumnCounts = Pick<
  ClearingColumns,
  'mtus' | 'podCount' | 'offerCount' | 'requestCount'
>;

/** The requests of each PoD, as `ClearingColumns` holds them. */
export type ScopeColumns = Pick<ClearingColumns, 'podRequestStart' | 'podRequest'>;

/**
 * Zeroed columns for a reader to fill in place, without an object per offer: divisible single
 * offers of product P up from PoD 0, reliability 500, requests of the TSO without cap.
 */
export function newClearingColumns(counts: ColumnCounts, scopes: ScopeColumns): ClearingColumns {
  const { mtus, podCount, offerCount, requestCount } = counts;
  return {
    mtus,
    podCount,
    offerCount,
    requestCount,
    ...scopes,
    offerPod: new Int32Array(offerCount),
    offerMarket: new Uint8Array(offerCount),
    offerKind: new Uint8Array(offerCount),
    offerReliability: new Uint16Array(offerCount).fill(500),
    offerMinQuantityW: new Int32Array(offerCount),
    blockDurationMtus: new Uint16Array(offerCount),
    blockFirstMtu: new Uint16Array(offerCount),
    blockLastMtu: new Uint16Array(offerCount),
    quantityW: new Int32Array(mtus * offerCount),
    priceMicroEurPerKwh: new Int32Array(mtus * offerCount),
    podLimitW: new Int32Array(MARKET_COUNT * podCount),
    podLimitByMtuW: new Map(),
    podSharesLimit: new Uint8Array(podCount),
    requestMarket: new Uint8Array(requestCount),
    requestIsDso: new Uint8Array(requestCount),
    requestCapMicroEurPerKwh: new Float64Array(requestCount).fill(NO_CAP),
    requestQuantityW: new Int32Array(requestCount * mtus),
  };
}

/**
 * Inverts scopes: from the PoDs of each request (a PoD at most once in each) to the requests of each
 * PoD. Each scope is iterated twice.
 */
export function scopeColumns(
  podCount: number,
  podsOfRequest: readonly Iterable<number>[],
): ScopeColumns {
  const podRequestStart = new Int32Array(podCount + 1);
  for (const pods of podsOfRequest) for (const pod of pods) podRequestStart[pod + 1]! += 1;
  for (let pod = 0; pod < podCount; pod += 1) podRequestStart[pod + 1]! += podRequestStart[pod]!;
  const podRequest = new Int32Array(podRequestStart[podCount]!);
  const next = podRequestStart.slice();
  podsOfRequest.forEach((pods, request) => {
    for (const pod of pods) {
      podRequest[next[pod]!] = request;
      next[pod]! += 1;
    }
  });
  return { podRequestStart, podRequest };
}

/** Columns of a parsed instance: offer and request indexes are list positions, PoDs are numbered as in `podLimits`. */
export function columnsFromInstance(instance: ClearingInstance): ClearingColumns {
  const { mtus, podLimits, requests, offers } = instance;
  const podIndex = new Map([...podLimits.keys()].map((pod, index) => [pod, index]));
  const columns = newClearingColumns(
    { mtus, podCount: podIndex.size, offerCount: offers.length, requestCount: requests.length },
    scopeColumns(podIndex.size, scopesOf(requests, offers, podIndex)),
  );
  [...podLimits.values()].forEach((limit, pod) => writePodLimits(columns, pod, limit));
  requests.forEach((request, index) => writeRequest(columns, index, request));
  offers.forEach((offer, index) => writeOffer(columns, index, podIndex.get(offer.pod)!, offer));
  for (let from = 0; from < offers.length; from += OFFERS_AT_ONCE)
    writeSeries(columns, offers, from);
  return columns;
}

function scopesOf(
  requests: readonly ClearingRequest[],
  offers: readonly ClearingOffer[],
  podIndex: ReadonlyMap<string, number>,
): Set<number>[] {
  const podsOfPom = new Map<string, Set<number>>();
  for (const offer of offers) {
    const pods = podsOfPom.get(offer.pom) ?? new Set<number>();
    podsOfPom.set(offer.pom, pods.add(podIndex.get(offer.pod)!));
  }
  return requests.map((request) => {
    if (request.pods === undefined) return podsOfPom.get(request.pom ?? '') ?? new Set();
    return new Set(request.pods.flatMap((pod) => podIndex.get(pod) ?? []));
  });
}

function writePodLimits(columns: ClearingColumns, pod: number, limit: PodLimit): void {
  const { upW, downW, upVar = upW, downVar = downW } = limit;
  columns.podSharesLimit[pod] = limit.upVar === undefined && limit.downVar === undefined ? 1 : 0;
  [upW, downW, upVar, downVar].forEach((limitW, market) => {
    writePodLimit(columns, market * columns.podCount + pod, limitW);
  });
}

/** Writes the limit of the PoD and market at `market * podCount + pod`; the last one counts. */
export function writePodLimit(
  { podLimitW, podLimitByMtuW }: Pick<ClearingColumns, 'podLimitW' | 'podLimitByMtuW'>,
  at: number,
  limitW: LimitByMtu,
): void {
  if (typeof limitW === 'number') {
    podLimitW[at] = limitW;
    podLimitByMtuW.delete(at);
    return;
  }
  podLimitW[at] = limitW.reduce((most, watts) => Math.max(most, watts), 0);
  podLimitByMtuW.set(at, Int32Array.from(limitW));
}

function writeRequest(columns: ClearingColumns, index: number, request: ClearingRequest): void {
  columns.requestMarket[index] = marketIndex(request.product, request.direction);
  columns.requestIsDso[index] = request.requester === 'DSO' ? 1 : 0;
  columns.requestCapMicroEurPerKwh[index] = request.priceCapMicroEurPerKwh ?? NO_CAP;
  columns.requestQuantityW.set(request.quantityW, index * columns.mtus);
}

function writeOffer(
  columns: ClearingColumns,
  index: number,
  pod: number,
  offer: ClearingOffer,
): void {
  columns.offerPod[index] = pod;
  columns.offerMarket[index] = marketIndex(offer.product, offer.direction);
  columns.offerReliability[index] = offer.reliability;
  columns.offerMinQuantityW[index] = offer.minQuantityW;
  if (offer.kind === 'block') {
    writeBlock(columns, index, offer);
    return;
  }
  columns.offerKind[index] = offer.divisible ? OfferKind.divisible : OfferKind.whole;
}

/** Offers whose series are written together: four cache lines in each of the streams that one MTU is. */
const OFFERS_AT_ONCE = 64;

/** Writes what single offers give in each MTU, MTU by MTU. */
function writeSeries(
  { mtus, offerCount, quantityW, priceMicroEurPerKwh }: ClearingColumns,
  offers: readonly ClearingOffer[],
  from: number,
): void {
  const end = Math.min(from + OFFERS_AT_ONCE, offers.length);
  for (let mtu = 0; mtu < mtus; mtu += 1) {
    for (let index = from; index < end; index += 1) {
      const offer = offers[index]!;
      if (offer.kind !== 'single') continue;
      const at = mtu * offerCount + index;
      const watts = offer.quantityW[mtu]!;
      // A quantity below the offer's own minimum can never be accepted.
      quantityW[at] = watts < offer.minQuantityW ? 0 : watts;
      priceMicroEurPerKwh[at] = offer.priceMicroEurPerKwh[mtu]!;
    }
  }
}

function writeBlock(columns: ClearingColumns, index: number, offer: BlockClearingOffer): void {
  const [first, last] = offer.window;
  columns.offerKind[index] = offer.divisible ? OfferKind.divisibleBlock : OfferKind.block;
  columns.blockDurationMtus[index] = offer.durationMtus;
  columns.blockFirstMtu[index] = first;
  columns.blockLastMtu[index] = last;
  const quantityW = blockQuantityW(offer);
  for (let mtu = first; mtu <= last; mtu += 1) {
    const at = mtu * columns.offerCount + index;
    columns.quantityW[at] = quantityW;
    columns.priceMicroEurPerKwh[at] = offer.priceMicroEurPerKwh;
  }
}

/** The quantity a block can run at within its energy limit (an MTU is a quarter of an hour): 0 if it cannot. */
function blockQuantityW(offer: BlockClearingOffer): number {
  const mostW =
    offer.energyLimitWh === null
      ? offer.quantityW
      : Math.floor((offer.energyLimitWh * 4) / offer.durationMtus);
  const quantityW = offer.divisible ? Math.min(offer.quantityW, mostW) : offer.quantityW;
  return quantityW > mostW || quantityW < offer.minQuantityW ? 0 : quantityW;
}
