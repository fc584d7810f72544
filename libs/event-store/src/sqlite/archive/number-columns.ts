/**
 * Columns of whole numbers, each as the difference to what is expected of it: the row before, the trend of the two
 * rows before, or another column of the same row. A counter of energy, for one, is the counter before and what was
 * counted since.
 */
import { type ByteReader, type ByteWriter, bytesOfNumber } from './bytes';

/** What a number is expected to be; `of` is the index of another column, which expects nothing of others. */
export type Expectation =
  | { readonly by: 'previous' }
  | { readonly by: 'trend' }
  | { readonly by: 'previousPlus'; readonly of: number }
  | { readonly by: 'same'; readonly of: number };

export type Numbers = readonly number[] | Float64Array;

/** Beyond these the differences of differences would not be exact. */
export const LARGEST_NUMBER = 2 ** 50;

const BY_ITSELF = [{ by: 'previous' }, { by: 'trend' }] as const;

/** For each column what makes it shortest. */
export function expectationsOf(columns: readonly Numbers[]): Expectation[] {
  const alone = columns.map((column) => shortest(column, columns, BY_ITSELF));
  const chosen: Expectation[] = alone.map(({ expectation }) => expectation);
  // A column that another one is expected from is expected from none.
  const leaned = new Set<number>();
  columns.forEach((column, index) => {
    if (leaned.has(index) || alone[index]!.bytes <= column.length) return;
    const others = columns.flatMap((_, of): Expectation[] =>
      of === index || isLeaning(chosen[of]!)
        ? []
        : [
            { by: 'previousPlus', of },
            { by: 'same', of },
          ],
    );
    const found = shortest(column, columns, others);
    if (found.bytes >= alone[index]!.bytes || !('of' in found.expectation)) return;
    chosen[index] = found.expectation;
    leaned.add(found.expectation.of);
  });
  return chosen;
}

function isLeaning(expectation: Expectation): boolean {
  return 'of' in expectation;
}

function shortest(
  column: Numbers,
  columns: readonly Numbers[],
  candidates: readonly Expectation[],
): { readonly expectation: Expectation; readonly bytes: number } {
  let best: { expectation: Expectation; bytes: number } = {
    expectation: { by: 'previous' },
    bytes: Infinity,
  };
  for (const expectation of candidates) {
    let bytes = 0;
    for (let row = 0; row < column.length; row += 1) {
      const difference = column[row]! - expected(expectation, column, row, columns);
      // What is as expected compresses to next to nothing.
      bytes += difference === 0 ? 0 : 1 + bytesOfNumber(difference);
    }
    if (bytes < best.bytes) best = { expectation, bytes };
  }
  return best;
}

function expected(
  expectation: Expectation,
  column: Numbers,
  row: number,
  columns: readonly Numbers[],
): number {
  const before = row > 0 ? column[row - 1]! : 0;
  switch (expectation.by) {
    case 'previous':
      return before;
    case 'trend':
      return row > 1 ? 2 * before - column[row - 2]! : before;
    case 'previousPlus':
      return before + columns[expectation.of]![row]!;
    case 'same':
      return columns[expectation.of]![row]!;
  }
}

/** Writes the columns one after another. */
export function writeNumbers(
  writer: ByteWriter,
  columns: readonly Numbers[],
  expectations: readonly Expectation[],
): void {
  columns.forEach((column, index) => {
    for (let row = 0; row < column.length; row += 1) {
      writer.number(column[row]! - expected(expectations[index]!, column, row, columns));
    }
  });
}

/** Reads what `writeNumbers` wrote. @throws RangeError where the bytes end before */
export function readNumbers(
  reader: ByteReader,
  rows: number,
  expectations: readonly Expectation[],
): Float64Array[] {
  const columns = expectations.map(() => {
    const column = new Float64Array(rows);
    for (let row = 0; row < rows; row += 1) column[row] = reader.number();
    return column;
  });
  const settle = (index: number): void => {
    const column = columns[index]!;
    for (let row = 0; row < rows; row += 1) {
      column[row]! += expected(expectations[index]!, column, row, columns);
    }
  };
  expectations.forEach((expectation, index) => isLeaning(expectation) || settle(index));
  expectations.forEach((expectation, index) => isLeaning(expectation) && settle(index));
  return columns;
}
