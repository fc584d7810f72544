import {
  GridModelError,
  compileGrid,
  gridSeries,
  parseNetwork,
  parseProfiles,
  solvePowerFlow,
} from '@flexledger/grid';
import { Command } from 'commander';
import { readJsonFile } from './input';
import { print, printJson, table } from './output';

/** Exit code of a power flow that has no solution. */
const NO_SOLUTION = 2;

/** `flexledger grid`: power flows on network files. */
export function gridCommand(): Command {
  const grid = new Command('grid').description('solve and check network models');
  grid
    .command('solve')
    .description('power flow of one network; exit code 2 when there is no solution')
    .argument('<file>', 'network in the format flexledger-grid/1 or reference-grid/1')
    .option('--json', 'print one JSON object', false)
    .action((file: string, { json }: { json: boolean }) => solve(file, json));
  grid
    .command('validate')
    .description('check a network model')
    .argument('<file>', 'network file')
    .option('--json', 'print one JSON object', false)
    .action((file: string, { json }: { json: boolean }) => validate(file, json));
  grid
    .command('series')
    .description('power flows of days of quarter-hours')
    .argument('<grid>', 'network file')
    .argument('<profiles>', 'days with powers by step and element')
    .option('--json', 'print one JSON object', false)
    .action((file: string, profiles: string, { json }: { json: boolean }) =>
      series(file, profiles, json),
    );
  return grid;
}

function solve(file: string, json: boolean): void {
  const result = solvePowerFlow(compileGrid(parseNetwork(readJsonFile(file))));
  if (!result.converged) process.exitCode = NO_SOLUTION;
  if (json) return printJson(result);
  if (!result.converged) {
    const { worstBus, worstMismatchMw, worstMismatchMvar, iterations } = result;
    return print(
      `no solution after ${iterations} iterations; worst at bus ${worstBus}: ` +
        `${worstMismatchMw.toFixed(6)} MW, ${worstMismatchMvar.toFixed(6)} Mvar missing`,
    );
  }
  const percent = (value: number | null): string => (value === null ? '-' : value.toFixed(2));
  print(
    table(
      result.buses.map((bus) => [bus.id, bus.vmPu.toFixed(6), bus.vaDegree.toFixed(4)]),
      ['bus', 'voltage pu', 'angle degree'],
    ),
  );
  print(
    table(
      [...result.lines, ...result.transformers].map(({ id, loadingPercent, plMw }) => [
        id,
        percent(loadingPercent),
        (plMw * 1e3).toFixed(3),
      ]),
      ['element', 'loading %', 'losses kW'],
    ),
  );
  print(`losses ${(result.totalLossesMw * 1e3).toFixed(3)} kW, ${result.iterations} iterations`);
}

function validate(file: string, json: boolean): void {
  try {
    const { buses, lines, transformers, loads } = parseNetwork(readJsonFile(file));
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
    if (!(error instanceof GridModelError)) throw error;
    process.exitCode = 1;
    if (json) printJson({ valid: false, reason: error.message });
    else print(`not valid: ${error.message}`);
  }
}

function series(file: string, profilesFile: string, json: boolean): void {
  const network = parseNetwork(readJsonFile(file));
  const { days } = gridSeries(network, parseProfiles(readJsonFile(profilesFile), network));
  if (json) return printJson({ days });
  print(
    table(
      days.map((day) => [day.id, day.busVmPu.length]),
      ['day', 'steps'],
    ),
  );
}
