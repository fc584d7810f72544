import { MARKET_COUNT, type ClearingColumns } from './columns';
import { Field, newMeritSorter, sortByKey, type MeritSorter } from './merit-sort';
import {
  newRequestFlow,
  push,
  resetFlow,
  settlePriorities,
  type RequestFlow,
} from './request-flow';
import { buildScopeGraph, nodeOf, type MarketGraph, type ScopeGraph } from './scope-graph';

/**
 * Clears one MTU at a time in merit order: offers sorted by (price, reliability, log) are pushed
 * while they stay servable, then priorities are settled between requests (DESIGN 8). Exact for
 * divisible offers whatever the scopes and caps. A PoD's limit is met by cutting its offers in merit
 * order: within a PoD a cheaper offer can serve whatever a dearer one can, so the cheapest
 * watts up to the limit are always among the best. What cannot be decided this way (all-or-nothing,
 * minimum, blocks, directions) is decided elsewhere and comes in as `Decisions`.
 */
export interface MeritOrder {
  readonly columns: ClearingColumns;
  readonly graph: ScopeGraph;
  /** Offers of each market in the order of the tie-breaks: reliability descending, then the log. */
  readonly tieOrder: readonly Uint32Array[];
  readonly weights: ObjectiveWeights;
  /** `[mtu * offerCount + offer]`, below 2^32: a ranking in place of the weights'; null where these rank. */
  readonly ranks: Uint32Array | null;
  readonly flows: readonly RequestFlow[];
  readonly sorter: MeritSorter;
  /** 1 for offers that share their PoD with another of the same market. */
  readonly sharesPod: Uint8Array;
  readonly podRoomW: Int32Array;
  /** Of each market: the PoDs whose limit differs by MTU. */
  readonly limitsByMtu: readonly (readonly { pod: number; limitW: Int32Array }[])[];
  readonly nextEdge: Int32Array;
  readonly parts: Parts;
}

/** What a record holds: the offer's rank and, once it is pushed, what of it is accepted. */
const RANK = Field.key;
const ACCEPTED_W = Field.key;
/** Its node, with `SHARED` added where the offer shares its PoD. */
const NODE = Field.first;
/** What may be accepted of it, beyond what must be. */
const FREE_W = Field.second;
const OFFER = Field.third;
const SHARED = 2 ** 30;

/**
 * An offer's rank is `cost x price + reliability x (1000 - its provider's reliability)`: whole numbers,
 * `cost` is 1 and `reliability` 0 where price alone ranks and reliability only breaks its ties.
 */
export interface ObjectiveWeights {
  readonly cost: number;
  readonly reliability: number;
}

/** What was decided about offers that are not freely divisible. */
export interface Decisions {
  /** Row of each such offer in the tables below, -1 for all others. */
  readonly rowOfOffer: Int32Array;
  /** `[row * mtus + mtu]`: what must be accepted, and what may be accepted beyond it. */
  readonly fixedW: Int32Array;
  readonly extraW: Int32Array;
  /** For a PoD with offers in both directions, key `mtu * podCount + pod`: the markets closed to it, one bit each. */
  readonly closedMarkets: ReadonlyMap<number, number>;
}

/** Accepted parts of one MTU: what of which offer serves which request; ascending by (offer, request). */
export interface MtuAllocation {
  readonly offer: Uint32Array;
  readonly request: Uint32Array;
  readonly quantityW: Int32Array;
}

/** One `MtuAllocation` for each MTU. */
export type Allocation = readonly MtuAllocation[];

/** What is accepted in the MTU at hand: each offer's first part by offer, further ones (few) as a list. */
interface Parts {
  /** `[2 * offer]` the request, `[2 * offer + 1]` the quantity, 0 where the offer is not accepted. */
  readonly first: Int32Array;
  further: { offer: number; request: number; quantityW: number }[];
  count: number;
}

/**
 * Allocates what clearing needs, once for all MTUs.
 *
 * @throws RangeError when the weights could rank an offer above 2^32
 */
export function prepareMeritOrder(columns: ClearingColumns, weights: ObjectiveWeights): MeritOrder {
  const dearest = columns.priceMicroEurPerKwh.reduce((most, price) => Math.max(most, price), 0);
  if (weights.cost * dearest + weights.reliability * 1000 >= 2 ** 32) {
    throw new RangeError(
      'clearing: the objective weights are too large for these prices; divide them',
    );
  }
  const graph = buildScopeGraph(columns);
  const tieOrder = tieOrders(columns);
  const nodes = Math.max(...graph.markets.map((market) => market.nodeCount));
  const capacity = Math.max(...tieOrder.map((offers) => offers.length));
  return {
    columns,
    graph,
    tieOrder,
    weights,
    ranks: null,
    flows: graph.markets.map((market) => newRequestFlow(market, columns.requestIsDso)),
    sorter: newMeritSorter(capacity),
    sharesPod: podSharers(columns),
    podRoomW: new Int32Array(columns.podCount),
    limitsByMtu: limitsByMtu(columns),
    nextEdge: new Int32Array(nodes),
    parts: { first: new Int32Array(columns.offerCount * 2), further: [], count: 0 },
  };
}

/**
 * The exact optimum of one MTU given the decisions; without any, every offer counts as divisible
 * and directions as independent, which bounds the true optimum. Null when what is fixed does not fit.
 */
export function clearMtu(
  meritOrder: MeritOrder,
  mtu: number,
  decisions: Decisions | null,
): MtuAllocation | null {
  const { parts } = meritOrder;
  parts.first.fill(0);
  parts.further = [];
  parts.count = 0;
  for (const market of meritOrder.graph.markets) {
    if (!clearMarketOfMtu(meritOrder, market, mtu, decisions)) return null;
  }
  return emit(parts);
}

/** What an offer is ranked by, ascending; its price unless weights say otherwise. */
export function rankOf(
  { columns, weights, ranks }: MeritOrder,
  offer: number,
  mtu: number,
): number {
  if (ranks !== null) return ranks[mtu * columns.offerCount + offer]!;
  const price = columns.priceMicroEurPerKwh[mtu * columns.offerCount + offer]!;
  return weights.cost * price + weights.reliability * (1000 - columns.offerReliability[offer]!);
}

function tieOrders(columns: ClearingColumns): Uint32Array[] {
  const counts = new Uint32Array(MARKET_COUNT);
  for (const market of columns.offerMarket) counts[market]! += 1;
  const sorter = newMeritSorter(Math.max(...counts));
  return Array.from(counts, (count, market) => {
    let at = 0;
    for (let offer = 0; offer < columns.offerCount; offer += 1) {
      if (columns.offerMarket[offer] !== market) continue;
      sorter.records[at + RANK] = 1000 - columns.offerReliability[offer]!;
      sorter.records[at + OFFER] = offer;
      at += Field.size;
    }
    sortByKey(sorter, count);
    return Uint32Array.from(
      { length: count },
      (_, rank) => sorter.records[rank * Field.size + OFFER]!,
    );
  });
}

function limitsByMtu({ podCount, podLimitByMtuW }: ClearingColumns): MeritOrder['limitsByMtu'] {
  const markets = Array.from(
    { length: MARKET_COUNT },
    (): { pod: number; limitW: Int32Array }[] => [],
  );
  for (const [at, limitW] of podLimitByMtuW) {
    markets[Math.floor(at / podCount)]!.push({ pod: at % podCount, limitW });
  }
  return markets;
}

function podSharers(columns: ClearingColumns): Uint8Array {
  const { offerCount, podCount, offerPod, offerMarket } = columns;
  const offersOfPod = new Uint8Array(MARKET_COUNT * podCount);
  const at = (offer: number): number => offerMarket[offer]! * podCount + offerPod[offer]!;
  for (let offer = 0; offer < offerCount; offer += 1) {
    offersOfPod[at(offer)] = offersOfPod[at(offer)] === 0 ? 1 : 2;
  }
  return Uint8Array.from({ length: offerCount }, (_, offer) => offersOfPod[at(offer)]! - 1);
}

function clearMarketOfMtu(
  meritOrder: MeritOrder,
  marketGraph: MarketGraph,
  mtu: number,
  decisions: Decisions | null,
): boolean {
  const { columns, podRoomW } = meritOrder;
  const { market, nodeCount } = marketGraph;
  const flow = meritOrder.flows[market]!;
  if (meritOrder.tieOrder[market]!.length === 0 || nodeCount === 0) return true;
  resetFlow(flow, columns.requestQuantityW, columns.mtus, mtu);
  const podStart = market * columns.podCount;
  podRoomW.set(columns.podLimitW.subarray(podStart, podStart + columns.podCount));
  for (const { pod, limitW } of meritOrder.limitsByMtu[market]!) podRoomW[pod] = limitW[mtu]!;
  const count = gather(meritOrder, flow, mtu, decisions);
  if (count === null) return false;
  sortByKey(meritOrder.sorter, count);
  pushFree(meritOrder, flow, count);
  addFixed(meritOrder, mtu, decisions, count);
  settlePriorities(flow);
  distribute(meritOrder, flow, count);
  return true;
}

/**
 * Writes a record for each offer that has a quantity and a request to serve, and pushes at once what
 * must be accepted of it. Returns how many, or null when what must be accepted does not fit.
 */
function gather(
  meritOrder: MeritOrder,
  flow: RequestFlow,
  mtu: number,
  decisions: Decisions | null,
): number | null {
  const { columns, graph, sharesPod, podRoomW } = meritOrder;
  const { offerPod, quantityW, priceMicroEurPerKwh } = columns;
  const { records } = meritOrder.sorter;
  const base = mtu * columns.offerCount;
  let at = 0;
  for (const offer of meritOrder.tieOrder[flow.graph.market]!) {
    let freeW = quantityW[base + offer]!;
    if (freeW === 0) continue;
    const pod = offerPod[offer]!;
    const node = nodeOf(graph, flow.graph, pod, priceMicroEurPerKwh[base + offer]!);
    const isIdle = node < 0 || flow.closed[node] === 1;
    if (decisions !== null) {
      const decided = decidedFor(columns, decisions, mtu, offer);
      if (decided !== null && decided.fixedW > 0) {
        if (isIdle || !pushFixed(meritOrder, flow, pod, node, decided.fixedW)) return null;
      }
      if (decided !== null && decided.fixedW + decided.freeW === 0) continue;
      freeW = decided?.freeW ?? freeW;
    }
    if (isIdle) continue;
    // A PoD's only offer is cut to its limit here; those that share it, in merit order.
    const isShared = sharesPod[offer] === 1;
    records[at + RANK] = rankOf(meritOrder, offer, mtu);
    records[at + NODE] = isShared ? node + SHARED : node;
    records[at + FREE_W] = isShared || freeW < podRoomW[pod]! ? freeW : podRoomW[pod]!;
    records[at + OFFER] = offer;
    at += Field.size;
  }
  return at / Field.size;
}

/** What is decided about an offer; null when it is freely divisible. */
function decidedFor(
  columns: ClearingColumns,
  decisions: Decisions,
  mtu: number,
  offer: number,
): { fixedW: number; freeW: number } | null {
  const pod = columns.offerPod[offer]!;
  const closed = decisions.closedMarkets.get(mtu * columns.podCount + pod) ?? 0;
  if ((closed >>> columns.offerMarket[offer]!) & 1) return { fixedW: 0, freeW: 0 };
  const row = decisions.rowOfOffer[offer]!;
  if (row < 0) return null;
  const at = row * columns.mtus + mtu;
  return { fixedW: decisions.fixedW[at]!, freeW: decisions.extraW[at]! };
}

function pushFixed(
  { podRoomW }: MeritOrder,
  flow: RequestFlow,
  pod: number,
  node: number,
  fixedW: number,
): boolean {
  if (podRoomW[pod]! < fixedW || push(flow, node, fixedW) < fixedW) return false;
  podRoomW[pod]! -= fixedW;
  return true;
}

/** Accepts in merit order, within the limits of shared PoDs; a record's rank gives way to what is accepted. */
function pushFree(meritOrder: MeritOrder, flow: RequestFlow, count: number): void {
  const { columns, podRoomW } = meritOrder;
  const { records } = meritOrder.sorter;
  const { closed } = flow;
  for (let at = 0; at < count * Field.size; at += Field.size) {
    const isShared = records[at + NODE]! >= SHARED;
    const node = isShared ? records[at + NODE]! - SHARED : records[at + NODE]!;
    records[at + NODE] = node;
    records[at + ACCEPTED_W] = 0;
    if (closed[node] === 1) continue;
    const freeW = records[at + FREE_W]!;
    if (!isShared) {
      records[at + ACCEPTED_W] = push(flow, node, freeW);
      continue;
    }
    const pod = columns.offerPod[records[at + OFFER]!]!;
    const takenW = push(flow, node, Math.min(freeW, podRoomW[pod]!));
    records[at + ACCEPTED_W] = takenW;
    podRoomW[pod]! -= takenW;
  }
}

/** Adds what had to be accepted to what was accepted beyond it. */
function addFixed(
  meritOrder: MeritOrder,
  mtu: number,
  decisions: Decisions | null,
  count: number,
): void {
  if (decisions === null) return;
  const { records } = meritOrder.sorter;
  for (let at = 0; at < count * Field.size; at += Field.size) {
    const row = decisions.rowOfOffer[records[at + OFFER]!]!;
    if (row < 0) continue;
    records[at + ACCEPTED_W]! += decisions.fixedW[row * meritOrder.columns.mtus + mtu]!;
  }
}

/** Hands each node's flow to its offers, the best ranked first on the first edge. */
function distribute(meritOrder: MeritOrder, flow: RequestFlow, count: number): void {
  const { nextEdge, parts } = meritOrder;
  const { records } = meritOrder.sorter;
  const { graph, edgeFlowW } = flow;
  nextEdge.set(graph.edgeStart.subarray(0, graph.nodeCount));
  for (let at = 0; at < count * Field.size; at += Field.size) {
    const offer = records[at + OFFER]!;
    const node = records[at + NODE]!;
    let leftW = records[at + ACCEPTED_W]!;
    for (let isFirst = true; leftW > 0; isFirst = false) {
      let edge = nextEdge[node]!;
      while (edgeFlowW[edge] === 0) edge += 1;
      nextEdge[node] = edge;
      const request = graph.edgeRequest[edge]!;
      const partW = Math.min(leftW, edgeFlowW[edge]!);
      edgeFlowW[edge]! -= partW;
      leftW -= partW;
      parts.count += 1;
      if (isFirst) {
        parts.first[2 * offer] = request;
        parts.first[2 * offer + 1] = partW;
      } else {
        parts.further.push({ offer, request, quantityW: partW });
      }
    }
  }
}

/** The parts as rows, ascending by offer, then request. */
function emit({ first, further, count }: Parts): MtuAllocation {
  further.sort((a, b) => a.offer - b.offer || a.request - b.request);
  const rows = {
    offer: new Uint32Array(count),
    request: new Uint32Array(count),
    quantityW: new Int32Array(count),
  };
  let row = 0;
  let next = 0;
  const add = (offer: number, request: number, quantityW: number): void => {
    rows.offer[row] = offer;
    rows.request[row] = request;
    rows.quantityW[row] = quantityW;
    row += 1;
  };
  const addFurther = (offer: number, belowRequest: number): void => {
    while (next < further.length && further[next]!.offer === offer) {
      if (further[next]!.request >= belowRequest) return;
      add(offer, further[next]!.request, further[next]!.quantityW);
      next += 1;
    }
  };
  for (let at = 0; at < first.length; at += 2) {
    if (first[at + 1] === 0) continue;
    const offer = at / 2;
    addFurther(offer, first[at]!);
    add(offer, first[at]!, first[at + 1]!);
    addFurther(offer, Infinity);
  }
  return rows;
}
