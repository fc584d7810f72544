import { createNodeVoltages, type NodeVoltages } from './power-flow/attempt';
import type { CompiledGrid } from './power-flow/compiled-grid';
import {
  checkLoading,
  createNodeDemand,
  fillNodeDemand,
  type GridLoading,
  type NodeDemand,
} from './power-flow/demand';
import {
  createBranchFlows,
  fillBranchFlows,
  lineIKa,
  transformerLoadingPercent,
  type BranchFlows,
} from './power-flow/flows';
import {
  notConverged,
  solveStep,
  type Algorithm,
  type NotConverged,
} from './power-flow/solve-step';

/**
 * The state of every energised element; kA, MW, Mvar, pu of the bus's `vnKv`, degrees between -180
 * and 180.
 */
export interface PowerFlowSolution {
  readonly converged: true;
  readonly iterations: number;
  readonly buses: readonly BusResult[];
  readonly lines: readonly LineResult[];
  readonly transformers: readonly TransformerResult[];
  /** What generators with a set voltage supply. */
  readonly controlledGenerators: readonly { readonly id: string; readonly qMvar: number }[];
  /** Supplied by the slack into the network; negative = export. */
  readonly externalGrid: { readonly pMw: number; readonly qMvar: number };
  /** Sum of `plMw` of lines and transformers, iron losses included. */
  readonly totalLossesMw: number;
  /** Buses without a path to the slack; nothing that needs supply is connected to them. */
  readonly unsuppliedBuses: readonly string[];
}

export interface BusResult {
  readonly id: string;
  readonly vmPu: number;
  readonly vaDegree: number;
}

/** Powers flow into the line at each end; `iKa` is the larger of both currents. */
export interface LineResult {
  readonly id: string;
  readonly iFromKa: number;
  readonly iToKa: number;
  readonly iKa: number;
  readonly pFromMw: number;
  readonly qFromMvar: number;
  readonly pToMw: number;
  readonly qToMvar: number;
  readonly plMw: number;
  /** % of `maxIKa`; null = unrated. */
  readonly loadingPercent: number | null;
}

export interface TransformerResult {
  readonly id: string;
  readonly iHvKa: number;
  readonly iLvKa: number;
  readonly pHvMw: number;
  readonly qHvMvar: number;
  readonly pLvMw: number;
  readonly qLvMvar: number;
  readonly plMw: number;
  /** % of `snMva`; null = unrated. */
  readonly loadingPercent: number | null;
}

export type PowerFlowResult = PowerFlowSolution | NotConverged;

export interface PowerFlowOptions {
  /** Default `newtonRaphson`. */
  readonly algorithm?: Algorithm;
  /** Powers to solve for in place of the network's own, and which of their steps (default 0). */
  readonly loading?: GridLoading;
  readonly step?: number;
}

/**
 * Solves one power flow and reports every element. A case without a solution (overload, voltage
 * collapse) is a result, `converged: false`.
 *
 * @throws GridModelError on a loading that does not fit the grid, or the sweep on a meshed grid.
 */
export function solvePowerFlow(
  grid: CompiledGrid,
  { algorithm = 'newtonRaphson', loading, step = 0 }: PowerFlowOptions = {},
): PowerFlowResult {
  if (loading !== undefined) checkLoading(grid, loading);
  const { nodeCount } = grid.topology;
  const demand = createNodeDemand(nodeCount);
  const voltages = createNodeVoltages(nodeCount);
  fillNodeDemand(grid, loading, step, demand);
  const { converged, iterations } = solveStep(grid, demand, voltages, algorithm, false);
  if (!converged) return notConverged(grid, demand, voltages, iterations);

  const flows = createBranchFlows(grid);
  fillBranchFlows(grid, voltages, flows);
  const lines = lineResults(grid, flows);
  const transformers = transformerResults(grid, flows);
  const { network, topology } = grid;
  return {
    converged: true,
    iterations,
    buses: busResults(grid, voltages),
    lines,
    transformers,
    controlledGenerators: network.staticGenerators
      .map((generator, index) => ({ generator, node: grid.nodeOfGenerator[index]! }))
      .filter(({ generator }) => generator.vmPu !== null)
      .map(({ generator, node }) => ({
        id: generator.id,
        qMvar: nodeSupply(grid, demand, voltages, flows, node).qMvar,
      })),
    externalGrid: nodeSupply(grid, demand, voltages, flows, 0),
    totalLossesMw: [...lines, ...transformers].reduce((sum, { plMw }) => sum + plMw, 0),
    unsuppliedBuses: network.buses
      .filter((_, index) => topology.nodeOfBus[index]! < 0)
      .map((bus) => bus.id),
  };
}

/**
 * What a node must be supplied with from outside: flow into its branches plus what it withdraws.
 */
export function nodeSupply(
  grid: CompiledGrid,
  demand: NodeDemand,
  { re, im }: NodeVoltages,
  flows: BranchFlows,
  node: number,
): { pMw: number; qMvar: number } {
  const { fromNode, toNode } = grid.topology;
  const squared = re[node]! ** 2 + im[node]! ** 2;
  const vm = Math.sqrt(squared);
  let pMw = demand.pMw[node]! + vm * demand.currentPMw[node]! + squared * demand.shuntRe[node]!;
  let qMvar =
    demand.qMvar[node]! + vm * demand.currentQMvar[node]! - squared * demand.shuntIm[node]!;
  for (let branch = 0; branch < fromNode.length; branch++) {
    // A line from a node to itself is among the node's shunts.
    if (fromNode[branch] === toNode[branch]) continue;
    if (fromNode[branch] === node) {
      pMw += flows.pFromMw[branch]!;
      qMvar += flows.qFromMvar[branch]!;
    } else if (toNode[branch] === node) {
      pMw += flows.pToMw[branch]!;
      qMvar += flows.qToMvar[branch]!;
    }
  }
  return { pMw, qMvar };
}

function busResults({ network, topology }: CompiledGrid, { re, im }: NodeVoltages): BusResult[] {
  const results: BusResult[] = [];
  network.buses.forEach(({ id }, index) => {
    const node = topology.nodeOfBus[index]!;
    if (node < 0) return;
    const vaDegree = (Math.atan2(im[node]!, re[node]!) * 180) / Math.PI;
    results.push({ id, vmPu: Math.hypot(re[node]!, im[node]!), vaDegree });
  });
  return results;
}

function lineResults({ network, topology }: CompiledGrid, flows: BranchFlows): LineResult[] {
  return Array.from(topology.elementOfBranch.subarray(0, topology.lineCount), (element, branch) => {
    const { id, maxIKa } = network.lines[element]!;
    const iKa = lineIKa(flows, branch);
    const pFromMw = flows.pFromMw[branch]!;
    const pToMw = flows.pToMw[branch]!;
    return {
      id,
      iFromKa: flows.iFromKa[branch]!,
      iToKa: flows.iToKa[branch]!,
      iKa,
      pFromMw,
      qFromMvar: flows.qFromMvar[branch]!,
      pToMw,
      qToMvar: flows.qToMvar[branch]!,
      plMw: pFromMw + pToMw,
      loadingPercent: maxIKa === null ? null : (100 * iKa) / maxIKa,
    };
  });
}

function transformerResults(grid: CompiledGrid, flows: BranchFlows): TransformerResult[] {
  const { network, topology } = grid;
  return Array.from(topology.elementOfBranch.subarray(topology.lineCount), (element, index) => {
    const branch = topology.lineCount + index;
    const pHvMw = flows.pFromMw[branch]!;
    const pLvMw = flows.pToMw[branch]!;
    const loadingPercent = transformerLoadingPercent(grid, flows, branch);
    return {
      id: network.transformers[element]!.id,
      iHvKa: flows.iFromKa[branch]!,
      iLvKa: flows.iToKa[branch]!,
      pHvMw,
      qHvMvar: flows.qFromMvar[branch]!,
      pLvMw,
      qLvMvar: flows.qToMvar[branch]!,
      plMw: pHvMw + pLvMw,
      loadingPercent: Number.isNaN(loadingPercent) ? null : loadingPercent,
    };
  });
}
