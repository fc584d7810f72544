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
  const grid = new Table({
    ...(head ? { head } : {}),
    colWidths: columnWidths(head ? [head, ...rows] : rows),
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const row of rows) grid.push([...row]);
  return grid.toString();
}

/** As wide as the longest cell of each; the widest give way where all together are too wide. */
function columnWidths(rows: readonly (readonly (string | number)[])[]): number[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => {
    const lines = rows.flatMap((row) => String(row[column] ?? '').split('\n'));
    return PADDING + Math.max(0, ...lines.map((line) => line.length));
  });
  // A border on the left of each column, and one at the end.
  const room = COLUMNS - columns - 1;
  for (let sum = total(widths); sum > room; sum -= 1) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest]! <= NARROWEST) break;
    widths[widest]! -= 1;
  }
  return widths;
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
