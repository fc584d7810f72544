import { MARKET_COUNT, type ClearingColumns } from './columns';
import { newMeritSorter, sortByKey, type MeritSorter } from './merit-sort';
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
  readonly flows: readonly RequestFlow[];
  readonly sorter: MeritSorter;
  /** One record of `Field.size` numbers for each offer that takes part in a market and MTU. */
  readonly candidates: Int32Array;
  /** 1 for offers that share their PoD with another of the same market. */
  readonly sharesPod: Uint8Array;
  readonly podRoomW: Int32Array;
  readonly nextEdge: Int32Array;
  readonly parts: Parts;
}

/**
 * A candidate's record. Offers are visited in price order, which is random order in memory: one
 * record in one cache line is what makes that fast at millions of offers.
 */
const Field = {
  node: 0,
  /** Must be accepted. */
  fixedW: 1,
  /** May be accepted beyond that. */
  freeW: 2,
  /** Its PoD where other offers share it, else -1 (then `freeW` is within the limit already). */
  pod: 3,
  acceptedW: 4,
  offer: 5,
  /** The first request it serves, and with how much. */
  request: 6,
  partW: 7,
  size: 8,
} as const;

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
  readonly request: Uint32Array;
  /** 0 for offers that are not accepted. */
  readonly quantityW: Int32Array;
  further: { offer: number; request: number; quantityW: number }[];
  count: number;
}

/**
 * Allocates what clearing needs, once for all MTUs.
 *
 * @throws RangeError when the weights could rank an offer above 2^32
 */
export function prepareMeritOrder(
  columns: ClearingColumns,
  weights: ObjectiveWeights,
): MeritOrder {
  const dearest = columns.priceMicroEurPerKwh.reduce((most, price) => Math.max(most, price), 0);
  if (weights.cost * dearest + weights.reliability * 1000 >= 2 ** 32) {
    throw new RangeError('clearing: the objective weights are too large for these prices; divide them');
  }
  const graph = buildScopeGraph(columns);
  const tieOrder = tieOrders(columns);
  const nodes = Math.max(...graph.markets.map((market) => market.nodeCount));
  const capacity = Math.max(...tieOrder.map((offers) => offers.length));
  return {
    ...{ columns, graph, tieOrder, weights },
    flows: graph.markets.map((market) => newRequestFlow(market, columns.requestIsDso)),
    sorter: newMeritSorter(capacity),
    candidates: new Int32Array(capacity * Field.size),
    sharesPod: podSharers(columns),
    podRoomW: new Int32Array(columns.podCount),
    nextEdge: new Int32Array(nodes),
    parts: {
      request: new Uint32Array(columns.offerCount),
      quantityW: new Int32Array(columns.offerCount),
      ...{ further: [], count: 0 },
    },
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
  parts.quantityW.fill(0);
  parts.further = [];
  parts.count = 0;
  for (const market of meritOrder.graph.markets) {
    if (!clearMarketOfMtu(meritOrder, market, mtu, decisions)) return null;
  }
  return emit(parts);
}

/** What an offer is ranked by, ascending; its price unless weights say otherwise. */
export function rankOf({ columns, weights }: MeritOrder, offer: number, mtu: number): number {
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
      sorter.keys[at] = 1000 - columns.offerReliability[offer]!;
      sorter.items[at] = offer;
      at += 1;
    }
    sortByKey(sorter, count);
    return sorter.items.slice(0, count);
  });
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
  const count = gather(meritOrder, flow, mtu, decisions);
  sortByKey(meritOrder.sorter, count);
  if (decisions !== null && !pushFixed(meritOrder, flow, count)) return false;
  pushFree(meritOrder, flow, count);
  settlePriorities(flow);
  distribute(meritOrder, flow, count);
  scatter(meritOrder, count);
  return true;
}

/** Writes a record and a sort key for each offer that has a quantity and a request to serve; returns how many. */
function gather(
  meritOrder: MeritOrder,
  flow: RequestFlow,
  mtu: number,
  decisions: Decisions | null,
): number {
  const { columns, graph, sorter, candidates, sharesPod, podRoomW } = meritOrder;
  const { offerPod, quantityW, priceMicroEurPerKwh } = columns;
  const { keys, items } = sorter;
  const offers = meritOrder.tieOrder[flow.graph.market]!;
  const base = mtu * columns.offerCount;
  let count = 0;
  for (let index = 0; index < offers.length; index += 1) {
    const offer = offers[index]!;
    const offeredW = quantityW[base + offer]!;
    if (offeredW === 0) continue;
    const pod = offerPod[offer]!;
    const node = nodeOf(graph, flow.graph, pod, priceMicroEurPerKwh[base + offer]!);
    if (node < 0 || flow.closed[node] === 1) continue;
    const at = count * Field.size;
    candidates[at + Field.fixedW] = 0;
    candidates[at + Field.freeW] = offeredW;
    if (decisions !== null && !enterDecision(meritOrder, decisions, mtu, offer, at)) continue;
    candidates[at + Field.node] = node;
    candidates[at + Field.acceptedW] = 0;
    candidates[at + Field.offer] = offer;
    if (sharesPod[offer] === 1 || decisions !== null) {
      candidates[at + Field.pod] = pod;
    } else {
      candidates[at + Field.pod] = -1;
      if (offeredW > podRoomW[pod]!) candidates[at + Field.freeW] = podRoomW[pod]!;
    }
    keys[count] = rankOf(meritOrder, offer, mtu);
    items[count] = count;
    count += 1;
  }
  return count;
}

/** Enters what is decided about an offer in its record; false when it takes no part. */
function enterDecision(
  { columns, candidates }: MeritOrder,
  decisions: Decisions,
  mtu: number,
  offer: number,
  at: number,
): boolean {
  const pod = columns.offerPod[offer]!;
  const closed = decisions.closedMarkets.get(mtu * columns.podCount + pod) ?? 0;
  if ((closed >>> columns.offerMarket[offer]!) & 1) return false;
  const row = decisions.rowOfOffer[offer]!;
  if (row < 0) return true;
  const fixedW = decisions.fixedW[row * columns.mtus + mtu]!;
  const freeW = decisions.extraW[row * columns.mtus + mtu]!;
  candidates[at + Field.fixedW] = fixedW;
  candidates[at + Field.freeW] = freeW;
  return fixedW + freeW > 0;
}

function pushFixed(meritOrder: MeritOrder, flow: RequestFlow, count: number): boolean {
  const { candidates, podRoomW } = meritOrder;
  for (let at = 0; at < count * Field.size; at += Field.size) {
    const fixedW = candidates[at + Field.fixedW]!;
    if (fixedW === 0) continue;
    const pod = candidates[at + Field.pod]!;
    if (podRoomW[pod]! < fixedW) return false;
    if (push(flow, candidates[at + Field.node]!, fixedW) < fixedW) return false;
    candidates[at + Field.acceptedW] = fixedW;
    podRoomW[pod]! -= fixedW;
  }
  return true;
}

function pushFree(meritOrder: MeritOrder, flow: RequestFlow, count: number): void {
  const { candidates, podRoomW } = meritOrder;
  const { items } = meritOrder.sorter;
  const { closed } = flow;
  for (let rank = 0; rank < count; rank += 1) {
    const at = items[rank]! * Field.size;
    const node = candidates[at + Field.node]!;
    if (closed[node] === 1) continue;
    const pod = candidates[at + Field.pod]!;
    let wantedW = candidates[at + Field.freeW]!;
    if (pod >= 0 && podRoomW[pod]! < wantedW) wantedW = podRoomW[pod]!;
    if (wantedW === 0) continue;
    const takenW = push(flow, node, wantedW);
    candidates[at + Field.acceptedW]! += takenW;
    if (pod >= 0) podRoomW[pod]! -= takenW;
  }
}

/** Hands each node's flow to its offers, the best ranked first on the first edge. */
function distribute(meritOrder: MeritOrder, flow: RequestFlow, count: number): void {
  const { candidates, nextEdge, parts } = meritOrder;
  const { items } = meritOrder.sorter;
  const { graph, edgeFlowW } = flow;
  nextEdge.set(graph.edgeStart.subarray(0, graph.nodeCount));
  for (let rank = 0; rank < count; rank += 1) {
    const at = items[rank]! * Field.size;
    let leftW = candidates[at + Field.acceptedW]!;
    if (leftW === 0) continue;
    const node = candidates[at + Field.node]!;
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
        candidates[at + Field.request] = request;
        candidates[at + Field.partW] = partW;
      } else {
        const offer = candidates[at + Field.offer]!;
        parts.further.push({ offer, request, quantityW: partW });
      }
    }
  }
}

/** Brings first parts from records to offers. */
function scatter({ candidates, parts }: MeritOrder, count: number): void {
  for (let at = 0; at < count * Field.size; at += Field.size) {
    if (candidates[at + Field.acceptedW] === 0) continue;
    const offer = candidates[at + Field.offer]!;
    parts.request[offer] = candidates[at + Field.request]!;
    parts.quantityW[offer] = candidates[at + Field.partW]!;
  }
}

/** The parts as rows, ascending by offer, then request. */
function emit(parts: Parts): MtuAllocation {
  const further = parts.further.sort((a, b) => a.offer - b.offer || a.request - b.request);
  const rows = {
    offer: new Uint32Array(parts.count),
    request: new Uint32Array(parts.count),
    quantityW: new Int32Array(parts.count),
  };
  let row = 0;
  let next = 0;
  const add = (offer: number, request: number, quantityW: number): void => {
    rows.offer[row] = offer;
    rows.request[row] = request;
    rows.quantityW[row] = quantityW;
    row += 1;
  };
  for (let offer = 0; offer < parts.quantityW.length; offer += 1) {
    if (parts.quantityW[offer] === 0) continue;
    const request = parts.request[offer]!;
    while (further[next]?.offer === offer && further[next]!.request < request) {
      add(offer, further[next]!.request, further[next]!.quantityW);
      next += 1;
    }
    add(offer, request, parts.quantityW[offer]!);
    while (further[next]?.offer === offer) {
      add(offer, further[next]!.request, further[next]!.quantityW);
      next += 1;
    }
  }
  return rows;
}
