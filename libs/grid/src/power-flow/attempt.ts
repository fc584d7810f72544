import type { CompiledGrid } from './compiled-grid';
import type { NodeDemand } from './demand';

/** Complex voltage of each node, pu, slack first. */
export interface NodeVoltages {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/**
 * How a solver's run over one step ended. A run that does not converge is a finding, not a fault.
 */
export interface Attempt {
  readonly converged: boolean;
  readonly iterations: number;
}

export const createNodeVoltages = (nodeCount: number): NodeVoltages => ({
  re: new Float64Array(nodeCount),
  im: new Float64Array(nodeCount),
});

/**
 * Start without knowledge: every node at its no-load voltage, transformer ratios and shifts
 * included, controlled nodes at their set magnitude. A start at angle 0 would not converge behind a
 * Dyn5 transformer.
 */
export function setNoLoadVoltages(
  grid: CompiledGrid,
  demand: NodeDemand,
  voltages: NodeVoltages,
): void {
  setSlackVoltage(grid, demand, voltages);
  const slackRe = voltages.re[0]!;
  const slackIm = voltages.im[0]!;
  for (let node = 1; node < voltages.re.length; node++) {
    const re = grid.noLoadRe[node]!;
    const im = grid.noLoadIm[node]!;
    const controlled = grid.controlledVmPu[node]!;
    const factor = controlled > 0 ? controlled / (Math.hypot(re, im) * demand.slackVmPu) : 1;
    voltages.re[node] = factor * (slackRe * re - slackIm * im);
    voltages.im[node] = factor * (slackRe * im + slackIm * re);
  }
}

/** Sets the slack only: the start from the voltages that another step left behind. */
export function setSlackVoltage(
  grid: CompiledGrid,
  demand: NodeDemand,
  voltages: NodeVoltages,
): void {
  const angleRad = (grid.network.externalGrid.vaDegree * Math.PI) / 180;
  voltages.re[0] = demand.slackVmPu * Math.cos(angleRad);
  voltages.im[0] = demand.slackVmPu * Math.sin(angleRad);
}

/**
 * Where a solution fails most: what the node withdraws less what the grid brings there, MW and
 * Mvar.
 */
export interface WorstMismatch {
  readonly node: number;
  readonly mismatchMw: number;
  readonly mismatchMvar: number;
}

/**
 * Evaluates the power balance of every node but the slack; Q is free where the voltage is
 * controlled.
 */
export function worstMismatch(
  grid: CompiledGrid,
  demand: NodeDemand,
  { re, im }: NodeVoltages,
): WorstMismatch {
  const { a, b, y } = grid.edges;
  const currentRe = new Float64Array(re.length);
  const currentIm = new Float64Array(re.length);
  for (let node = 0; node < re.length; node++) {
    currentRe[node] = demand.shuntRe[node]! * re[node]! - demand.shuntIm[node]! * im[node]!;
    currentIm[node] = demand.shuntRe[node]! * im[node]! + demand.shuntIm[node]! * re[node]!;
  }
  for (let edge = 0; edge < a.length; edge++) {
    const f = a[edge]!;
    const t = b[edge]!;
    currentRe[f]! +=
      y.ffRe[edge]! * re[f]! -
      y.ffIm[edge]! * im[f]! +
      y.ftRe[edge]! * re[t]! -
      y.ftIm[edge]! * im[t]!;
    currentIm[f]! +=
      y.ffRe[edge]! * im[f]! +
      y.ffIm[edge]! * re[f]! +
      y.ftRe[edge]! * im[t]! +
      y.ftIm[edge]! * re[t]!;
    currentRe[t]! +=
      y.tfRe[edge]! * re[f]! -
      y.tfIm[edge]! * im[f]! +
      y.ttRe[edge]! * re[t]! -
      y.ttIm[edge]! * im[t]!;
    currentIm[t]! +=
      y.tfRe[edge]! * im[f]! +
      y.tfIm[edge]! * re[f]! +
      y.ttRe[edge]! * im[t]! +
      y.ttIm[edge]! * re[t]!;
  }
  let worst: WorstMismatch = { node: 0, mismatchMw: 0, mismatchMvar: 0 };
  let worstSize = -1;
  for (let node = 1; node < re.length; node++) {
    const vm = Math.hypot(re[node]!, im[node]!);
    const p =
      re[node]! * currentRe[node]! +
      im[node]! * currentIm[node]! +
      demand.pMw[node]! +
      vm * demand.currentPMw[node]!;
    const q =
      grid.controlledVmPu[node]! > 0
        ? 0
        : im[node]! * currentRe[node]! -
          re[node]! * currentIm[node]! +
          demand.qMvar[node]! +
          vm * demand.currentQMvar[node]!;
    const size = Math.max(Math.abs(p), Math.abs(q));
    if (size <= worstSize) continue;
    worstSize = size;
    worst = { node, mismatchMw: p, mismatchMvar: q };
  }
  return worst;
}
