import { OfferKind, type ClearingColumns } from './columns';
import type { MeritOrder } from './merit-order';
import { nodeOf } from './scope-graph';

/**
 * Cuts a session into parts that can be cleared apart, and finds those that merit order alone
 * cannot decide. Two (request, MTU) pairs belong together when one offer can serve both, when a
 * block can run over both, or when a PoD offers up for the one and down for the other. The
 * objective is a sum over pairs, so solving the parts apart is exact.
 */
export interface HardParts {
  readonly parts: readonly HardPart[];
  /** Per `request * mtus + mtu`: the index of its part, or -1. */
  readonly partOfPair: Int32Array;
  /** Per offer: its row in the tables of `Decisions`, or -1 for a freely divisible one. */
  readonly rowOfOffer: Int32Array;
  readonly hardOfferCount: number;
  /**
   * Offers decided as a whole number in the model because their PoD's merit order is not its price
   * order, or because its limit spans two products.
   */
  readonly isLevelled: Uint8Array;
  /**
   * PoDs that are decided as a whole: with offers both up and down of one product (bit 0 for P, bit 1
   * for Q), or of both products under one limit (bit 2).
   */
  readonly twoWay: Uint8Array;
}

/** One part: the (offer, MTU) pairs that can serve something in it, ascending by (MTU, offer). */
export interface HardPart {
  readonly offer: Int32Array;
  readonly mtu: Int32Array;
  /** More pairs than a solver can take: only those that need a decision are listed. */
  readonly isTooLarge: boolean;
}

/** A model of so many (offer, MTU) pairs is about what HiGHS can hold and improve within minutes. */
const LARGEST_PART_PAIRS = 300_000;

/** Null when merit order decides everything. */
export function findHardParts(meritOrder: MeritOrder): HardParts | null {
  const { columns } = meritOrder;
  const twoWay = twoWayPods(columns);
  const isLevelled = levelledOffers(meritOrder);
  for (let offer = 0; offer < columns.offerCount; offer += 1) {
    if (sharesLimit({ twoWay }, columns.offerPod[offer]!)) isLevelled[offer] = 1;
  }
  const rowOfOffer = new Int32Array(columns.offerCount).fill(-1);
  let hardOfferCount = 0;
  for (let offer = 0; offer < columns.offerCount; offer += 1) {
    const isHard =
      columns.offerKind[offer] !== OfferKind.divisible ||
      columns.offerMinQuantityW[offer]! > 0 ||
      isLevelled[offer] === 1;
    if (!isHard) continue;
    rowOfOffer[offer] = hardOfferCount;
    hardOfferCount += 1;
  }
  if (hardOfferCount === 0 && !twoWay.some((products) => products !== 0)) return null;
  const { pairs, hardPairs } = joinPairs(meritOrder, rowOfOffer, twoWay);
  if (hardPairs.length === 0) return null;
  const partOfPair = numberParts(pairs, hardPairs);
  const parts = collectParts(meritOrder, partOfPair, (offer) => {
    return rowOfOffer[offer]! >= 0 || twoWay[columns.offerPod[offer]!] !== 0;
  });
  return { parts, partOfPair, rowOfOffer, hardOfferCount, isLevelled, twoWay };
}

/**
 * With a weight on reliability, a PoD's better ranked offer may be the dearer one, which a cap can
 * exclude where the other serves; cutting at the PoD limit in merit order is then not exact.
 */
function levelledOffers({ columns, weights, graph }: MeritOrder): Uint8Array {
  const isLevelled = new Uint8Array(columns.offerCount);
  if (weights.reliability === 0) return isLevelled;
  const firstOffer = new Map<number, number>();
  const mixed = new Set<number>();
  const key = (offer: number): number =>
    columns.offerMarket[offer]! * columns.podCount + columns.offerPod[offer]!;
  for (let offer = 0; offer < columns.offerCount; offer += 1) {
    if (graph.markets[columns.offerMarket[offer]!]!.caps.length === 0) continue;
    const first = firstOffer.get(key(offer)) ?? offer;
    firstOffer.set(key(offer), first);
    const differs = columns.offerReliability[first] !== columns.offerReliability[offer];
    if (first !== offer && (differs || weights.cost === 0)) mixed.add(key(offer));
  }
  for (let offer = 0; offer < columns.offerCount; offer += 1) {
    if (mixed.has(key(offer))) isLevelled[offer] = 1;
  }
  return isLevelled;
}

const SHARED_LIMIT = 4;

/** Whether a PoD offers both products under one limit and in one direction. */
export function sharesLimit({ twoWay }: Pick<HardParts, 'twoWay'>, pod: number): boolean {
  return (twoWay[pod]! & SHARED_LIMIT) !== 0;
}

function twoWayPods(columns: ClearingColumns): Uint8Array {
  const markets = new Uint8Array(columns.podCount);
  for (let offer = 0; offer < columns.offerCount; offer += 1) {
    markets[columns.offerPod[offer]!]! |= 1 << columns.offerMarket[offer]!;
  }
  for (let pod = 0; pod < columns.podCount; pod += 1) {
    const offered = markets[pod]!;
    const both = offered & (offered >>> 1) & 0b0101;
    const hasBothProducts = (offered & 0b0011) !== 0 && (offered & 0b1100) !== 0;
    const shared = hasBothProducts && columns.podSharesLimit[pod] === 1 ? SHARED_LIMIT : 0;
    markets[pod] = (both & 1) | (both >>> 1) | shared;
  }
  return markets;
}

/** A request's (request, MTU) pair that an offer can serve in this MTU, for each offer; -1 for none. */
function servablePair(meritOrder: MeritOrder, offer: number, mtu: number): number {
  const { columns, graph } = meritOrder;
  const at = mtu * columns.offerCount + offer;
  if (columns.quantityW[at] === 0) return -1;
  const market = graph.markets[columns.offerMarket[offer]!]!;
  const price = columns.priceMicroEurPerKwh[at]!;
  const node = nodeOf(graph, market, columns.offerPod[offer]!, price);
  if (node < 0) return -1;
  const end = market.edgeStart[node + 1]!;
  for (let edge = market.edgeStart[node]!; edge < end; edge += 1) {
    const pair = market.edgeRequest[edge]! * columns.mtus + mtu;
    if (columns.requestQuantityW[pair]! > 0) return pair;
  }
  return -1;
}

function joinPairs(
  meritOrder: MeritOrder,
  rowOfOffer: Int32Array,
  twoWay: Uint8Array,
): { pairs: Int32Array; hardPairs: number[] } {
  const { columns } = meritOrder;
  const pairs = Int32Array.from({ length: columns.requestCount * columns.mtus }, (_, pair) => pair);
  const hardPairs: number[] = [];
  const pairOfBlock = new Int32Array(columns.offerCount).fill(-1);
  const pairOfPod = new Int32Array(4 * columns.podCount);
  for (let mtu = 0; mtu < columns.mtus; mtu += 1) {
    joinServedTogether(meritOrder, pairs, mtu);
    pairOfPod.fill(-1);
    for (let offer = 0; offer < columns.offerCount; offer += 1) {
      const pair = servablePair(meritOrder, offer, mtu);
      if (pair < 0) continue;
      if (rowOfOffer[offer]! >= 0) hardPairs.push(pair);
      if (columns.blockDurationMtus[offer]! > 0) {
        if (pairOfBlock[offer]! >= 0) union(pairs, pairOfBlock[offer]!, pair);
        pairOfBlock[offer] = pair;
      }
      const market = columns.offerMarket[offer]!;
      const pod = columns.offerPod[offer]!;
      const isShared = sharesLimit({ twoWay }, pod);
      if (!isShared && ((twoWay[pod]! >>> (market >> 1)) & 1) === 0) continue;
      pairOfPod[market * columns.podCount + pod] = pair;
      for (const change of isShared ? [1, 2, 3] : [1]) {
        const other = pairOfPod[(market ^ change) * columns.podCount + pod]!;
        if (other < 0) continue;
        union(pairs, other, pair);
        hardPairs.push(pair);
      }
    }
  }
  return { pairs, hardPairs };
}

/** Joins the requests of each node that ask for something in this MTU. */
function joinServedTogether({ columns, graph }: MeritOrder, pairs: Int32Array, mtu: number): void {
  for (const market of graph.markets) {
    let first = -1;
    for (let edge = 0; edge < market.edgeRequest.length; edge += 1) {
      if (edge === market.edgeStart[market.edgeNode[edge]!]) first = -1;
      const pair = market.edgeRequest[edge]! * columns.mtus + mtu;
      if (columns.requestQuantityW[pair] === 0) continue;
      if (first < 0) first = pair;
      else union(pairs, first, pair);
    }
  }
}

function numberParts(pairs: Int32Array, hardPairs: readonly number[]): Int32Array {
  const partOfRoot = new Map<number, number>();
  for (const pair of hardPairs) {
    const root = find(pairs, pair);
    if (!partOfRoot.has(root)) partOfRoot.set(root, partOfRoot.size);
  }
  return pairs.map((_, pair) => partOfRoot.get(find(pairs, pair)) ?? -1);
}

/** Counts the members of each part, then lists them. */
function collectParts(
  meritOrder: MeritOrder,
  partOfPair: Int32Array,
  needsDecision: (offer: number) => boolean,
): HardPart[] {
  const { columns } = meritOrder;
  const forEachMember = (visit: (part: number, offer: number, mtu: number) => void): void => {
    for (let mtu = 0; mtu < columns.mtus; mtu += 1) {
      for (let offer = 0; offer < columns.offerCount; offer += 1) {
        const pair = servablePair(meritOrder, offer, mtu);
        if (pair >= 0 && partOfPair[pair]! >= 0) visit(partOfPair[pair]!, offer, mtu);
      }
    }
  };
  const partCount = partOfPair.reduce((count, part) => Math.max(count, part + 1), 0);
  const all = new Float64Array(partCount);
  const decisive = new Float64Array(partCount);
  forEachMember((part, offer) => {
    all[part]! += 1;
    if (needsDecision(offer)) decisive[part]! += 1;
  });
  const parts = Array.from(all, (count, part): HardPart => {
    const isTooLarge = count > LARGEST_PART_PAIRS;
    const size = isTooLarge ? decisive[part]! : count;
    return { offer: new Int32Array(size), mtu: new Int32Array(size), isTooLarge };
  });
  const filled = new Int32Array(partCount);
  forEachMember((part, offer, mtu) => {
    if (parts[part]!.isTooLarge && !needsDecision(offer)) return;
    parts[part]!.offer[filled[part]!] = offer;
    parts[part]!.mtu[filled[part]!] = mtu;
    filled[part]! += 1;
  });
  return parts;
}

/** Union-find with path halving (Tarjan and van Leeuwen, 1984); the smaller pair is the root. */
function find(pairs: Int32Array, pair: number): number {
  let at = pair;
  while (pairs[at] !== at) {
    pairs[at] = pairs[pairs[at]!]!;
    at = pairs[at]!;
  }
  return at;
}

function union(pairs: Int32Array, a: number, b: number): void {
  const rootA = find(pairs, a);
  const rootB = find(pairs, b);
  if (rootA < rootB) pairs[rootB] = rootA;
  else pairs[rootA] = rootB;
}
