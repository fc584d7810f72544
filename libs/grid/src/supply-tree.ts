import { GridModelError } from './model/grid-model-error';
import type { Network } from './model/network';
import { nodesBelow, topologyOf, type Topology } from './model/topology';
import type { CompiledGrid } from './power-flow/compiled-grid';
import type { Quantity } from './sensitivities';

/**
 * Ids of the buses that hang below a line or transformer: those that lose supply when it, and
 * whatever runs parallel to it between the same two nodes, is taken out. Empty when it lies on a
 * loop (then use `sensitivities`) or out of service. In the order of `network.buses`.
 *
 * @throws GridModelError when the id is neither a line nor a transformer of the grid.
 */
export function busesBelow(network: Network, branchId: string): string[] {
  const topology = topologyOf(network);
  const branch = branchOf(network, topology, branchId);
  if (branch === null) return [];
  const below = new Set(nodesBelow(topology, branch));
  return network.buses
    .filter((_, index) => below.has(topology.nodeOfBus[index]!))
    .map((bus) => bus.id);
}

/** PoDs at the buses of `busesBelow`: those whose power flows through the element. */
export function podsBelow(network: Network, branchId: string): string[] {
  const buses = new Set(busesBelow(network, branchId));
  return network.pods.filter((pod) => buses.has(pod.bus)).map((pod) => pod.id);
}

/**
 * The feeder a bus belongs to: id of the first line on the way from the slack, whatever
 * transformers stand before it. Null for a bus ahead of all lines (a busbar), without supply, or
 * that a loop supplies, which belongs to no single feeder.
 *
 * @throws GridModelError when the bus is not in the grid.
 */
export function feederOf(network: Network, busId: string): string | null {
  const topology = topologyOf(network);
  const bus = network.buses.findIndex(({ id }) => id === busId);
  if (bus < 0) {
    throw new GridModelError(`bus "${busId}"`, 'it is not in this grid', 'Correct the id');
  }
  const node = topology.nodeOfBus[bus]!;
  let first: number | null = null;
  for (let at = node; at > 0; at = topology.parentNode[at]!) {
    const branch = topology.parentBranch[at]!;
    if (branch < topology.lineCount) first = branch;
  }
  if (first === null || !nodesBelow(topology, first).includes(node)) return null;
  return network.lines[topology.elementOfBranch[first]!]!.id;
}

/** The part of a radial grid below one node of it; buses are indices in `network.buses`. */
export interface Subtree {
  /** A bus of the topmost node. */
  readonly root: number;
  /** All buses, those of the topmost node included, ascending. */
  readonly buses: readonly number[];
}

/**
 * What hangs below an element of a radial grid, then below each node further up the way to the
 * slack, which itself is left out: every subtree holds the one before. Empty for the slack's own
 * buses; null where the grid has a loop (then use `sensitivities`).
 *
 * @throws GridModelError when the quantity names no energised element.
 */
export function subtreesAbove(grid: CompiledGrid, { kind, id }: Quantity): Subtree[] | null {
  const { network, topology } = grid;
  if (grid.edges.a.length !== topology.nodeCount - 1) return null;
  let node: number;
  if (kind === 'busVmPu') {
    node = topology.nodeOfBus[network.buses.findIndex((bus) => bus.id === id)] ?? -1;
  } else {
    const branch = branchOf(network, topology, id);
    const ends = branch === null ? [-1] : [topology.fromNode[branch]!, topology.toNode[branch]!];
    // A parent has the lower number.
    node = Math.max(...ends);
  }
  if (node < 0) {
    throw new GridModelError(
      `"${id}"`,
      'it is not in service and supplied in this grid',
      'Name an element that carries power',
    );
  }
  const subtrees: Subtree[] = [];
  for (; node > 0; node = topology.parentNode[node]!) {
    const isBelow = new Uint8Array(topology.nodeCount);
    isBelow[node] = 1;
    for (let other = node + 1; other < topology.nodeCount; other++) {
      isBelow[other] = isBelow[topology.parentNode[other]!]!;
    }
    const buses = Array.from(topology.nodeOfBus.keys()).filter(
      (bus) => topology.nodeOfBus[bus]! >= 0 && isBelow[topology.nodeOfBus[bus]!] === 1,
    );
    subtrees.push({ root: topology.nodeOfBus.indexOf(node), buses });
  }
  return subtrees;
}

/** Number of an energised branch by its id; null = out of service. */
function branchOf(network: Network, topology: Topology, id: string): number | null {
  const { lineCount, elementOfBranch } = topology;
  const line = network.lines.findIndex((row) => row.id === id);
  const transformer = network.transformers.findIndex((row) => row.id === id);
  if (line < 0 && transformer < 0) {
    throw new GridModelError(
      `line or transformer "${id}"`,
      'it is not in this grid',
      'Correct the id',
    );
  }
  const branch =
    line >= 0
      ? elementOfBranch.subarray(0, lineCount).indexOf(line)
      : elementOfBranch.indexOf(transformer, lineCount);
  return branch < 0 ? null : branch;
}
