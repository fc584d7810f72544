import { MARKET_COUNT, NO_CAP, type ClearingColumns } from './columns';

/**
 * Which requests an offer can serve, in compact form. PoDs inside the same scopes are one class;
 * within a class, price caps cut the offers into tiers (tier k: dearer than k of the class's caps).
 * A *node* is one tier of one class in one market; its edges are the requests it can serve, the
 * smallest scope first ("walk up the tree"), the DSO before the TSO at equal size, then log order.
 */
export interface ScopeGraph {
  /** Class of each PoD. */
  readonly classOfPod: Int32Array;
  /** One graph for each market. */
  readonly markets: readonly MarketGraph[];
}

export interface MarketGraph {
  readonly market: number;
  /** First node (tier 0) of each class; -1 where the class is in no scope of this market. */
  readonly nodeOfClass: Int32Array;
  /** Caps of class c, distinct and ascending: `caps[capStart[c] .. capStart[c + 1]]`. */
  readonly capStart: Int32Array;
  readonly caps: Float64Array;
  readonly nodeCount: number;
  /** Edges of node n: `edgeStart[n] .. edgeStart[n + 1]`. */
  readonly edgeStart: Int32Array;
  readonly edgeRequest: Int32Array;
  readonly edgeNode: Int32Array;
  /** The edges into request r: `requestEdge[requestEdgeStart[r] .. requestEdgeStart[r + 1]]`. */
  readonly requestEdgeStart: Int32Array;
  readonly requestEdge: Int32Array;
  /** Scopes nest and no request has a cap: walking up the edges needs no re-routing. */
  readonly nested: boolean;
  /** Some node meets a TSO's request before a DSO's, so that priorities may need settling. */
  readonly tsoBeforeDso: boolean;
}

/** The node of an offer of `pod` at `priceMicroEurPerKwh`, or -1 when no request's scope holds the PoD. */
export function nodeOf(
  graph: ScopeGraph,
  market: MarketGraph,
  pod: number,
  priceMicroEurPerKwh: number,
): number {
  const podClass = graph.classOfPod[pod]!;
  let node = market.nodeOfClass[podClass]!;
  if (node < 0) return node;
  const end = market.capStart[podClass + 1]!;
  for (let at = market.capStart[podClass]!; at < end; at += 1, node += 1) {
    if (priceMicroEurPerKwh <= market.caps[at]!) break;
  }
  return node;
}

/**
 * Builds the graph from the scopes; near linear in the number of (PoD, request) pairs. PoDs without
 * offers in a market count for nothing there.
 */
export function buildScopeGraph(columns: ClearingColumns): ScopeGraph {
  const { classOfPod, requestsOfClass } = classesOf(columns);
  const { marketsOfClass, scopeSize } = whereOffered(columns, classOfPod, requestsOfClass.length);
  const walkOrder = (a: number, b: number): number =>
    scopeSize[a]! - scopeSize[b]! || columns.requestIsDso[b]! - columns.requestIsDso[a]! || a - b;
  const chains = requestsOfClass.map((requests) => [...requests].sort(walkOrder));
  return {
    classOfPod,
    markets: Array.from({ length: MARKET_COUNT }, (_, market) => {
      const offered = chains.map((chain, podClass) =>
        ((marketsOfClass[podClass]! >>> market) & 1) === 1
          ? chain.filter((request) => columns.requestMarket[request] === market)
          : [],
      );
      return buildMarket(columns, offered, market);
    }),
  };
}

/** The markets, one bit each, in which a class has offers; and how many PoDs with offers a request's scope holds. */
function whereOffered(
  columns: ClearingColumns,
  classOfPod: Int32Array,
  classCount: number,
): { marketsOfClass: Uint8Array; scopeSize: Int32Array } {
  const { podRequestStart, podRequest, requestMarket } = columns;
  const marketsOfPod = new Uint8Array(columns.podCount);
  for (let offer = 0; offer < columns.offerCount; offer += 1) {
    marketsOfPod[columns.offerPod[offer]!]! |= 1 << columns.offerMarket[offer]!;
  }
  const marketsOfClass = new Uint8Array(classCount);
  const scopeSize = new Int32Array(columns.requestCount);
  for (let pod = 0; pod < columns.podCount; pod += 1) {
    const markets = marketsOfPod[pod]!;
    marketsOfClass[classOfPod[pod]!]! |= markets;
    for (let at = podRequestStart[pod]!; at < podRequestStart[pod + 1]!; at += 1) {
      const request = podRequest[at]!;
      scopeSize[request]! += (markets >>> requestMarket[request]!) & 1;
    }
  }
  return { marketsOfClass, scopeSize };
}

/** Numbers the distinct lists of requests, following each list through a trie of (prefix, request). */
function classesOf(columns: ClearingColumns): {
  classOfPod: Int32Array;
  requestsOfClass: readonly Int32Array[];
} {
  const { podCount, podRequestStart, podRequest, requestCount } = columns;
  const classOfPod = new Int32Array(podCount);
  const trie = new Map<number, number>();
  const classOfPrefix = new Map<number, number>();
  const requestsOfClass: Int32Array[] = [];
  let prefixes = 1;
  for (let pod = 0; pod < podCount; pod += 1) {
    const start = podRequestStart[pod]!;
    const end = podRequestStart[pod + 1]!;
    let prefix = 0;
    for (let at = start; at < end; at += 1) {
      const key = prefix * requestCount + podRequest[at]!;
      prefix = trie.get(key) ?? prefixes;
      if (prefix === prefixes) {
        trie.set(key, prefix);
        prefixes += 1;
      }
    }
    let podClass = classOfPrefix.get(prefix);
    if (podClass === undefined) {
      podClass = requestsOfClass.length;
      classOfPrefix.set(prefix, podClass);
      requestsOfClass.push(podRequest.subarray(start, end));
    }
    classOfPod[pod] = podClass;
  }
  return { classOfPod, requestsOfClass };
}

function buildMarket(
  columns: ClearingColumns,
  chains: readonly number[][],
  market: number,
): MarketGraph {
  const nodeOfClass = new Int32Array(chains.length).fill(-1);
  const capStart = new Int32Array(chains.length + 1);
  const caps: number[] = [];
  const edgeStart = [0];
  const edgeRequest: number[] = [];
  const edgeNode: number[] = [];
  chains.forEach((requests, podClass) => {
    const tierCaps = requests.map((request) => columns.requestCapMicroEurPerKwh[request]!);
    const limits = [...new Set(tierCaps)].filter((cap) => cap !== NO_CAP).sort((a, b) => a - b);
    caps.push(...limits);
    capStart[podClass + 1] = caps.length;
    if (requests.length === 0) return;
    nodeOfClass[podClass] = edgeStart.length - 1;
    for (const tierFloor of [-1, ...limits]) {
      for (const request of requests) {
        if (columns.requestCapMicroEurPerKwh[request]! <= tierFloor) continue;
        edgeNode.push(edgeStart.length - 1);
        edgeRequest.push(request);
      }
      edgeStart.push(edgeRequest.length);
    }
  });
  const edges = {
    nodeCount: edgeStart.length - 1,
    edgeStart: Int32Array.from(edgeStart),
    edgeRequest: Int32Array.from(edgeRequest),
    edgeNode: Int32Array.from(edgeNode),
  };
  return {
    market,
    nodeOfClass,
    capStart,
    caps: Float64Array.from(caps),
    ...edges,
    ...edgesOfRequests(columns.requestCount, edges.edgeRequest),
    nested: caps.length === 0 && scopesNest(columns.requestCount, edges),
    tsoBeforeDso: edges.edgeRequest.some(
      (request, edge) =>
        edge > 0 &&
        edges.edgeNode[edge - 1] === edges.edgeNode[edge] &&
        columns.requestIsDso[request] === 1 &&
        columns.requestIsDso[edges.edgeRequest[edge - 1]!] === 0,
    ),
  };
}

function edgesOfRequests(
  requestCount: number,
  edgeRequest: Int32Array,
): Pick<MarketGraph, 'requestEdgeStart' | 'requestEdge'> {
  const requestEdgeStart = new Int32Array(requestCount + 1);
  for (const request of edgeRequest) requestEdgeStart[request + 1]! += 1;
  for (let request = 0; request < requestCount; request += 1) {
    requestEdgeStart[request + 1]! += requestEdgeStart[request]!;
  }
  const next = requestEdgeStart.slice();
  const requestEdge = new Int32Array(edgeRequest.length);
  edgeRequest.forEach((request, edge) => {
    requestEdge[next[request]!] = edge;
    next[request]! += 1;
  });
  return { requestEdgeStart, requestEdge };
}

/** Scopes nest when each has one next larger one, whichever PoD the walk starts from. */
function scopesNest(
  requestCount: number,
  edges: Pick<MarketGraph, 'nodeCount' | 'edgeStart' | 'edgeRequest'>,
): boolean {
  const UNKNOWN = -2;
  const TOP = -1;
  const next = new Int32Array(requestCount).fill(UNKNOWN);
  for (let node = 0; node < edges.nodeCount; node += 1) {
    const end = edges.edgeStart[node + 1]!;
    for (let edge = edges.edgeStart[node]!; edge < end; edge += 1) {
      const request = edges.edgeRequest[edge]!;
      const above = edge + 1 < end ? edges.edgeRequest[edge + 1]! : TOP;
      if (next[request] === UNKNOWN) next[request] = above;
      else if (next[request] !== above) return false;
    }
  }
  return true;
}
