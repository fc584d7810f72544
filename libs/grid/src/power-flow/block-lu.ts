import type { Elimination } from './elimination';

/**
 * LU factorisation of a sparse matrix of 2x2 blocks with symmetric structure: one block row per
 * node, as a power-flow Jacobian has it (P and Q against angle and voltage). The order is fixed
 * beforehand, so the numeric phase is a straight run over index lists, without search or
 * allocation. Pivots are whole blocks in the given order; a block with a determinant of nothing
 * ends the factorisation.
 */
export interface BlockLu {
  readonly size: number;
  readonly start: Int32Array;
  readonly later: Int32Array;
  /**
   * Blocks, row-major, 4 values each: diagonal by position; then, in the order of `later`, block
   * (pivot, later) right of the diagonal; then block (later, pivot) below it. After `factorise`:
   * inverse pivots, U and unit L in the same places.
   */
  readonly values: Float64Array;
  /** For pivot after pivot, the offset of each block that its elimination updates. */
  readonly updates: Int32Array;
}

export function createBlockLu({ start, later }: Elimination): BlockLu {
  const size = start.length - 1;
  const updates: number[] = [];
  const lu = { size, start, later, values: new Float64Array(4 * (size + 2 * later.length)) };
  for (let k = 0; k < size; k++) {
    for (let row = start[k]!; row < start[k + 1]!; row++) {
      for (let column = start[k]!; column < start[k + 1]!; column++) {
        updates.push(blockOffset(lu, later[row]!, later[column]!));
      }
    }
  }
  return { ...lu, updates: Int32Array.from(updates) };
}

/**
 * Offset in `values` of the block at (row, column), by position. The block must be in the
 * structure.
 */
export function blockOffset(
  lu: Pick<BlockLu, 'size' | 'start' | 'later'>,
  row: number,
  column: number,
): number {
  if (row === column) return 4 * row;
  const pivot = Math.min(row, column);
  const entry = lu.later
    .subarray(0, lu.start[pivot + 1])
    .indexOf(Math.max(row, column), lu.start[pivot]);
  return 4 * (lu.size + entry + (row < column ? 0 : lu.later.length));
}

/** Factorises in place. False = a pivot block is singular. */
export function factorise(lu: BlockLu): boolean {
  const { size, start, later, values, updates } = lu;
  const right = 4 * size;
  const below = 4 * (size + later.length);
  let at = 0;
  for (let k = 0; k < size; k++) {
    const a = values[4 * k]!;
    const b = values[4 * k + 1]!;
    const c = values[4 * k + 2]!;
    const d = values[4 * k + 3]!;
    const determinant = a * d - b * c;
    if (!(Math.abs(determinant) > 1e-14 * (Math.abs(a * d) + Math.abs(b * c)))) return false;
    const ia = d / determinant;
    const ib = -b / determinant;
    const ic = -c / determinant;
    const id = a / determinant;
    values[4 * k] = ia;
    values[4 * k + 1] = ib;
    values[4 * k + 2] = ic;
    values[4 * k + 3] = id;
    const first = start[k]!;
    const end = start[k + 1]!;
    for (let row = first; row < end; row++) {
      const l = below + 4 * row;
      const la = values[l]! * ia + values[l + 1]! * ic;
      const lb = values[l]! * ib + values[l + 1]! * id;
      const lc = values[l + 2]! * ia + values[l + 3]! * ic;
      const ld = values[l + 2]! * ib + values[l + 3]! * id;
      values[l] = la;
      values[l + 1] = lb;
      values[l + 2] = lc;
      values[l + 3] = ld;
      for (let column = first; column < end; column++) {
        const u = right + 4 * column;
        const target = updates[at++]!;
        values[target]! -= la * values[u]! + lb * values[u + 2]!;
        values[target + 1]! -= la * values[u + 1]! + lb * values[u + 3]!;
        values[target + 2]! -= lc * values[u]! + ld * values[u + 2]!;
        values[target + 3]! -= lc * values[u + 1]! + ld * values[u + 3]!;
      }
    }
  }
  return true;
}

/**
 * How many pivot blocks of the last factorisation have a negative determinant; the matrix has one
 * where the number is odd.
 */
export function negativePivots({ size, values }: BlockLu): number {
  let count = 0;
  for (let at = 0; at < 4 * size; at += 4) {
    // The blocks stand inverted, which keeps the sign.
    if (values[at]! * values[at + 3]! < values[at + 1]! * values[at + 2]!) count++;
  }
  return count;
}

/** Solves A x = `x` in place; two values per position. */
export function solve(lu: BlockLu, x: Float64Array): void {
  const { size, start, later, values } = lu;
  const right = 4 * size;
  const below = 4 * (size + later.length);
  for (let k = 0; k < size; k++) {
    const x0 = x[2 * k]!;
    const x1 = x[2 * k + 1]!;
    for (let entry = start[k]!; entry < start[k + 1]!; entry++) {
      const l = below + 4 * entry;
      const row = 2 * later[entry]!;
      x[row]! -= values[l]! * x0 + values[l + 1]! * x1;
      x[row + 1]! -= values[l + 2]! * x0 + values[l + 3]! * x1;
    }
  }
  for (let k = size - 1; k >= 0; k--) {
    let x0 = x[2 * k]!;
    let x1 = x[2 * k + 1]!;
    for (let entry = start[k]!; entry < start[k + 1]!; entry++) {
      const u = right + 4 * entry;
      const column = 2 * later[entry]!;
      x0 -= values[u]! * x[column]! + values[u + 1]! * x[column + 1]!;
      x1 -= values[u + 2]! * x[column]! + values[u + 3]! * x[column + 1]!;
    }
    x[2 * k] = values[4 * k]! * x0 + values[4 * k + 1]! * x1;
    x[2 * k + 1] = values[4 * k + 2]! * x0 + values[4 * k + 3]! * x1;
  }
}

/** Solves A^T x = `x` in place. */
export function solveTransposed(lu: BlockLu, x: Float64Array): void {
  const { size, start, later, values } = lu;
  const right = 4 * size;
  const below = 4 * (size + later.length);
  for (let k = 0; k < size; k++) {
    const f0 = x[2 * k]!;
    const f1 = x[2 * k + 1]!;
    const x0 = values[4 * k]! * f0 + values[4 * k + 2]! * f1;
    const x1 = values[4 * k + 1]! * f0 + values[4 * k + 3]! * f1;
    x[2 * k] = x0;
    x[2 * k + 1] = x1;
    for (let entry = start[k]!; entry < start[k + 1]!; entry++) {
      const u = right + 4 * entry;
      const row = 2 * later[entry]!;
      x[row]! -= values[u]! * x0 + values[u + 2]! * x1;
      x[row + 1]! -= values[u + 1]! * x0 + values[u + 3]! * x1;
    }
  }
  for (let k = size - 1; k >= 0; k--) {
    for (let entry = start[k]!; entry < start[k + 1]!; entry++) {
      const l = below + 4 * entry;
      const row = 2 * later[entry]!;
      x[2 * k]! -= values[l]! * x[row]! + values[l + 2]! * x[row + 1]!;
      x[2 * k + 1]! -= values[l + 1]! * x[row]! + values[l + 3]! * x[row + 1]!;
    }
  }
}
