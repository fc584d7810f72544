/**
 * The port to a mixed-integer linear programming solver. The solver works in floating point and
 * only proposes: the domain takes its yes/no decisions, computes every watt again in integers and
 * checks the bounds, so a wrong answer can cost optimality but never correctness.
 */

/** Rows `rowLower <= A x <= rowUpper`, columns `columnLower <= x <= columnUpper`; A by rows, sparse. */
export interface MilpModel {
  readonly columnLower: Float64Array;
  readonly columnUpper: Float64Array;
  /** 1 where the column takes whole numbers only. */
  readonly isInteger: Uint8Array;
  readonly rowLower: Float64Array;
  readonly rowUpper: Float64Array;
  /** Entries of row r: `rowStart[r] .. rowStart[r + 1]` of `rowColumn` and `rowValue`. */
  readonly rowStart: Int32Array;
  readonly rowColumn: Int32Array;
  readonly rowValue: Float64Array;
  /**
   * All to be minimised, the first before the second and so on. Each has integer coefficients and
   * an integer optimum once those before it are fixed at theirs.
   */
  readonly objectives: readonly Float64Array[];
  /** A feasible choice to start from: values of some or all integer columns. */
  readonly start: { readonly columns: Int32Array; readonly values: Float64Array };
  readonly limits: MilpLimits;
}

/** Where a solver must stop: the best found by then is its answer. */
export interface MilpLimits {
  /** For all objectives together. What is found at a time limit depends on the machine. */
  readonly timeLimitSeconds: number;
  /** Branch-and-bound nodes for each objective, the same on every machine; null is no limit. */
  readonly nodeLimit: number | null;
}

/** The solver's proposal. */
export interface MilpAnswer {
  /** Null when no solution was found within the limits. */
  readonly columnValue: Float64Array | null;
  /**
   * For each objective a proven lower bound, those before it being fixed at what was found; null
   * where none is known (never started, or an earlier one is unproven).
   */
  readonly bounds: readonly (number | null)[];
  readonly elapsedSeconds: number;
}

/**
 * Solves lexicographically. MUST be deterministic as long as the time limit is not reached, MUST
 * return within about its time limit, and MUST NOT throw for a model that is merely hard: then
 * `columnValue` is null.
 */
export type SolveMilp = (model: MilpModel) => Promise<MilpAnswer>;
