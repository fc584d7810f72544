import type { Attempt, NodeVoltages } from './attempt';
import type { CompiledGrid, SweepPlan } from './compiled-grid';
import type { NodeDemand } from './demand';

/** How far any voltage may still be from the solution, pu. */
const toleranceVmPu = 1e-10;
/**
 * How far it may have moved last, pu: the share of the power at a bus that is still out of balance.
 */
const changeVmPuMax = 1e-9;
/** A change of this size is rounding and does not shrink any further, pu. */
const roundingVmPu = 1e-13;
const iterationsMax = 500;
/** A voltage below this square, or a jump above this size, says that the sweep runs away. */
const collapsedSquarePu = 1e-6;
const runawayPu = 2;

/**
 * Null where the sweep does not apply: the grid has a loop (parallel branches are none, unless
 * their phase shifts differ) or a generator holds a voltage.
 */
export function createSweepPlan(grid: CompiledGrid): SweepPlan | null {
  const { a, b, y } = grid.edges;
  const nodeCount = grid.topology.nodeCount;
  if (a.length !== nodeCount - 1 || grid.controlledVmPu.some((vmPu) => vmPu > 0)) return null;
  const column = (): Float64Array => new Float64Array(nodeCount);
  const baseSquared = grid.noLoadRe.map((re, node) => re * re + grid.noLoadIm[node]! ** 2);
  const plan: SweepPlan = {
    parent: new Int32Array(nodeCount),
    zRe: column(),
    zIm: column(),
    endRe: column(),
    endIm: column(),
    baseRe: grid.noLoadRe,
    baseIm: grid.noLoadIm,
    baseSquared,
    base: baseSquared.map(Math.sqrt),
    vRe: column(),
    vIm: column(),
    iRe: column(),
    iIm: column(),
    shuntRe: column(),
    shuntIm: column(),
  };
  for (let edge = 0; edge < a.length; edge++) {
    const up = a[edge]!;
    const down = b[edge]!;
    plan.parent[down] = up;
    // conj(base_up) base_down turns the mutual admittance into the bases of its ends.
    const re =
      grid.noLoadRe[up]! * grid.noLoadRe[down]! + grid.noLoadIm[up]! * grid.noLoadIm[down]!;
    const im =
      grid.noLoadRe[up]! * grid.noLoadIm[down]! - grid.noLoadIm[up]! * grid.noLoadRe[down]!;
    const seriesRe = -(y.ftRe[edge]! * re - y.ftIm[edge]! * im);
    const seriesIm = -(y.ftRe[edge]! * im + y.ftIm[edge]! * re);
    const backRe = -(y.tfRe[edge]! * re + y.tfIm[edge]! * im);
    const backIm = -(y.tfIm[edge]! * re - y.tfRe[edge]! * im);
    const squared = seriesRe * seriesRe + seriesIm * seriesIm;
    const differs = (seriesRe - backRe) ** 2 + (seriesIm - backIm) ** 2;
    if (!(differs <= 1e-18 * squared)) return null;
    plan.zRe[down] = seriesRe / squared;
    plan.zIm[down] = -seriesIm / squared;
    plan.endRe[up]! += baseSquared[up]! * y.ffRe[edge]! - seriesRe;
    plan.endIm[up]! += baseSquared[up]! * y.ffIm[edge]! - seriesIm;
    plan.endRe[down]! += baseSquared[down]! * y.ttRe[edge]! - seriesRe;
    plan.endIm[down]! += baseSquared[down]! * y.ttIm[edge]! - seriesIm;
  }
  return plan;
}

/**
 * Backward/forward sweep (Shirmohammadi et al. 1988): sums currents from the leaves to the slack,
 * then lays out voltages from the slack to the leaves, until they stand still.
 *
 * @param voltages start; on return the solution, or where the sweep ended. The slack stays as it
 * is.
 */
export function solveSweep(plan: SweepPlan, demand: NodeDemand, voltages: NodeVoltages): Attempt {
  load(plan, demand, voltages);
  drawCurrents(plan, demand);
  let converged = false;
  let iterations = 0;
  let previousChange = 0;
  while (!converged && iterations < iterationsMax) {
    iterations++;
    const change = sweepOnce(plan, demand);
    if (!(change < runawayPu)) break;
    // Changes shrink like a geometric series, so the sum of those to come is known.
    const toCome = (change * change) / (previousChange - change);
    converged =
      change < roundingVmPu ||
      (change < changeVmPuMax && change < previousChange && toCome < toleranceVmPu);
    previousChange = change;
  }
  const { baseRe, baseIm, vRe, vIm } = plan;
  for (let node = 1; node < vRe.length; node++) {
    voltages.re[node] = vRe[node]! * baseRe[node]! - vIm[node]! * baseIm[node]!;
    voltages.im[node] = vRe[node]! * baseIm[node]! + vIm[node]! * baseRe[node]!;
  }
  return { converged, iterations };
}

function load(plan: SweepPlan, demand: NodeDemand, voltages: NodeVoltages): void {
  const { baseRe, baseIm, baseSquared } = plan;
  for (let node = 0; node < baseRe.length; node++) {
    const re = voltages.re[node]!;
    const im = voltages.im[node]!;
    const squared = baseSquared[node]!;
    plan.vRe[node] = (re * baseRe[node]! + im * baseIm[node]!) / squared;
    plan.vIm[node] = (im * baseRe[node]! - re * baseIm[node]!) / squared;
    plan.shuntRe[node] = plan.endRe[node]! + demand.shuntRe[node]! * squared;
    plan.shuntIm[node] = plan.endIm[node]! + demand.shuntIm[node]! * squared;
  }
}

/** Current drawn at each node at the present voltages. */
function drawCurrents(plan: SweepPlan, demand: NodeDemand): void {
  const { vRe, vIm, iRe, iIm, shuntRe, shuntIm, base } = plan;
  iRe[0] = 0;
  iIm[0] = 0;
  for (let node = 1; node < vRe.length; node++) {
    const re = vRe[node]!;
    const im = vIm[node]!;
    const squared = re * re + im * im;
    const vm = base[node]! * Math.sqrt(squared);
    const p = demand.pMw[node]! + vm * demand.currentPMw[node]!;
    const q = demand.qMvar[node]! + vm * demand.currentQMvar[node]!;
    const g = p / squared + shuntRe[node]!;
    const b = shuntIm[node]! - q / squared;
    iRe[node] = g * re - b * im;
    iIm[node] = g * im + b * re;
  }
}

/**
 * One sweep down and up; the way out also draws the next currents, so each node is touched twice
 * only. Returns the largest change of a voltage, or Infinity when one collapses.
 */
function sweepOnce(plan: SweepPlan, demand: NodeDemand): number {
  const { parent, zRe, zIm, vRe, vIm, iRe, iIm, shuntRe, shuntIm, base } = plan;
  const { pMw, qMvar, currentPMw, currentQMvar, hasCurrent } = demand;
  const nodeCount = parent.length;
  for (let node = nodeCount - 1; node > 0; node--) {
    const up = parent[node]!;
    iRe[up]! += iRe[node]!;
    iIm[up]! += iIm[node]!;
  }
  let change = 0;
  for (let node = 1; node < nodeCount; node++) {
    const up = parent[node]!;
    const downRe = iRe[node]!;
    const downIm = iIm[node]!;
    const re = vRe[up]! - (zRe[node]! * downRe - zIm[node]! * downIm);
    const im = vIm[up]! - (zRe[node]! * downIm + zIm[node]! * downRe);
    const moved = Math.abs(re - vRe[node]!) + Math.abs(im - vIm[node]!);
    if (moved > change) change = moved;
    vRe[node] = re;
    vIm[node] = im;
    const squared = re * re + im * im;
    if (!(squared > collapsedSquarePu)) return Infinity;
    let p = pMw[node]!;
    let q = qMvar[node]!;
    if (hasCurrent) {
      const vm = base[node]! * Math.sqrt(squared);
      p += vm * currentPMw[node]!;
      q += vm * currentQMvar[node]!;
    }
    // conj(S / V) plus the shunt: (p - jq) V / |V|^2 + y V.
    const g = p / squared + shuntRe[node]!;
    const b = shuntIm[node]! - q / squared;
    iRe[node] = g * re - b * im;
    iIm[node] = g * im + b * re;
  }
  return change;
}
