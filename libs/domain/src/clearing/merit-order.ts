import { MARKET_COUNT, type ClearingColumns } from './columns';
import { newMeritSorter, sortByKey, type MeritSorter } from './merit-sort';
import {
  newRequestFlow,
  push,
  resetFlow,
  settlePriorities,
  type RequestFlow,
} from './request-flow';
import { buildScopeGraph, nodeOf, type ScopeGraph } from './scope-graph';

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
  readonly podRoomW: Int32Array;
  readonly acceptedW: Int32Array;
  readonly nodeOfOffer: Int32Array;
  readonly parts: Parts;
}

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

/** Where each accepted offer goes: its first request in arrays, further ones (few) in lists. */
interface Parts {
  readonly request: Uint32Array;
  readonly quantityW: Int32Array;
  readonly nextEdge: Int32Array;
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
  return {
    columns,
    graph,
    tieOrder,
    weights,
    flows: graph.markets.map((market) => newRequestFlow(market, columns.requestIsDso)),
    sorter: newMeritSorter(Math.max(...tieOrder.map((offers) => offers.length))),
    podRoomW: new Int32Array(columns.podCount),
    acceptedW: new Int32Array(columns.offerCount),
    nodeOfOffer: new Int32Array(columns.offerCount),
    parts: {
      request: new Uint32Array(columns.offerCount),
      quantityW: new Int32Array(columns.offerCount),
      nextEdge: new Int32Array(nodes),
      further: [],
      count: 0,
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
  meritOrder.acceptedW.fill(0);
  meritOrder.parts.further = [];
  meritOrder.parts.count = 0;
  for (let market = 0; market < MARKET_COUNT; market += 1) {
    if (!clearMarketOfMtu(meritOrder, market, mtu, decisions)) return null;
  }
  return emit(meritOrder);
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
      sorter.offers[at] = offer;
      at += 1;
    }
    sortByKey(sorter, count);
    return sorter.offers.slice(0, count);
  });
}

function clearMarketOfMtu(
  meritOrder: MeritOrder,
  market: number,
  mtu: number,
  decisions: Decisions | null,
): boolean {
  const { columns, podRoomW } = meritOrder;
  const flow = meritOrder.flows[market]!;
  if (meritOrder.tieOrder[market]!.length === 0 || flow.graph.nodeCount === 0) return true;
  resetFlow(flow, columns.requestQuantityW, columns.mtus, mtu);
  const podStart = market * columns.podCount;
  podRoomW.set(columns.podLimitW.subarray(podStart, podStart + columns.podCount));
  const count = rankOffers(meritOrder, market, mtu, decisions);
  if (decisions !== null && !pushFixed(meritOrder, flow, mtu, count, decisions)) return false;
  pushFree(meritOrder, flow, mtu, count, decisions);
  settlePriorities(flow);
  distribute(meritOrder, flow, count);
  return true;
}

/** Gathers the offers that have a quantity and a request to serve, and sorts them; returns how many. */
function rankOffers(
  meritOrder: MeritOrder,
  market: number,
  mtu: number,
  decisions: Decisions | null,
): number {
  const { columns, graph, sorter, nodeOfOffer } = meritOrder;
  const { offerPod, quantityW, priceMicroEurPerKwh, podCount } = columns;
  const marketGraph = graph.markets[market]!;
  const closed = meritOrder.flows[market]!.closed;
  const base = mtu * columns.offerCount;
  let count = 0;
  for (const offer of meritOrder.tieOrder[market]!) {
    if (quantityW[base + offer] === 0) continue;
    const pod = offerPod[offer]!;
    const price = priceMicroEurPerKwh[base + offer]!;
    const node = nodeOf(graph, marketGraph, pod, price);
    if (node < 0 || closed[node] === 1) continue;
    if (decisions !== null) {
      if (((decisions.closedMarkets.get(mtu * podCount + pod) ?? 0) >>> market) & 1) continue;
      const row = decisions.rowOfOffer[offer]!;
      const at = row * columns.mtus + mtu;
      if (row >= 0 && decisions.fixedW[at] === 0 && decisions.extraW[at] === 0) continue;
    }
    nodeOfOffer[offer] = node;
    sorter.keys[count] = rankOf(meritOrder, offer, mtu);
    sorter.offers[count] = offer;
    count += 1;
  }
  sortByKey(sorter, count);
  return count;
}

function pushFixed(
  meritOrder: MeritOrder,
  flow: RequestFlow,
  mtu: number,
  count: number,
  decisions: Decisions,
): boolean {
  const { columns, sorter, acceptedW, nodeOfOffer, podRoomW } = meritOrder;
  for (let rank = 0; rank < count; rank += 1) {
    const offer = sorter.offers[rank]!;
    const row = decisions.rowOfOffer[offer]!;
    if (row < 0) continue;
    const fixedW = decisions.fixedW[row * columns.mtus + mtu]!;
    if (fixedW === 0) continue;
    const pod = columns.offerPod[offer]!;
    if (podRoomW[pod]! < fixedW || push(flow, nodeOfOffer[offer]!, fixedW) < fixedW) return false;
    acceptedW[offer] = fixedW;
    podRoomW[pod]! -= fixedW;
  }
  return true;
}

function pushFree(
  meritOrder: MeritOrder,
  flow: RequestFlow,
  mtu: number,
  count: number,
  decisions: Decisions | null,
): void {
  const { columns, sorter, acceptedW, nodeOfOffer, podRoomW } = meritOrder;
  const { offerPod, quantityW, mtus } = columns;
  const base = mtu * columns.offerCount;
  for (let rank = 0; rank < count; rank += 1) {
    const offer = sorter.offers[rank]!;
    const node = nodeOfOffer[offer]!;
    if (flow.closed[node] === 1) continue;
    const row = decisions === null ? -1 : decisions.rowOfOffer[offer]!;
    const offeredW = row < 0 ? quantityW[base + offer]! : decisions!.extraW[row * mtus + mtu]!;
    const pod = offerPod[offer]!;
    const roomW = podRoomW[pod]!;
    const wantedW = offeredW < roomW ? offeredW : roomW;
    if (wantedW === 0) continue;
    const takenW = push(flow, node, wantedW);
    acceptedW[offer]! += takenW;
    podRoomW[pod] = roomW - takenW;
  }
}

/** Hands each node's flow to its offers, the best ranked first on the first edge. */
function distribute(meritOrder: MeritOrder, flow: RequestFlow, count: number): void {
  const { sorter, acceptedW, nodeOfOffer, parts } = meritOrder;
  const { graph, edgeFlowW } = flow;
  parts.nextEdge.set(graph.edgeStart.subarray(0, graph.nodeCount));
  for (let rank = 0; rank < count; rank += 1) {
    const offer = sorter.offers[rank]!;
    let leftW = acceptedW[offer]!;
    if (leftW === 0) continue;
    const node = nodeOfOffer[offer]!;
    for (let isFirst = true; leftW > 0; isFirst = false) {
      while (edgeFlowW[parts.nextEdge[node]!] === 0) parts.nextEdge[node]! += 1;
      const edge = parts.nextEdge[node]!;
      const request = graph.edgeRequest[edge]!;
      const partW = Math.min(leftW, edgeFlowW[edge]!);
      edgeFlowW[edge]! -= partW;
      leftW -= partW;
      parts.count += 1;
      if (isFirst) {
        parts.request[offer] = request;
        parts.quantityW[offer] = partW;
      } else {
        parts.further.push({ offer, request, quantityW: partW });
      }
    }
  }
}

function emit(meritOrder: MeritOrder): MtuAllocation {
  const { acceptedW, parts } = meritOrder;
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
  for (let offer = 0; offer < acceptedW.length; offer += 1) {
    if (acceptedW[offer] === 0) continue;
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
