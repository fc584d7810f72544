import { GridModelError, gridSeries, parseProfiles, type ImportOptions } from '@flexledger/grid';
import { readGrid } from './grid-files';
import { printRemarks } from './grid-remarks';
import { readJsonFile, print, printJson, UsageError } from '@flexledger/command-line';
import { table } from '@flexledger/terminal';

/** Exit code of a check on files that hold no network. */
const UNREADABLE = 2;

/** Options of `flexledger grid validate` and `series`. */
export interface CheckOptions extends ImportOptions {
  readonly json: boolean;
}

/** `flexledger grid validate`: exit code 1 where the model does not hold, 2 where there is none. */
export function validate(files: readonly string[], options: CheckOptions): void {
  const { json } = options;
  try {
    const { network, leftOut, assumed } = readGrid(files, options);
    const { buses, lines, transformers, loads } = network;
    const counts = {
      buses: buses.length,
      lines: lines.length,
      transformers: transformers.length,
      loads: loads.length,
    };
    if (json) return printJson({ valid: true, ...counts, leftOut, assumed });
    print(
      `valid: ${Object.entries(counts)
        .map(([name, count]) => `${count} ${name}`)
        .join(', ')}`,
    );
    printRemarks({ leftOut, assumed });
  } catch (error) {
    if (!(error instanceof GridModelError || error instanceof UsageError)) throw error;
    process.exitCode = error instanceof UsageError ? UNREADABLE : 1;
    if (json) printJson({ valid: false, reason: error.message });
    else print(`not valid: ${error.message}`);
  }
}

/** `flexledger grid series`: power flows of days. @throws UsageError, GridModelError */
export function series(file: string, profilesFile: string, options: CheckOptions): void {
  const { network, leftOut, assumed } = readGrid([file], options);
  const { days } = gridSeries(network, parseProfiles(readJsonFile(profilesFile), network));
  if (options.json) return printJson({ days, leftOut, assumed });
  print(
    table(
      days.map((day) => [day.id, day.busVmPu.length]),
      ['day', 'steps'],
    ),
  );
  printRemarks({ leftOut, assumed });
}
