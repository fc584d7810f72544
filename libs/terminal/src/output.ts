import { stderr } from 'node:process';
import { SingleBar, Presets } from 'cli-progress';
import Table from 'cli-table3';

/** The widest line of a table, so that it stands in any terminal, and in a mail. */
export const COLUMNS = 80;
/** No column gets narrower for the sake of the others. */
const NARROWEST = 6;
/** A space on both sides of a cell. */
const PADDING = 2;

/** A table of two columns, or of the given head, at most `COLUMNS` wide: long cells go on below. */
export function table(rows: readonly (readonly (string | number)[])[], head?: string[]): string {
  const cells = (head ? [head, ...rows] : rows).map((row) => row.map(String));
  const colWidths = columnWidths(cells);
  const [titles, ...lines] = cells.map((row) =>
    row.map((cell, column) => withShortWords(cell, colWidths[column]! - PADDING)),
  );
  const grid = new Table({
    ...(head && titles ? { head: titles } : {}),
    colWidths,
    wordWrap: true,
    style: { head: [], border: [] },
  });
  grid.push(...(head || !titles ? lines : [titles, ...lines]));
  return grid.toString();
}

/**
 * As wide as the longest line of each; where all together are too wide, first those give way that can be
 * broken between words, then the widest.
 */
function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const longest = (column: number, parting: RegExp): number =>
    Math.max(0, ...rows.flatMap((row) => (row[column] ?? '').split(parting).map(lengthOf)));
  const widths = Array.from({ length: columns }, (_, column) => PADDING + longest(column, /\n/));
  const words = widths.map((_, column) => PADDING + longest(column, /\s/));
  // A border on the left of each column, and one at the end.
  const room = COLUMNS - columns - 1;
  for (const narrowest of [words, widths.map(() => NARROWEST)]) {
    for (let sum = total(widths); sum > room; sum -= 1) {
      const yielding = widths.map((width, column) => (width > narrowest[column]! ? width : 0));
      const widest = Math.max(0, ...yielding);
      if (widest === 0) break;
      widths[yielding.indexOf(widest)]! -= 1;
    }
  }
  return widths;
}

/** Words that no line has room for go on below too, so that nothing of them is left out. */
function withShortWords(cell: string, room: number): string {
  return cell.replaceAll(/\S+/g, (word) => {
    const parts: string[] = [];
    for (let from = 0; from < word.length; from += room) parts.push(word.slice(from, from + room));
    return parts.join('\n');
  });
}

function lengthOf(text: string): number {
  return text.length;
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0);
}

/** How far long work has come. */
export interface Progress {
  update(done: number, what: string): void;
  end(): void;
}

/** A progress bar on a terminal's error stream; silent when that is piped or `quiet`. */
export function progressBar(total: number, quiet: boolean): Progress {
  if (quiet || !stderr.isTTY) return { update: () => {}, end: () => {} };
  const bar = new SingleBar(
    {
      format: '{bar} {percentage}% | {what}',
      stream: stderr,
      hideCursor: true,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0, { what: '' });
  return { update: (done, what) => bar.update(done, { what }), end: () => bar.stop() };
}

/** Micro-euro as euro with six decimals, exact. */
export function euro(microEur: number): string {
  const sign = microEur < 0 ? '-' : '';
  const digits = String(Math.abs(microEur)).padStart(7, '0');
  return `${sign}${digits.slice(0, -6)}.${digits.slice(-6)} EUR`;
}
