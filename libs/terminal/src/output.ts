import { stderr } from 'node:process';
import { SingleBar, Presets } from 'cli-progress';
import Table from 'cli-table3';

/** A table of two columns, or of the given head. */
export function table(rows: readonly (readonly (string | number)[])[], head?: string[]): string {
  const grid = new Table({ ...(head ? { head } : {}), style: { head: [], border: [] } });
  for (const row of rows) grid.push([...row]);
  return grid.toString();
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
