import type { Elimination } from '../power-flow/elimination';

/**
 * The triangular factor R of a tall sparse matrix, built row by row with Givens rotations (George and
 * Heath 1980; for state estimation Simoes-Costa and Quintana 1981). Against the normal equations it
 * halves the digits that are lost, so that rows of very different weight can stand together.
 *
 * Columns come in pairs, one pair a node (angle, logarithm of the voltage), in elimination order. The
 * nodes of one row must be neighbours of each other in the graph the elimination was found for.
 */
export interface SparseQr {
  readonly size: number;
  readonly start: Int32Array;
  readonly later: Int32Array;
  /**
   * Two rows a node: from `offset[node]` the first, of `width` columns (its own two, then those of
   * its later nodes), then the second. The second's own first column is nothing.
   */
  readonly offset: Int32Array;
  readonly values: Float64Array;
  /** The rotated right-hand side, by column. */
  readonly rightHandSide: Float64Array;
  /** 1 = the row of this column has been filled; 0 in the end = the matrix lacks rank there. */
  readonly filled: Uint8Array;
  /** Working memory, one value a column; nothing between calls. */
  readonly row: Float64Array;
}

/** A part of a row below which it counts as nothing, relative to the whole row. */
const nothing = 1e-12;

export function createSparseQr({ start, later }: Elimination): SparseQr {
  const size = start.length - 1;
  const offset = new Int32Array(size + 1);
  for (let node = 0; node < size; node++) {
    offset[node + 1] = offset[node]! + 2 * (2 + 2 * (start[node + 1]! - start[node]!));
  }
  return {
    size,
    start,
    later,
    offset,
    values: new Float64Array(offset[size]!),
    rightHandSide: new Float64Array(2 * size),
    filled: new Uint8Array(2 * size),
    row: new Float64Array(2 * size),
  };
}

export function resetSparseQr(qr: SparseQr): void {
  qr.values.fill(0);
  qr.rightHandSide.fill(0);
  qr.filled.fill(0);
}

/** The next node on the way of a row through the factor; -1 at its end. */
const nextNode = ({ start, later }: SparseQr, node: number): number =>
  start[node]! < start[node + 1]! ? later[start[node]!]! : -1;

/**
 * Rotates the row that stands in `qr.row` into the factor and clears it.
 *
 * @param first its first node, by position.
 */
export function rotateIn(qr: SparseQr, first: number, rightHandSide: number): void {
  const { row, values, filled, offset } = qr;
  let norm = 0;
  for (let node = first; node >= 0; node = nextNode(qr, node)) {
    norm += row[2 * node]! ** 2 + row[2 * node + 1]! ** 2;
  }
  const least = nothing * Math.sqrt(norm);
  let right = rightHandSide;
  for (let node = first; node >= 0; node = nextNode(qr, node)) {
    const width = (offset[node + 1]! - offset[node]!) / 2;
    for (let half = 0; half < 2; half++) {
      const column = 2 * node + half;
      const value = row[column]!;
      row[column] = 0;
      if (Math.abs(value) <= least) continue;
      const at = offset[node]! + half * width;
      const pivot = values[at + half]!;
      if (filled[column] === 0) {
        row[column] = value;
        moveRow(qr, node, half, right);
        return;
      }
      const length = Math.hypot(pivot, value);
      const cosine = pivot / length;
      const sine = value / length;
      values[at + half] = length;
      for (let k = half + 1; k < width; k++) {
        const target = columnOf(qr, node, k);
        const above = values[at + k]!;
        const below = row[target]!;
        values[at + k] = cosine * above + sine * below;
        row[target] = cosine * below - sine * above;
      }
      const above = qr.rightHandSide[column]!;
      qr.rightHandSide[column] = cosine * above + sine * right;
      right = cosine * right - sine * above;
    }
  }
}

/** Column of the k-th value in a row of a node. */
const columnOf = ({ start, later }: SparseQr, node: number, k: number): number =>
  k < 2 ? 2 * node + k : 2 * later[start[node]! + ((k - 2) >> 1)]! + (k & 1);

/** Stores the working row as the row of a column that has none yet, and clears it. */
function moveRow(qr: SparseQr, node: number, half: number, right: number): void {
  const { row, values, offset } = qr;
  const width = (offset[node + 1]! - offset[node]!) / 2;
  const at = offset[node]! + half * width;
  for (let k = half; k < width; k++) {
    const column = columnOf(qr, node, k);
    values[at + k] = row[column]!;
    row[column] = 0;
  }
  qr.filled[2 * node + half] = 1;
  qr.rightHandSide[2 * node + half] = right;
}

/**
 * Solves R x = `x` in place, by column. Where the matrix lacks rank, `x` stays as it is given.
 */
export function solveUpper(qr: SparseQr, x: Float64Array): void {
  const { values, filled, offset, size } = qr;
  for (let node = size - 1; node >= 0; node--) {
    const width = (offset[node + 1]! - offset[node]!) / 2;
    for (let half = 1; half >= 0; half--) {
      const column = 2 * node + half;
      if (filled[column] === 0) continue;
      const at = offset[node]! + half * width;
      let sum = x[column]!;
      for (let k = half + 1; k < width; k++) sum -= values[at + k]! * x[columnOf(qr, node, k)]!;
      x[column] = sum / values[at + half]!;
    }
  }
}

/**
 * Squared length of y in R^T y = h for the row h that stands in `qr.row`, which is h (R^T R)^-1 h^T:
 * the variance of h x. Clears the row. The factor must have full rank.
 *
 * @param first the first node of h, by position.
 */
export function varianceOfRow(qr: SparseQr, first: number): number {
  const { row, values, offset } = qr;
  let sum = 0;
  for (let node = first; node >= 0; node = nextNode(qr, node)) {
    const width = (offset[node + 1]! - offset[node]!) / 2;
    for (let half = 0; half < 2; half++) {
      const column = 2 * node + half;
      const at = offset[node]! + half * width;
      const y = row[column]! / values[at + half]!;
      row[column] = 0;
      if (y === 0) continue;
      sum += y * y;
      for (let k = half + 1; k < width; k++) {
        row[columnOf(qr, node, k)]! -= y * values[at + k]!;
      }
    }
  }
  return sum;
}
