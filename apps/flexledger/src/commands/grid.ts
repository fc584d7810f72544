import { GridModelError, gridSeries, parseProfiles } from '@flexledger/grid';
import { Command } from 'commander';
import { estimateCommand } from './grid-estimate';
import { readNetwork } from './grid-files';
import { importGrid, type ImportOptions } from './grid-import';
import { feederOption, solve, type SolveOptions } from './grid-solve';
import { readJsonFile } from './input';
import { print, printJson, table } from './output';
import { UsageError } from './usage-error';

/** Exit code of a check on files that hold no network. */
const UNREADABLE = 2;

const formats =
  'network: flexledger-grid/1, reference-grid/1, pandapower JSON, MATPOWER case or CGMES XML files, zipped or not';

/** `flexledger grid`: power flows on network files, and imports of other formats. */
export function gridCommand(): Command {
  const grid = new Command('grid').description('solve, check and import network models');
  grid
    .command('solve')
    .description('power flow of one network; exit code 2 when there is no solution')
    .argument('<file...>', formats)
    .option(
      '--feeder <bus=file>',
      'network below a bus, where its slack stands: an LV feeder; as often as needed',
      feederOption,
    )
    .option('--json', 'print one JSON object', false)
    .action((files: string[], options: SolveOptions) => solve(files, options));
  grid
    .command('validate')
    .description('check a network model')
    .argument('<file...>', formats)
    .option('--json', 'print one JSON object', false)
    .action((files: string[], { json }: { json: boolean }) => validate(files, json));
  grid
    .command('import')
    .description('write a network of another format as a flexledger-grid/1 file')
    .argument('<file...>', formats)
    .requiredOption('--as <name>', 'name of the network')
    .option('--out <file>', 'file to write; default: <name>.json in this folder')
    .option('--force', 'overwrite the file', false)
    .option('--json', 'print one JSON object', false)
    .action((files: string[], options: ImportOptions) => importGrid(files, options));
  grid
    .command('series')
    .description('power flows of days of quarter-hours')
    .argument('<grid>', 'network file')
    .argument('<profiles>', 'days with powers by step and element')
    .option('--json', 'print one JSON object', false)
    .action((file: string, profiles: string, { json }: { json: boolean }) =>
      series(file, profiles, json),
    );
  grid.addCommand(estimateCommand());
  return grid;
}

function validate(files: readonly string[], json: boolean): void {
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

function series(file: string, profilesFile: string, json: boolean): void {
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
