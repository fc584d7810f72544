import type { Attempt, NodeVoltages } from './attempt';
import { factorise, solve } from './block-lu';
import type { NewtonPlan } from './compiled-grid';
import type { NodeDemand } from './demand';

/** Power mismatch at which a node counts as solved, MW and Mvar. */
const toleranceMw = 1e-10;
const iterationsMax = 50;
/** A damped step shorter than this part of the Newton step makes no progress worth having. */
const stepShareMin = 1 / 1024;

/**
 * Newton-Raphson in polar form (Tinney and Hart 1967) on angle and logarithm of the voltage. A step
 * that does not reduce the sum of squared mismatches is halved until it does (a line search in
 * place of the optimal multiplier of Iwamoto and Tamura 1981), so stressed grids converge and
 * unsolvable ones stop at the best point found.
 *
 * @param voltages start; on return the solution, or the best point found. The slack stays as it is.
 */
export function solveNewton(plan: NewtonPlan, demand: NodeDemand, voltages: NodeVoltages): Attempt {
  load(plan, demand, voltages);
  let error = evaluateMismatch(plan);
  let iterations = 0;
  let converged = isSolved(plan);
  while (!converged && iterations < iterationsMax) {
    iterations++;
    assembleJacobian(plan);
    if (!factorise(plan.lu)) break;
    plan.step.set(plan.mismatch);
    solve(plan.lu, plan.step);
    const reached = search(plan, error);
    if (reached === null) break;
    error = reached;
    converged = isSolved(plan);
  }
  for (let node = 0; node < plan.position.length; node++) {
    voltages.re[node] = plan.vRe[plan.position[node]!]!;
    voltages.im[node] = plan.vIm[plan.position[node]!]!;
  }
  return { converged, iterations };
}

/**
 * Turns the nodes to where the active powers put them, all magnitudes held: one step of the
 * decoupled power flow. A start for meshed grids whose powers stand far from no load.
 *
 * @param voltages start; on return turned, or as they were where that has no solution.
 */
export function turnNodes(plan: NewtonPlan, demand: NodeDemand, voltages: NodeVoltages): void {
  load(plan, demand, voltages);
  evaluateMismatch(plan);
  assembleJacobian(plan, true);
  for (let at = 0; at < plan.lu.size; at++) plan.mismatch[2 * at + 1] = 0;
  if (!factorise(plan.lu)) return;
  plan.step.set(plan.mismatch);
  solve(plan.lu, plan.step);
  for (let node = 1; node < plan.position.length; node++) {
    const turn = -plan.step[2 * plan.position[node]!]!;
    const re = voltages.re[node]!;
    const im = voltages.im[node]!;
    voltages.re[node] = re * Math.cos(turn) - im * Math.sin(turn);
    voltages.im[node] = re * Math.sin(turn) + im * Math.cos(turn);
  }
}

/** Jacobian at the given voltages, factorised; for sensitivities. False = singular. */
export function factoriseAt(plan: NewtonPlan, demand: NodeDemand, voltages: NodeVoltages): boolean {
  load(plan, demand, voltages);
  evaluateMismatch(plan);
  assembleJacobian(plan);
  return factorise(plan.lu);
}

function load(plan: NewtonPlan, demand: NodeDemand, voltages: NodeVoltages): void {
  for (let node = 0; node < plan.position.length; node++) {
    const at = plan.position[node]!;
    plan.vRe[at] = voltages.re[node]!;
    plan.vIm[at] = voltages.im[node]!;
    plan.demandP[at] = demand.pMw[node]!;
    plan.demandQ[at] = demand.qMvar[node]!;
    plan.currentP[at] = demand.currentPMw[node]!;
    plan.currentQ[at] = demand.currentQMvar[node]!;
    plan.shuntRe[at] = demand.shuntRe[node]!;
    plan.shuntIm[at] = demand.shuntIm[node]!;
  }
}

/** Fills `p`, `q` and `mismatch`; returns the sum of the squared mismatches. */
function evaluateMismatch(plan: NewtonPlan): number {
  const { p, q, vRe, vIm, mismatch, lu } = plan;
  for (let at = 0; at <= lu.size; at++) {
    const squared = vRe[at]! * vRe[at]! + vIm[at]! * vIm[at]!;
    p[at] = (plan.diagonalRe[at]! + plan.shuntRe[at]!) * squared;
    q[at] = -(plan.diagonalIm[at]! + plan.shuntIm[at]!) * squared;
  }
  addEdgeFlows(plan);
  let error = 0;
  for (let at = 0; at < lu.size; at++) {
    const vm = Math.sqrt(vRe[at]! * vRe[at]! + vIm[at]! * vIm[at]!);
    const mismatchP = p[at]! + plan.demandP[at]! + vm * plan.currentP[at]!;
    const mismatchQ =
      plan.controlledVmPu[at]! > 0 ? 0 : q[at]! + plan.demandQ[at]! + vm * plan.currentQ[at]!;
    mismatch[2 * at] = mismatchP;
    mismatch[2 * at + 1] = mismatchQ;
    error += mismatchP * mismatchP + mismatchQ * mismatchQ;
  }
  return error;
}

function addEdgeFlows(plan: NewtonPlan): void {
  const { p, q, vRe, vIm, edgeA, edgeB, edgeY } = plan;
  const { ftRe, ftIm, tfRe, tfIm } = edgeY;
  for (let edge = 0; edge < edgeA.length; edge++) {
    const a = edgeA[edge]!;
    const b = edgeB[edge]!;
    // Va Vb cos and Va Vb sin of the angle between them.
    const cosine = vRe[a]! * vRe[b]! + vIm[a]! * vIm[b]!;
    const sine = vIm[a]! * vRe[b]! - vRe[a]! * vIm[b]!;
    p[a]! += ftRe[edge]! * cosine + ftIm[edge]! * sine;
    q[a]! += ftRe[edge]! * sine - ftIm[edge]! * cosine;
    p[b]! += tfRe[edge]! * cosine - tfIm[edge]! * sine;
    q[b]! -= tfRe[edge]! * sine + tfIm[edge]! * cosine;
  }
}

/**
 * Every mismatch is below the tolerance, or below what rounding leaves of it on very short lines.
 */
function isSolved(plan: NewtonPlan): boolean {
  const { mismatch, rowMagnitude, vRe, vIm, lu } = plan;
  for (let at = 0; at < lu.size; at++) {
    const squared = vRe[at]! * vRe[at]! + vIm[at]! * vIm[at]!;
    const tolerance = toleranceMw + 4 * Number.EPSILON * rowMagnitude[at]! * squared;
    if (!(Math.abs(mismatch[2 * at]!) <= tolerance)) return false;
    if (!(Math.abs(mismatch[2 * at + 1]!) <= tolerance)) return false;
  }
  return true;
}

/**
 * d(P, Q)/d(angle, ln V); the second row of a node whose voltage is held says that ln V stays.
 */
function assembleJacobian(plan: NewtonPlan, holdAll = false): void {
  const { lu, vRe, vIm, p, q, edgeA, edgeB, edgeY, controlledVmPu } = plan;
  const values = lu.values;
  values.fill(0);
  for (let at = 0; at < lu.size; at++) {
    const squared = vRe[at]! * vRe[at]! + vIm[at]! * vIm[at]!;
    const vm = Math.sqrt(squared);
    const g = (plan.diagonalRe[at]! + plan.shuntRe[at]!) * squared;
    const b = (plan.diagonalIm[at]! + plan.shuntIm[at]!) * squared;
    const controlled = holdAll || controlledVmPu[at]! > 0;
    values[4 * at] = -q[at]! - b;
    values[4 * at + 1] = p[at]! + g + vm * plan.currentP[at]!;
    values[4 * at + 2] = controlled ? 0 : p[at]! - g;
    values[4 * at + 3] = controlled ? 1 : q[at]! - b + vm * plan.currentQ[at]!;
  }
  for (let edge = 0; edge < edgeA.length; edge++) {
    const ab = plan.blockAB[edge]!;
    if (ab < 0) continue;
    const a = edgeA[edge]!;
    const b = edgeB[edge]!;
    const cosine = vRe[a]! * vRe[b]! + vIm[a]! * vIm[b]!;
    const sine = vIm[a]! * vRe[b]! - vRe[a]! * vIm[b]!;
    setBlock(
      values,
      ab,
      edgeY.ftRe[edge]! * sine - edgeY.ftIm[edge]! * cosine,
      edgeY.ftRe[edge]! * cosine + edgeY.ftIm[edge]! * sine,
      holdAll || controlledVmPu[a]! > 0,
    );
    setBlock(
      values,
      plan.blockBA[edge]!,
      -edgeY.tfRe[edge]! * sine - edgeY.tfIm[edge]! * cosine,
      edgeY.tfRe[edge]! * cosine - edgeY.tfIm[edge]! * sine,
      holdAll || controlledVmPu[b]! > 0,
    );
  }
}

function setBlock(
  values: Float64Array,
  at: number,
  h: number,
  n: number,
  controlled: boolean,
): void {
  values[at] = h;
  values[at + 1] = n;
  values[at + 2] = controlled ? 0 : -n;
  values[at + 3] = controlled ? 0 : h;
}

/**
 * Goes along the Newton step, all of it if that helps, else half of it and so on. Returns the new
 * sum of squared mismatches, or null (voltages as before) when no part of the step reduces it.
 */
function search(plan: NewtonPlan, error: number): number | null {
  const { vRe, vIm, previousRe, previousIm, step, lu } = plan;
  previousRe.set(vRe);
  previousIm.set(vIm);
  let largest = 0;
  for (let index = 0; index < 2 * lu.size; index++) {
    largest = Math.max(largest, Math.abs(step[index]!));
  }
  // No node turns by more than a radian or changes its voltage by more than a factor e at once.
  for (let share = Math.min(1, 1 / largest); share >= stepShareMin; share /= 2) {
    for (let at = 0; at < lu.size; at++) {
      const factor = Math.exp(-share * step[2 * at + 1]!);
      const cosine = factor * Math.cos(share * step[2 * at]!);
      const sine = -factor * Math.sin(share * step[2 * at]!);
      vRe[at] = previousRe[at]! * cosine - previousIm[at]! * sine;
      vIm[at] = previousRe[at]! * sine + previousIm[at]! * cosine;
    }
    const reached = evaluateMismatch(plan);
    if (reached < error || isSolved(plan)) return reached;
  }
  vRe.set(previousRe);
  vIm.set(previousIm);
  evaluateMismatch(plan);
  return null;
}
