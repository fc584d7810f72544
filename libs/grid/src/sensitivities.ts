import { GridModelError } from './model/grid-model-error';
import { createNodeVoltages, type NodeVoltages } from './power-flow/attempt';
import { solveTransposed } from './power-flow/block-lu';
import type { CompiledGrid } from './power-flow/compiled-grid';
import {
  checkLoading,
  createNodeDemand,
  fillNodeDemand,
  type GridLoading,
} from './power-flow/demand';
import {
  createBranchFlows,
  fillBranchFlows,
  lineIKa,
  transformerLoadingPercent,
  type BranchFlows,
} from './power-flow/flows';
import { factoriseAt } from './power-flow/newton-raphson';
import { notConverged, solveStep, type NotConverged } from './power-flow/solve-step';

/** Something a market can influence; named like the columns of `SeriesResult`. */
export interface Quantity {
  readonly kind: 'busVmPu' | 'lineIKa' | 'transformerLoadingPercent';
  /** Id of the bus, line or transformer. */
  readonly id: string;
}

/** How a quantity answers to power withdrawn at each bus, to first order. */
export interface Sensitivity {
  readonly quantity: Quantity;
  readonly value: number;
  /**
   * Change per additional MW and Mvar withdrawn, by bus of `network.buses`; in pu, kA or % per MW.
   * 0 at the slack, at buses without supply, and for Q where a generator holds the voltage.
   */
  readonly perMw: Float64Array;
  readonly perMvar: Float64Array;
}

export interface Sensitivities {
  readonly converged: true;
  readonly sensitivities: readonly Sensitivity[];
}

/**
 * Linear sensitivities around the solution of one step. One factorised Jacobian serves all
 * quantities, and one solve with its transpose gives a quantity's answer to every bus at once
 * (adjoint method).
 *
 * Currents are of the end with the larger one, as ratings see them, and have no slope at exactly no
 * current: 0 then.
 *
 * @throws GridModelError when a quantity names no energised element, or the loading does not fit.
 */
export function sensitivities(
  grid: CompiledGrid,
  quantities: readonly Quantity[],
  { loading, step = 0 }: { readonly loading?: GridLoading; readonly step?: number } = {},
): Sensitivities | NotConverged {
  if (loading !== undefined) checkLoading(grid, loading);
  const { nodeCount, nodeOfBus } = grid.topology;
  const demand = createNodeDemand(nodeCount);
  const voltages = createNodeVoltages(nodeCount);
  fillNodeDemand(grid, loading, step, demand);
  const attempt = solveStep(grid, demand, voltages, 'newtonRaphson', false);
  const plan = grid.newtonPlan();
  // A Jacobian without inverse is the tip of the nose curve: the slope there is infinite.
  if (!attempt.converged || !factoriseAt(plan, demand, voltages)) {
    return notConverged(grid, demand, voltages, attempt.iterations);
  }
  const flows = createBranchFlows(grid);
  fillBranchFlows(grid, voltages, flows);
  const gradient = new Float64Array(plan.mismatch.length);
  const answer = (quantity: Quantity): Sensitivity => {
    const toAngle = new Float64Array(nodeCount);
    const toLogVoltage = new Float64Array(nodeCount);
    const value = differentiate(grid, quantity, voltages, flows, { toAngle, toLogVoltage });
    gradient.fill(0);
    for (let node = 1; node < nodeCount; node++) {
      gradient[2 * plan.position[node]!] = toAngle[node]!;
      gradient[2 * plan.position[node]! + 1] = toLogVoltage[node]!;
    }
    solveTransposed(plan.lu, gradient);
    const perMw = new Float64Array(nodeOfBus.length);
    const perMvar = new Float64Array(nodeOfBus.length);
    nodeOfBus.forEach((node, bus) => {
      if (node <= 0) return;
      perMw[bus] = -gradient[2 * plan.position[node]!]!;
      if (grid.controlledVmPu[node] === 0) {
        perMvar[bus] = -gradient[2 * plan.position[node]! + 1]!;
      }
    });
    return { quantity, value, perMw, perMvar };
  };
  return { converged: true, sensitivities: quantities.map(answer) };
}

/**
 * Partial derivatives of a quantity with respect to angle (rad) and logarithm of each node's
 * voltage.
 */
interface Gradient {
  readonly toAngle: Float64Array;
  readonly toLogVoltage: Float64Array;
}

/** Fills the gradient, returns the quantity's value. */
function differentiate(
  grid: CompiledGrid,
  quantity: Quantity,
  voltages: NodeVoltages,
  flows: BranchFlows,
  gradient: Gradient,
): number {
  const { network, topology } = grid;
  const { kind, id } = quantity;
  if (kind === 'busVmPu') {
    const node = topology.nodeOfBus[network.buses.findIndex((bus) => bus.id === id)] ?? -1;
    if (node < 0) throw unknownElement(`bus "${id}"`);
    const vmPu = Math.hypot(voltages.re[node]!, voltages.im[node]!);
    gradient.toLogVoltage[node] = vmPu;
    return vmPu;
  }
  if (kind === 'lineIKa') {
    const line = network.lines.findIndex((row) => row.id === id);
    const branch = topology.elementOfBranch.subarray(0, topology.lineCount).indexOf(line);
    if (branch < 0) throw unknownElement(`line "${id}"`);
    const fromEnd = flows.iFromKa[branch]! >= flows.iToKa[branch]!;
    const factor = fromEnd ? flows.fromBaseKa[branch]! : flows.toBaseKa[branch]!;
    differentiateCurrent(grid, voltages, branch, fromEnd, { ...gradient, factor });
    return lineIKa(flows, branch);
  }
  const index = network.transformers.findIndex((row) => row.id === id);
  const branch = topology.elementOfBranch.indexOf(index, topology.lineCount);
  if (index < 0 || branch < 0) throw unknownElement(`transformer "${id}"`);
  const { vnHvKv, vnLvKv, snMva, unrated } = network.transformers[index]!;
  if (unrated === true) {
    throw new GridModelError(`transformer "${id}"`, 'is unrated: it has no loading', 'Rate it');
  }
  const hvEnd = flows.iFromKa[branch]! * vnHvKv >= flows.iToKa[branch]! * vnLvKv;
  const kvKa = hvEnd ? flows.fromBaseKa[branch]! * vnHvKv : flows.toBaseKa[branch]! * vnLvKv;
  const factor = (100 * Math.sqrt(3) * kvKa) / snMva;
  differentiateCurrent(grid, voltages, branch, hvEnd, { ...gradient, factor });
  return transformerLoadingPercent(grid, flows, branch);
}

/**
 * Gradient of `factor` times the magnitude of the current (pu) at one end of a branch:
 * d|I| = Re(conj(I)/|I| dI) with dV = jV at a turn and dV = V at a relative rise.
 */
function differentiateCurrent(
  grid: CompiledGrid,
  { re, im }: NodeVoltages,
  branch: number,
  fromEnd: boolean,
  { toAngle, toLogVoltage, factor }: Gradient & { readonly factor: number },
): void {
  const y = grid.branches;
  const terms = [
    {
      node: grid.topology.fromNode[branch]!,
      yRe: (fromEnd ? y.ffRe : y.tfRe)[branch]!,
      yIm: (fromEnd ? y.ffIm : y.tfIm)[branch]!,
    },
    {
      node: grid.topology.toNode[branch]!,
      yRe: (fromEnd ? y.ftRe : y.ttRe)[branch]!,
      yIm: (fromEnd ? y.ftIm : y.ttIm)[branch]!,
    },
  ].map(({ node, yRe, yIm }) => ({
    node,
    currentRe: yRe * re[node]! - yIm * im[node]!,
    currentIm: yRe * im[node]! + yIm * re[node]!,
  }));
  const currentRe = terms[0]!.currentRe + terms[1]!.currentRe;
  const currentIm = terms[0]!.currentIm + terms[1]!.currentIm;
  const magnitude = Math.hypot(currentRe, currentIm);
  if (magnitude === 0) return;
  for (const term of terms) {
    const alongRe = (currentRe * term.currentRe + currentIm * term.currentIm) / magnitude;
    const alongIm = (currentRe * term.currentIm - currentIm * term.currentRe) / magnitude;
    toLogVoltage[term.node]! += factor * alongRe;
    toAngle[term.node]! -= factor * alongIm;
  }
}

function unknownElement(element: string): GridModelError {
  return new GridModelError(
    element,
    'it is not in service and supplied in this grid',
    'Name an element that carries power',
  );
}
