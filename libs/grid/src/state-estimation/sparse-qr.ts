import type { Elimination } from '../power-flow/elimination';

/**
 * The triangular factor R of a tall sparse matrix, built with Givens rotations (George and Heath 1980;
 * for state estimation Simoes-Costa and Quintana 1981). Against the normal equations it halves the
 * digits that are lost, so that rows of very different weight can stand together.
 *
 * Rows gather in a small dense triangle at the first of their nodes; what is left of it when its own
 * two columns are done moves on to the next node as a whole (multifrontal, Duff and Reid 1983; Liu
 * 1986), so that redundant rows are merged where they meet and do not wander to the end one by one.
 *
 * Columns come in pairs, one pair a node (angle, logarithm of the voltage), in elimination order. The
 * nodes of one row must be neighbours of each other in the graph the elimination was found for.
 */
export interface SparseQr {
  readonly size: number;
  readonly start: Int32Array;
  readonly later: Int32Array;
  /** Columns of the triangle of each node: its own two, then those of its later nodes. */
  readonly width: Int32Array;
  /** Where a node's triangle begins in `values`: `width` rows of `width`; the first two are R's. */
  readonly offset: Int32Array;
  readonly values: Float64Array;
  /** Where the rows of a node's triangle begin in `right` and `scale`. */
  readonly rowOffset: Int32Array;
  /** The rotated right-hand side of each row of each triangle. */
  readonly right: Float64Array;
  /** Length that each of them had as it was given; what is tiny beside it is rounding. */
  readonly scale: Float64Array;
  /** The rotated right-hand side of R, by column; `finishFactor` fills it. */
  readonly rightHandSide: Float64Array;
  /** 1 = R has a row for this column; 0 = the matrix lacks rank there. `finishFactor` fills it. */
  readonly filled: Uint8Array;
  /** Working memory, one value a column; nothing between calls. */
  readonly row: Float64Array;
  /** Working memory, as long as the widest triangle. */
  readonly line: Float64Array;
}

/** A part of a row below which it counts as nothing, relative to the whole row. */
const nothing = 1e-12;

export function createSparseQr({ start, later }: Elimination): SparseQr {
  const size = start.length - 1;
  const width = new Int32Array(size);
  const offset = new Int32Array(size + 1);
  const rowOffset = new Int32Array(size + 1);
  for (let node = 0; node < size; node++) {
    width[node] = 2 + 2 * (start[node + 1]! - start[node]!);
    offset[node + 1] = offset[node]! + width[node]! ** 2;
    rowOffset[node + 1] = rowOffset[node]! + width[node]!;
  }
  return {
    size,
    start,
    later,
    width,
    offset,
    values: new Float64Array(offset[size]!),
    rowOffset,
    right: new Float64Array(rowOffset[size]!),
    scale: new Float64Array(rowOffset[size]!),
    rightHandSide: new Float64Array(2 * size),
    filled: new Uint8Array(2 * size),
    row: new Float64Array(2 * size),
    line: new Float64Array(width.reduce((most, count) => Math.max(most, count), 0)),
  };
}

export function resetSparseQr(qr: SparseQr): void {
  qr.values.fill(0);
  qr.right.fill(0);
}

/** Column of the k-th value in a row of a node's triangle. */
const columnOf = ({ start, later }: SparseQr, node: number, k: number): number =>
  k < 2 ? 2 * node + k : 2 * later[start[node]! + ((k - 2) >> 1)]! + (k & 1);

/** The next node on the way through the factor; -1 at its end. */
const nextNode = ({ start, later }: SparseQr, node: number): number =>
  start[node]! < start[node + 1]! ? later[start[node]!]! : -1;

/**
 * Adds the row that stands in `qr.row` and clears it.
 *
 * @param first its first node, by position.
 */
export function addRow(qr: SparseQr, first: number, rightHandSide: number): void {
  const { row, line } = qr;
  const width = qr.width[first]!;
  let norm = 0;
  for (let k = 0; k < width; k++) {
    const column = columnOf(qr, first, k);
    line[k] = row[column]!;
    row[column] = 0;
    norm += line[k]! ** 2;
  }
  rotateIn(qr, first, rightHandSide, Math.sqrt(norm));
}

/** Moves what is left of every triangle on to the next node, so that R stands complete. */
export function finishFactor(qr: SparseQr): void {
  const { row, line, values, right, scale } = qr;
  for (let node = 0; node < qr.size; node++) {
    const width = qr.width[node]!;
    const rows = qr.rowOffset[node]!;
    for (let half = 0; half < 2; half++) {
      qr.filled[2 * node + half] = values[qr.offset[node]! + half * (width + 1)] === 0 ? 0 : 1;
      qr.rightHandSide[2 * node + half] = right[rows + half]!;
    }
    const next = nextNode(qr, node);
    for (let k = 2; k < width; k++) {
      const at = qr.offset[node]! + k * width;
      if (values[at + k] === 0) continue;
      for (let j = k; j < width; j++) row[columnOf(qr, node, j)] = values[at + j]!;
      for (let j = 0; j < qr.width[next]!; j++) {
        const column = columnOf(qr, next, j);
        line[j] = row[column]!;
        row[column] = 0;
      }
      rotateIn(qr, next, right[rows + k]!, scale[rows + k]!);
    }
  }
}

/** Rotates `qr.line` into the triangle of a node; what is left after its last column is a residual. */
function rotateIn(qr: SparseQr, node: number, rightHandSide: number, norm: number): void {
  const { line, values } = qr;
  const width = qr.width[node]!;
  const rows = qr.rowOffset[node]!;
  const least = nothing * norm;
  let right = rightHandSide;
  for (let k = 0; k < width; k++) {
    const value = line[k]!;
    if (Math.abs(value) <= least) continue;
    const at = qr.offset[node]! + k * width;
    const pivot = values[at + k]!;
    if (pivot === 0) {
      for (let j = k; j < width; j++) values[at + j] = line[j]!;
      qr.right[rows + k] = right;
      qr.scale[rows + k] = norm;
      return;
    }
    const length = Math.hypot(pivot, value);
    const cosine = pivot / length;
    const sine = value / length;
    values[at + k] = length;
    for (let j = k + 1; j < width; j++) {
      const above = values[at + j]!;
      const below = line[j]!;
      values[at + j] = cosine * above + sine * below;
      line[j] = cosine * below - sine * above;
    }
    const above = qr.right[rows + k]!;
    qr.right[rows + k] = cosine * above + sine * right;
    right = cosine * right - sine * above;
  }
}

/**
 * Solves R x = `x` in place, by column. Where the matrix lacks rank, `x` stays as it is given.
 */
export function solveUpper(qr: SparseQr, x: Float64Array): void {
  const { values, filled, offset, size } = qr;
  for (let node = size - 1; node >= 0; node--) {
    const width = qr.width[node]!;
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
    const width = qr.width[node]!;
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
