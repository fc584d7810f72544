import type { Network } from '../model/network';
import type { Topology } from '../model/topology';
import type { BlockLu } from './block-lu';

/** Many two-ports as columns; see `TwoPort` for the meaning. */
export interface TwoPortColumns {
  readonly ffRe: Float64Array;
  readonly ffIm: Float64Array;
  readonly ftRe: Float64Array;
  readonly ftIm: Float64Array;
  readonly tfRe: Float64Array;
  readonly tfIm: Float64Array;
  readonly ttRe: Float64Array;
  readonly ttIm: Float64Array;
}

/** Branches between the same two nodes added up to one; `a` is the lower node number. */
export interface Edges {
  readonly a: Int32Array;
  readonly b: Int32Array;
  /** f = a, t = b. */
  readonly y: TwoPortColumns;
}

/**
 * A network in the form the solvers work on: nodes numbered breadth first from the slack (node 0),
 * admittances per unit of 1 MVA, so that per-unit powers are MW and Mvar. Compile once, solve
 * often; the plans hold working memory, so one compiled grid serves one solve at a time.
 */
export interface CompiledGrid {
  readonly network: Network;
  readonly topology: Topology;
  /** Two-ports of the energised branches, in the order of the topology. */
  readonly branches: TwoPortColumns;
  readonly edges: Edges;
  /** Shunt admittance at each node: shunt elements and lines with both ends at one node. */
  readonly shuntRe: Float64Array;
  readonly shuntIm: Float64Array;
  /**
   * Voltage of each node over that of the slack when nothing flows: ratios and shifts on the way.
   */
  readonly noLoadRe: Float64Array;
  readonly noLoadIm: Float64Array;
  readonly nodeOfLoad: Int32Array;
  readonly nodeOfGenerator: Int32Array;
  /** Voltage held by a generator at a node, pu; 0 = none. */
  readonly controlledVmPu: Float64Array;
  /** Working memory of Newton-Raphson, ordering included; made on first use. */
  readonly newtonPlan: () => NewtonPlan;
  /** Working memory of the sweep; null where the grid is meshed or voltages are controlled. */
  readonly sweepPlan: () => SweepPlan | null;
}

/**
 * What Newton-Raphson needs of a grid: the bus admittance matrix and the factorisation's structure,
 * all by *position* in the elimination order; the slack, which has no equations, stands at position
 * `lu.size`. The second half is working memory, reused by every solve.
 */
export interface NewtonPlan {
  readonly lu: BlockLu;
  /** Position of each node. */
  readonly position: Int32Array;
  readonly edgeA: Int32Array;
  readonly edgeB: Int32Array;
  readonly edgeY: TwoPortColumns;
  /** Offsets in `lu.values` of the blocks (a, b) and (b, a); -1 at the slack. */
  readonly blockAB: Int32Array;
  readonly blockBA: Int32Array;
  readonly diagonalRe: Float64Array;
  readonly diagonalIm: Float64Array;
  /** Sum of the admittance magnitudes in a row: how large rounding errors of a mismatch are. */
  readonly rowMagnitude: Float64Array;
  readonly controlledVmPu: Float64Array;

  readonly vRe: Float64Array;
  readonly vIm: Float64Array;
  readonly previousRe: Float64Array;
  readonly previousIm: Float64Array;
  /** Power flowing into the branches at each position, MW and Mvar. */
  readonly p: Float64Array;
  readonly q: Float64Array;
  /**
   * P and Q mismatch by position, two values each; after a solve of the linear system, the step.
   */
  readonly mismatch: Float64Array;
  readonly step: Float64Array;
  readonly demandP: Float64Array;
  readonly demandQ: Float64Array;
  readonly currentP: Float64Array;
  readonly currentQ: Float64Array;
  readonly shuntRe: Float64Array;
  readonly shuntIm: Float64Array;
}

/**
 * A radial grid as the sweep walks it: for each node (parents first) its parent, the series
 * impedance of the edge above it and its shunt admittance. Every node has its own voltage base, the
 * no-load voltage seen from the slack; in these bases all transformers have ratio 1 and shift 0 and
 * vanish from the loops. Powers stay as they are. The last arrays are working memory.
 */
export interface SweepPlan {
  readonly parent: Int32Array;
  readonly zRe: Float64Array;
  readonly zIm: Float64Array;
  /** Shunts left over when each edge is written as one series impedance, in the node's base. */
  readonly endRe: Float64Array;
  readonly endIm: Float64Array;
  /** The base: no-load voltage over slack voltage. */
  readonly baseRe: Float64Array;
  readonly baseIm: Float64Array;
  readonly baseSquared: Float64Array;
  readonly base: Float64Array;

  readonly vRe: Float64Array;
  readonly vIm: Float64Array;
  /** Current drawn at the node, then by everything below it too. */
  readonly iRe: Float64Array;
  readonly iIm: Float64Array;
  readonly shuntRe: Float64Array;
  readonly shuntIm: Float64Array;
}
