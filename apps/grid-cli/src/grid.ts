import { GridModelError, gridSeries, parseProfiles } from '@flexledger/grid';
import { readNetwork } from './grid-files';
import { readJsonFile, print, printJson, UsageError } from '@flexledger/command-line';
import { table } from '@flexledger/terminal';

/** Exit code of a check on files that hold no network. */
const UNREADABLE = 2;

/** `flexledger grid validate`: exit code 1 where the model does not hold, 2 where there is none. */
export function validate(files: readonly string[], json: boolean): void {
  try {
    const { buses, lines, transformers, loads } = readNetwork(files);
    const counts = {
      buses: buses.length,
      lines: lines.length,
      transformers: transformers.length,
      loads: loads.length,
    };
    if (json) return printJson({ valid: true, ...counts });
    print(
      `valid: ${Object.entries(counts)
        .map(([name, count]) => `${count} ${name}`)
        .join(', ')}`,
    );
  } catch (error) {
    if (!(error instanceof GridModelError || error instanceof UsageError)) throw error;
    process.exitCode = error instanceof UsageError ? UNREADABLE : 1;
    if (json) printJson({ valid: false, reason: error.message });
    else print(`not valid: ${error.message}`);
  }
}

/** `flexledger grid series`: power flows of days. @throws UsageError, GridModelError */
export function series(file: string, profilesFile: string, json: boolean): void {
  const network = readNetwork([file]);
  const { days } = gridSeries(network, parseProfiles(readJsonFile(profilesFile), network));
  if (json) return printJson({ days });
  print(
    table(
      days.map((day) => [day.id, day.busVmPu.length]),
      ['day', 'steps'],
    ),
  );
}
