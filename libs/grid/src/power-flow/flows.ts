import type { NodeVoltages } from './attempt';
import type { CompiledGrid } from './compiled-grid';

/**
 * Currents (kA) and powers into each energised branch at its two ends (MW, Mvar), in branch order.
 */
export interface BranchFlows {
  readonly iFromKa: Float64Array;
  readonly iToKa: Float64Array;
  readonly pFromMw: Float64Array;
  readonly qFromMvar: Float64Array;
  readonly pToMw: Float64Array;
  readonly qToMvar: Float64Array;
  /** kA per unit of current at the two ends: 1 MVA / (sqrt 3 vnKv). */
  readonly fromBaseKa: Float64Array;
  readonly toBaseKa: Float64Array;
}

export function createBranchFlows({ network, topology }: CompiledGrid): BranchFlows {
  const count = topology.elementOfBranch.length;
  const column = (): Float64Array => new Float64Array(count);
  const vnKv = new Float64Array(topology.nodeCount);
  topology.nodeOfBus.forEach((node, bus) => {
    if (node >= 0) vnKv[node] = network.buses[bus]!.vnKv;
  });
  const baseKa = (node: number): number => 1 / (Math.sqrt(3) * vnKv[node]!);
  return {
    iFromKa: column(),
    iToKa: column(),
    pFromMw: column(),
    qFromMvar: column(),
    pToMw: column(),
    qToMvar: column(),
    fromBaseKa: Float64Array.from(topology.fromNode, baseKa),
    toBaseKa: Float64Array.from(topology.toNode, baseKa),
  };
}

/** Evaluates every branch's two-port at the given voltages. */
export function fillBranchFlows(
  grid: CompiledGrid,
  { re, im }: NodeVoltages,
  flows: BranchFlows,
): void {
  const { fromNode, toNode } = grid.topology;
  const { ffRe, ffIm, ftRe, ftIm, tfRe, tfIm, ttRe, ttIm } = grid.branches;
  for (let k = 0; k < fromNode.length; k++) {
    const fRe = re[fromNode[k]!]!;
    const fIm = im[fromNode[k]!]!;
    const tRe = re[toNode[k]!]!;
    const tIm = im[toNode[k]!]!;
    const fromRe = ffRe[k]! * fRe - ffIm[k]! * fIm + ftRe[k]! * tRe - ftIm[k]! * tIm;
    const fromIm = ffRe[k]! * fIm + ffIm[k]! * fRe + ftRe[k]! * tIm + ftIm[k]! * tRe;
    const toRe = tfRe[k]! * fRe - tfIm[k]! * fIm + ttRe[k]! * tRe - ttIm[k]! * tIm;
    const toIm = tfRe[k]! * fIm + tfIm[k]! * fRe + ttRe[k]! * tIm + ttIm[k]! * tRe;
    flows.iFromKa[k] = Math.sqrt(fromRe * fromRe + fromIm * fromIm) * flows.fromBaseKa[k]!;
    flows.iToKa[k] = Math.sqrt(toRe * toRe + toIm * toIm) * flows.toBaseKa[k]!;
    flows.pFromMw[k] = fRe * fromRe + fIm * fromIm;
    flows.qFromMvar[k] = fIm * fromRe - fRe * fromIm;
    flows.pToMw[k] = tRe * toRe + tIm * toIm;
    flows.qToMvar[k] = tIm * toRe - tRe * toIm;
  }
}

/** Current of a branch as its rating sees it: the larger end for a line. */
export const lineIKa = (flows: BranchFlows, branch: number): number =>
  Math.max(flows.iFromKa[branch]!, flows.iToKa[branch]!);

/**
 * Loading of a transformer, %: the larger of both currents over the rated one of its side, with the
 * untapped rated voltages; NaN where it is unrated.
 */
export function transformerLoadingPercent(
  grid: CompiledGrid,
  flows: BranchFlows,
  branch: number,
): number {
  const t = grid.network.transformers[grid.topology.elementOfBranch[branch]!]!;
  if (t.unrated === true) return NaN;
  const kvKa = Math.max(flows.iFromKa[branch]! * t.vnHvKv, flows.iToKa[branch]! * t.vnLvKv);
  return (100 * Math.sqrt(3) * kvKa) / t.snMva;
}
