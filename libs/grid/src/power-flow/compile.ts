import type { Network } from '../model/network';
import { topologyOf, type Topology } from '../model/topology';
import type { CompiledGrid, Edges, TwoPortColumns } from './compiled-grid';
import { createNewtonPlan } from './newton-plan';
import { createSweepPlan } from './sweep';
import {
  add,
  divide,
  lineTwoPort,
  multiply,
  transformerRatio,
  transformerTwoPort,
  type Complex,
  type TwoPort,
} from './two-port';

/** Compiles what `parseNetwork` returned. Takes about as long as one solve. */
export function compileGrid(network: Network): CompiledGrid {
  const topology = topologyOf(network);
  const busIndex = new Map(network.buses.map((bus, index) => [bus.id, index]));
  const nodeOf = (bus: string): number => topology.nodeOfBus[busIndex.get(bus)!]!;
  const vnKv = (bus: string): number => network.buses[busIndex.get(bus)!]!.vnKv;

  const twoPorts = Array.from(topology.elementOfBranch, (element, branch): TwoPort => {
    if (branch < topology.lineCount) {
      const line = network.lines[element]!;
      return lineTwoPort(line, vnKv(line.from), network.frequencyHz);
    }
    const transformer = network.transformers[element]!;
    return transformerTwoPort(transformer, vnKv(transformer.hv), vnKv(transformer.lv));
  });
  const shunt = Array.from({ length: topology.nodeCount }, (): Complex => ({ re: 0, im: 0 }));
  for (const { bus, pMw, qMvar } of network.shunts) {
    const node = nodeOf(bus);
    if (node >= 0) shunt[node] = add(shunt[node]!, { re: pMw, im: -qMvar });
  }
  const edges = mergeParallel(topology, twoPorts, shunt);
  const noLoad = noLoadVoltages(network, topology, vnKv);
  const controlledVmPu = new Float64Array(topology.nodeCount);
  for (const { bus, vmPu } of network.staticGenerators) {
    if (vmPu !== null) controlledVmPu[nodeOf(bus)] = vmPu;
  }

  const grid: CompiledGrid = {
    network,
    topology,
    branches: columns(twoPorts),
    edges,
    shuntRe: Float64Array.from(shunt, (y) => y.re),
    shuntIm: Float64Array.from(shunt, (y) => y.im),
    noLoadRe: Float64Array.from(noLoad, (v) => v.re),
    noLoadIm: Float64Array.from(noLoad, (v) => v.im),
    nodeOfLoad: Int32Array.from(network.loads, (load) => nodeOf(load.bus)),
    nodeOfGenerator: Int32Array.from(network.staticGenerators, (row) => nodeOf(row.bus)),
    controlledVmPu,
    newtonPlan: once(() => createNewtonPlan(grid)),
    sweepPlan: once(() => createSweepPlan(grid)),
  };
  return grid;
}

/**
 * Sums parallel branches into edges; a branch from a node to itself becomes a shunt of that node.
 */
function mergeParallel(topology: Topology, twoPorts: readonly TwoPort[], shunt: Complex[]): Edges {
  const edgeOfPair = new Map<number, number>();
  const a: number[] = [];
  const b: number[] = [];
  const sums: TwoPort[] = [];
  twoPorts.forEach(({ ff, ft, tf, tt }, branch) => {
    const from = topology.fromNode[branch]!;
    const to = topology.toNode[branch]!;
    if (from === to) {
      shunt[from] = [ff, ft, tf, tt].reduce(add, shunt[from]!);
      return;
    }
    const forward = from < to;
    const port = forward ? { ff, ft, tf, tt } : { ff: tt, ft: tf, tf: ft, tt: ff };
    const low = forward ? from : to;
    const high = forward ? to : from;
    const pair = low * topology.nodeCount + high;
    const edge = edgeOfPair.get(pair);
    if (edge === undefined) {
      edgeOfPair.set(pair, a.length);
      a.push(low);
      b.push(high);
      sums.push(port);
    } else {
      const sum = sums[edge]!;
      sums[edge] = {
        ff: add(sum.ff, port.ff),
        ft: add(sum.ft, port.ft),
        tf: add(sum.tf, port.tf),
        tt: add(sum.tt, port.tt),
      };
    }
  });
  return { a: Int32Array.from(a), b: Int32Array.from(b), y: columns(sums) };
}

/** Follows the search tree and multiplies transformer ratios. */
function noLoadVoltages(
  network: Network,
  topology: Topology,
  vnKv: (bus: string) => number,
): Complex[] {
  const voltages: Complex[] = [{ re: 1, im: 0 }];
  for (let node = 1; node < topology.nodeCount; node++) {
    const branch = topology.parentBranch[node]!;
    const parent = voltages[topology.parentNode[node]!]!;
    if (branch < topology.lineCount) {
      voltages.push(parent);
      continue;
    }
    const transformer = network.transformers[topology.elementOfBranch[branch]!]!;
    const ratio = transformerRatio(transformer, vnKv(transformer.hv), vnKv(transformer.lv));
    const fromHv = topology.toNode[branch] === node;
    voltages.push(fromHv ? divide(parent, ratio) : multiply(parent, ratio));
  }
  return voltages;
}

function columns(rows: readonly TwoPort[]): TwoPortColumns {
  const column = (value: (row: TwoPort) => number): Float64Array => Float64Array.from(rows, value);
  return {
    ffRe: column((row) => row.ff.re),
    ffIm: column((row) => row.ff.im),
    ftRe: column((row) => row.ft.re),
    ftIm: column((row) => row.ft.im),
    tfRe: column((row) => row.tf.re),
    tfIm: column((row) => row.tf.im),
    ttRe: column((row) => row.tt.re),
    ttIm: column((row) => row.tt.im),
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
