import type { MarketGraph } from './scope-graph';

/**
 * The flow from nodes to requests in one market and MTU. `push` adds offers and never takes an
 * accepted watt back: where a request on the way is full, watts of other nodes are re-routed along
 * an augmenting path (Ford and Fulkerson, 1956). A node that found no path is closed for good,
 * since what it can reach is saturated, and stays so as more is accepted. Offers pushed in merit
 * order are therefore the cheapest set of greatest size (the greedy rule of a gammoid), and
 * `settlePriorities` then moves watts from TSO to DSO requests without changing that set (Mendelsohn
 * and Dulmage, 1958: the best set of either side is compatible with the best of the other).
 */
export interface RequestFlow {
  readonly graph: MarketGraph;
  readonly isDso: Uint8Array;
  /** What each request can still take. */
  readonly roomW: Float64Array;
  readonly edgeFlowW: Float64Array;
  /** Per node, the first edge whose request may still have room: rooms only shrink while offers are pushed. */
  readonly firstOpenEdge: Int32Array;
  /** 1: nothing more can be pushed from this node. */
  readonly closed: Uint8Array;
  readonly search: Search;
}

/** Memory of a breadth-first search over requests. */
interface Search {
  readonly queue: Int32Array;
  readonly nodeSeen: Uint8Array;
  readonly requestSeen: Uint8Array;
  /** The edge along which a request on the path gains. */
  readonly gain: Int32Array;
  /** The edge along which a request on the path loses. */
  readonly loss: Int32Array;
  readonly nodes: Int32Array;
  nodeCount: number;
}

const NONE = -1;

/** Allocates the flow of one market; `resetFlow` readies it for an MTU. */
export function newRequestFlow(graph: MarketGraph, isDso: Uint8Array): RequestFlow {
  const requestCount = isDso.length;
  return {
    graph,
    isDso,
    roomW: new Float64Array(requestCount),
    edgeFlowW: new Float64Array(graph.edgeRequest.length),
    firstOpenEdge: new Int32Array(graph.nodeCount),
    closed: new Uint8Array(graph.nodeCount),
    search: {
      queue: new Int32Array(requestCount),
      nodeSeen: new Uint8Array(graph.nodeCount),
      requestSeen: new Uint8Array(requestCount),
      gain: new Int32Array(requestCount),
      loss: new Int32Array(requestCount),
      nodes: new Int32Array(graph.nodeCount),
      nodeCount: 0,
    },
  };
}

/** Empties the flow, gives the requests of this market their rooms, and closes nodes that reach nothing. */
export function resetFlow(
  flow: RequestFlow,
  requestW: Int32Array,
  mtus: number,
  mtu: number,
): void {
  const { graph } = flow;
  flow.edgeFlowW.fill(0);
  flow.firstOpenEdge.set(graph.edgeStart.subarray(0, graph.nodeCount));
  for (let request = 0; request < flow.roomW.length; request += 1) {
    flow.roomW[request] = requestW[request * mtus + mtu]!;
  }
  for (let node = 0; node < graph.nodeCount; node += 1) {
    let roomW = 0;
    const end = graph.edgeStart[node + 1]!;
    for (let edge = graph.edgeStart[node]!; edge < end; edge += 1) {
      roomW += flow.roomW[graph.edgeRequest[edge]!]!;
    }
    flow.closed[node] = roomW > 0 ? 0 : 1;
  }
}

/** Accepts up to `quantityW` from `node` and returns how much; less than asked closes the node. */
export function push(flow: RequestFlow, node: number, quantityW: number): number {
  if (flow.closed[node] === 1) return 0;
  const { graph, roomW, edgeFlowW, firstOpenEdge } = flow;
  let leftW = quantityW;
  let edge = firstOpenEdge[node]!;
  for (const end = graph.edgeStart[node + 1]!; edge < end; edge += 1) {
    const request = graph.edgeRequest[edge]!;
    const room = roomW[request]!;
    if (room === 0) continue;
    const takenW = room < leftW ? room : leftW;
    roomW[request] = room - takenW;
    edgeFlowW[edge]! += takenW;
    leftW -= takenW;
    if (leftW === 0) break;
  }
  firstOpenEdge[node] = edge;
  if (leftW === 0) return quantityW;
  if (graph.nested) flow.closed[node] = 1;
  while (leftW > 0 && flow.closed[node] === 0) leftW -= augment(flow, node, leftW);
  return quantityW - leftW;
}

/** Re-routes up to `wantedW` so that `node` can serve; 0 closes every node the search went through. */
function augment(flow: RequestFlow, node: number, wantedW: number): number {
  const { graph, search, edgeFlowW } = flow;
  search.nodeCount = 0;
  let tail = visitNode(flow, node, NONE, 0);
  let movedW = 0;
  for (let head = 0; head < tail && movedW === 0; head += 1) {
    const full = search.queue[head]!;
    if (flow.roomW[full]! > 0) movedW = applyPath(flow, full, wantedW);
    const end = graph.requestEdgeStart[full + 1]!;
    for (let at = graph.requestEdgeStart[full]!; at < end; at += 1) {
      const edge = graph.requestEdge[at]!;
      const giver = graph.edgeNode[edge]!;
      if (edgeFlowW[edge] === 0 || search.nodeSeen[giver] === 1) continue;
      if (flow.closed[giver] === 0) tail = visitNode(flow, giver, edge, tail);
    }
  }
  for (let at = 0; movedW === 0 && at < search.nodeCount; at += 1) {
    flow.closed[search.nodes[at]!] = 1;
  }
  forgetMarks(search, tail);
  return movedW;
}

function forgetMarks(search: Search, tail: number): void {
  for (let at = 0; at < tail; at += 1) search.requestSeen[search.queue[at]!] = 0;
  for (let at = 0; at < search.nodeCount; at += 1) search.nodeSeen[search.nodes[at]!] = 0;
}

/** Queues the requests a node can turn to, when it gives up its flow on edge `loss` (or has none yet). */
function visitNode(flow: RequestFlow, node: number, loss: number, tail: number): number {
  const { graph, search } = flow;
  search.nodeSeen[node] = 1;
  search.nodes[search.nodeCount] = node;
  search.nodeCount += 1;
  let last = tail;
  const end = graph.edgeStart[node + 1]!;
  for (let edge = graph.edgeStart[node]!; edge < end; edge += 1) {
    const request = graph.edgeRequest[edge]!;
    if (search.requestSeen[request] === 1) continue;
    search.requestSeen[request] = 1;
    search.gain[request] = edge;
    search.loss[request] = loss;
    search.queue[last] = request;
    last += 1;
  }
  return last;
}

/** Shifts flow along the path that ended in `request`, bounded by what each giver has, and takes its room. */
function applyPath(flow: RequestFlow, request: number, wantedW: number): number {
  const { graph, search, edgeFlowW, roomW } = flow;
  let movedW = Math.min(wantedW, roomW[request]!);
  for (let at = request; search.loss[at] !== NONE; at = graph.edgeRequest[search.loss[at]!]!) {
    movedW = Math.min(movedW, edgeFlowW[search.loss[at]!]!);
  }
  roomW[request]! -= movedW;
  for (let at = request; ; at = graph.edgeRequest[search.loss[at]!]!) {
    edgeFlowW[search.gain[at]!]! += movedW;
    if (search.loss[at] === NONE) return movedW;
    edgeFlowW[search.loss[at]!]! -= movedW;
  }
}

/**
 * Gives DSO requests all they can have of what is accepted, in log order, at the expense of TSO
 * requests only. The accepted watts of every node stay as they are.
 */
export function settlePriorities(flow: RequestFlow): void {
  const { graph, isDso, roomW, search } = flow;
  if (graph.nested && !graph.tsoBeforeDso) return;
  for (let request = 0; request < roomW.length; request += 1) {
    if (isDso[request] === 0 || search.requestSeen[request] === 1) continue;
    if (graph.requestEdgeStart[request] === graph.requestEdgeStart[request + 1]) continue;
    while (roomW[request]! > 0 && takeFromTso(flow, request));
  }
  search.requestSeen.fill(0);
  search.nodeSeen.fill(0);
}

/**
 * Finds TSO-served watts that can be moved, request by request, to `request`. A search that fails
 * leaves its marks: what it saw leads to no TSO, now or later. One that succeeds clears its own.
 */
function takeFromTso(flow: RequestFlow, request: number): boolean {
  const { graph, search, edgeFlowW, isDso } = flow;
  search.nodeCount = 0;
  search.queue[0] = request;
  search.requestSeen[request] = 1;
  search.loss[request] = NONE;
  let tail = 1;
  let found = NONE;
  for (let head = 0; head < tail && found === NONE; head += 1) {
    const taker = search.queue[head]!;
    const end = graph.requestEdgeStart[taker + 1]!;
    for (let at = graph.requestEdgeStart[taker]!; at < end && found === NONE; at += 1) {
      const gain = graph.requestEdge[at]!;
      const node = graph.edgeNode[gain]!;
      if (search.nodeSeen[node] === 1) continue;
      search.nodeSeen[node] = 1;
      search.nodes[search.nodeCount] = node;
      search.nodeCount += 1;
      const lastEdge = graph.edgeStart[node + 1]!;
      for (let loss = graph.edgeStart[node]!; loss < lastEdge && found === NONE; loss += 1) {
        const giver = graph.edgeRequest[loss]!;
        if (edgeFlowW[loss] === 0 || search.requestSeen[giver] === 1) continue;
        search.requestSeen[giver] = 1;
        search.gain[giver] = gain;
        search.loss[giver] = loss;
        search.queue[tail] = giver;
        tail += 1;
        if (isDso[giver] === 0) found = giver;
      }
    }
  }
  if (found === NONE) return false;
  moveToTaker(flow, found, request);
  forgetMarks(search, tail);
  return true;
}

/** From the TSO request `giver` back to `taker`: each request on the path hands its loss to the one before. */
function moveToTaker(flow: RequestFlow, giver: number, taker: number): void {
  const { graph, search, edgeFlowW, roomW } = flow;
  const previous = (at: number): number => graph.edgeRequest[search.gain[at]!]!;
  let movedW = roomW[taker]!;
  for (let at = giver; at !== taker; at = previous(at)) {
    movedW = Math.min(movedW, edgeFlowW[search.loss[at]!]!);
  }
  for (let at = giver; at !== taker; at = previous(at)) {
    edgeFlowW[search.loss[at]!]! -= movedW;
    edgeFlowW[search.gain[at]!]! += movedW;
  }
  roomW[taker]! -= movedW;
  roomW[giver]! += movedW;
}
