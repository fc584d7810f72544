import { Command, Option } from 'commander';
import type { CheckOptions } from './grid';
import type { EstimateOptions } from './grid-estimate';
import type { ImportOptions } from './grid-import';
import type { FeederFile, SolveOptions } from './grid-solve';
import { examples, UsageError } from '@flexledger/command-line';

const formats =
  'network: flexledger-grid/1, reference-grid/1, pandapower JSON, MATPOWER case, PSS/E RAW 33 or CGMES XML files, zipped or not';

/** `flexledger grid`: power flows on network files, and imports of other formats. */
export function gridCommand(): Command {
  const grid = new Command('grid')
    .description('solve, check and import network models')
    .addHelpText(
      'after',
      examples(
        'flexledger grid solve grid.json',
        'flexledger grid solve grid.json --feeder bus5=village.json',
        'flexledger grid import case33bw.m --as my-grid',
        'flexledger grid import grid.json --feeder bus5=village.json --as all',
      ),
    );
  grid
    .command('solve')
    .description('power flow of one network; exit code 2 when there is no solution')
    .argument('<file...>', formats)
    .option(
      '--feeder <bus=file>',
      'network below a bus, where its slack stands: an LV feeder; as often as needed',
      feederOption,
    )
    .addOption(leaveOut())
    .option('--json', 'print one JSON object', false)
    .action(async (files: string[], options: SolveOptions) =>
      (await import('./grid-solve')).solve(files, options),
    );
  grid
    .command('validate')
    .description('check a network model')
    .argument('<file...>', formats)
    .addOption(leaveOut())
    .option('--json', 'print one JSON object', false)
    .action(async (files: string[], options: CheckOptions) =>
      (await import('./grid')).validate(files, options),
    );
  grid
    .command('import')
    .description('write a network of another format as a flexledger-grid/1 file')
    .argument('<file...>', formats)
    .requiredOption('--as <name>', 'name of the network')
    .option(
      '--feeder <bus=file>',
      'network below a bus, where its slack stands, made part of it; as often as needed',
      feederOption,
    )
    .option('--out <file>', 'file to write; default: <name>.json in this folder')
    .option('--force', 'overwrite the file', false)
    .addOption(leaveOut())
    .option('--json', 'print one JSON object', false)
    .action(async (files: string[], options: ImportOptions) =>
      (await import('./grid-import')).importGrid(files, options),
    );
  grid
    .command('series')
    .description('power flows of days of quarter-hours')
    .argument('<grid>', 'network file')
    .argument('<profiles>', 'days with powers by step and element')
    .addOption(leaveOut())
    .option('--json', 'print one JSON object', false)
    .action(async (file: string, profiles: string, options: CheckOptions) =>
      (await import('./grid')).series(file, profiles, options),
    );
  grid
    .command('estimate')
    .description('most likely state from measurements; exit code 2 when they do not determine one')
    .argument('<grid>', 'network file, in any format that "grid solve" takes')
    .argument('<measurements>', 'JSON file of the schema flexledger-measurements/1')
    .option('--confidence <share>', 'that no good measurement is removed', Number, 0.99)
    .addOption(leaveOut())
    .option('--json', 'print one JSON object', false)
    .action(async (file: string, measurements: string, options: EstimateOptions) =>
      (await import('./grid-estimate')).estimate(file, measurements, options),
    );
  return grid;
}

/** `--leave-out`, as often as needed: each adds to those before. */
function leaveOut(): Option {
  return new Option(
    '--leave-out <kinds>',
    'kinds of elements in service that the network may lack, by comma: svc,VsConverter',
  ).argParser((text: string, before: readonly string[] = []) => {
    const kinds = text.split(',').map((kind) => kind.trim());
    if (!kinds.includes('')) return [...before, ...kinds];
    throw new UsageError(`--leave-out must be KIND[,KIND], like svc,ssc, not "${text}".`);
  });
}

/** Adds one `--feeder BUS=FILE` to those before. @throws UsageError */
function feederOption(text: string, before: readonly FeederFile[] = []): FeederFile[] {
  const [, bus, file] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (bus === undefined || file === undefined) {
    throw new UsageError(`--feeder must be BUS=FILE, like bus5=village.json, not "${text}".`);
  }
  return [...before, { bus, file }];
}
