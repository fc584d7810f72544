import type { Network } from './network';

/**
 * What is connected to what once the switches are resolved. Buses joined by closed `busToBus`
 * switches are one *node*. Only nodes with a path to the slack over elements in service count; they
 * are numbered breadth first from the slack, which is node 0, so that a node's parent always has a
 * lower number.
 */
export interface Topology {
  readonly nodeCount: number;
  /** Node of each bus of `network.buses`; -1 = without supply. */
  readonly nodeOfBus: Int32Array;
  /** Energised branches: lines first, then transformers, each in table order. */
  readonly lineCount: number;
  /** Index in `network.lines` of the first `lineCount` branches, then in `network.transformers`. */
  readonly elementOfBranch: Int32Array;
  /** Node at the from or HV end, and at the to or LV end. */
  readonly fromNode: Int32Array;
  readonly toNode: Int32Array;
  /** Branch over which the search reached a node, and the node it came from; -1 for the slack. */
  readonly parentBranch: Int32Array;
  readonly parentNode: Int32Array;
}

/**
 * Resolves switches and walks the grid from the slack. Every reference must hold
 * (`checkReferences`).
 */
export function topologyOf(network: Network): Topology {
  const busIndex = new Map(network.buses.map((bus, index) => [bus.id, index]));
  const groupOfBus = joinBuses(network, busIndex);
  const { from, to, lineCount, element } = branchesInService(network, busIndex, groupOfBus);
  const slackGroup = groupOfBus[busIndex.get(network.externalGrid.bus)!]!;
  const walk = walkFromSlack(network.buses.length, from, to, slackGroup);

  const energised = Array.from(element.keys()).filter((k) => walk.nodeOfGroup[from[k]!]! >= 0);
  const newNumber = new Int32Array(element.length).fill(-1);
  energised.forEach((oldNumber, index) => (newNumber[oldNumber] = index));
  return {
    nodeCount: walk.nodeCount,
    nodeOfBus: groupOfBus.map((group) => walk.nodeOfGroup[group]!),
    lineCount: energised.filter((k) => k < lineCount).length,
    elementOfBranch: Int32Array.from(energised, (k) => element[k]!),
    fromNode: Int32Array.from(energised, (k) => walk.nodeOfGroup[from[k]!]!),
    toNode: Int32Array.from(energised, (k) => walk.nodeOfGroup[to[k]!]!),
    parentBranch: walk.parentBranch.map((k) => (k < 0 ? -1 : newNumber[k]!)),
    parentNode: walk.parentNode,
  };
}

/** Nodes that lose supply when `branch` and those parallel to it are taken out, ascending. */
export function nodesBelow(topology: Topology, branch: number): number[] {
  const a = topology.fromNode[branch]!;
  const b = topology.toNode[branch]!;
  const isCut = (k: number): boolean => {
    const from = topology.fromNode[k]!;
    const to = topology.toNode[k]!;
    return (from === a && to === b) || (from === b && to === a);
  };
  const kept = Array.from(topology.fromNode.keys()).filter((k) => !isCut(k));
  const from = kept.map((k) => topology.fromNode[k]!);
  const to = kept.map((k) => topology.toNode[k]!);
  const walk = walkFromSlack(topology.nodeCount, from, to, 0);
  return Array.from(walk.nodeOfGroup.keys()).filter((node) => walk.nodeOfGroup[node]! < 0);
}

/**
 * Representative bus of each bus under closed bus-to-bus switches (union-find with path halving).
 */
function joinBuses(network: Network, busIndex: ReadonlyMap<string, number>): Int32Array {
  const parent = Int32Array.from(network.buses.keys());
  const find = (index: number): number => {
    let root = index;
    while (parent[root] !== root) root = parent[root] = parent[parent[root]!]!;
    return root;
  };
  for (const item of network.switches) {
    if (item.kind === 'busToBus' && item.closed) {
      parent[find(busIndex.get(item.from)!)] = find(busIndex.get(item.to)!);
    }
  }
  return parent.map((_, index) => find(index));
}

interface BranchList {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly element: readonly number[];
  readonly lineCount: number;
}

function branchesInService(
  network: Network,
  busIndex: ReadonlyMap<string, number>,
  groupOfBus: Int32Array,
): BranchList {
  const switchedOff = new Set<string>();
  for (const item of network.switches) {
    if (item.closed || item.kind === 'busToBus') continue;
    switchedOff.add(item.kind === 'line' ? item.line : item.transformer);
  }
  const from: number[] = [];
  const to: number[] = [];
  const element: number[] = [];
  const add = (index: number, id: string, inService: boolean, ends: [string, string]): void => {
    if (!inService || switchedOff.has(id)) return;
    from.push(groupOfBus[busIndex.get(ends[0])!]!);
    to.push(groupOfBus[busIndex.get(ends[1])!]!);
    element.push(index);
  };
  network.lines.forEach((l, index) => add(index, l.id, l.inService, [l.from, l.to]));
  const lineCount = element.length;
  network.transformers.forEach((t, index) => add(index, t.id, t.inService, [t.hv, t.lv]));
  return { from, to, element, lineCount };
}

interface Walk {
  readonly nodeCount: number;
  readonly nodeOfGroup: Int32Array;
  readonly parentBranch: Int32Array;
  readonly parentNode: Int32Array;
}

/** Breadth-first search; neighbours in branch order, so that equal files give equal numbers. */
function walkFromSlack(
  groupCount: number,
  from: readonly number[],
  to: readonly number[],
  slackGroup: number,
): Walk {
  const start = new Int32Array(groupCount + 1);
  for (const group of from) start[group + 1]!++;
  for (const group of to) start[group + 1]!++;
  for (let group = 0; group < groupCount; group++) start[group + 1]! += start[group]!;
  const fill = start.slice();
  const incident = new Int32Array(2 * from.length);
  for (let k = 0; k < from.length; k++) {
    incident[fill[from[k]!]!++] = k;
    incident[fill[to[k]!]!++] = k;
  }

  const nodeOfGroup = new Int32Array(groupCount).fill(-1);
  const queue = [slackGroup];
  const parentBranch = [-1];
  const parentNode = [-1];
  nodeOfGroup[slackGroup] = 0;
  for (let node = 0; node < queue.length; node++) {
    const group = queue[node]!;
    for (let at = start[group]!; at < start[group + 1]!; at++) {
      const branch = incident[at]!;
      const other = from[branch] === group ? to[branch]! : from[branch]!;
      if (nodeOfGroup[other]! >= 0) continue;
      nodeOfGroup[other] = queue.length;
      queue.push(other);
      parentBranch.push(branch);
      parentNode.push(node);
    }
  }
  return {
    nodeCount: queue.length,
    nodeOfGroup,
    parentBranch: Int32Array.from(parentBranch),
    parentNode: Int32Array.from(parentNode),
  };
}
