import {
  GridModelError,
  compileGrid,
  solvePowerFlow,
  solveWithFeeders,
  type CompiledGrid,
  type ImportOptions,
  type ImportRemarks,
  type NotConverged,
  type PowerFlowResult,
  type PowerFlowSolution,
} from '@flexledger/grid';
import { readGrid } from './grid-files';
import { printRemarks } from './grid-remarks';
import { print, printJson } from '@flexledger/command-line';
import { table } from '@flexledger/terminal';

/** Exit code of a power flow that has no solution. */
const NO_SOLUTION = 2;

/** A file with the network of an LV feeder, and the bus above that is its slack. */
export interface FeederFile {
  readonly bus: string;
  readonly file: string;
}

export interface SolveOptions extends ImportOptions {
  readonly json: boolean;
  readonly feeder?: readonly FeederFile[];
}

/**
 * `flexledger grid solve`: one power flow, of the files' network or of that and the feeders below
 * it. Exit code 2 where there is no solution.
 *
 * @throws UsageError, GridModelError where a file cannot be read or a feeder does not fit.
 */
export function solve(files: readonly string[], options: SolveOptions): void {
  const { json, feeder } = options;
  const { network, leftOut, assumed } = readGrid(files, options);
  const remarks = { leftOut, assumed };
  const grid = compileGrid(network);
  if (feeder !== undefined) return solveAll(grid, remarks, feeder, options);
  const result = solvePowerFlow(grid);
  if (!result.converged) process.exitCode = NO_SOLUTION;
  if (json) return printJson({ ...result, ...remarks });
  if (result.converged) printSolution(result);
  else print(noSolution(result));
  printRemarks(remarks);
}

function solveAll(
  grid: CompiledGrid,
  remarks: ImportRemarks,
  files: readonly FeederFile[],
  options: SolveOptions,
): void {
  const { json } = options;
  const feeders = files.map(({ bus, file }) => ({
    ...readFeeder(file, options),
    loading: { steps: 1 },
    bus,
  }));
  const common = solveWithFeeders(grid, { steps: 1 }, feeders);
  const above = solvePowerFlow(grid, { loading: common.loading });
  const below = feeders.map((feeder, at) =>
    solvePowerFlow(feeder.grid, { loading: common.feederLoadings[at]! }),
  );
  const solved = below.flatMap((result, at) =>
    result.converged ? [{ ...files[at]!, ...feederSolution(result), ...feeders[at]!.remarks }] : [],
  );
  const printAllRemarks = (): void => {
    printRemarks(remarks);
    feeders.forEach((feeder, at) => printRemarks(feeder.remarks, ` of ${files[at]!.file}`));
  };
  if (common.unsolvedSteps.length === 0 && above.converged && solved.length === files.length) {
    if (json) return printJson({ ...above, ...remarks, feeders: solved });
    printSolution(above);
    printFeeders(solved);
    return printAllRemarks();
  }
  process.exitCode = NO_SOLUTION;
  // Whatever else was found holds only with all of it solved, so none of it is shown.
  if (json) {
    return printJson({
      ...(above.converged ? { converged: false } : above),
      ...remarks,
      feeders: below.map((result, at) => ({
        ...files[at]!,
        ...(result.converged ? { converged: true } : result),
        ...feeders[at]!.remarks,
      })),
    });
  }
  print(unsolved(grid.network.name, above, below, files).join('\n'));
  printAllRemarks();
}

/** The feeder's network under the name of its file, by which whoever gave it knows it. */
function readFeeder(
  file: string,
  options: ImportOptions,
): { readonly grid: CompiledGrid; readonly remarks: ImportRemarks } {
  try {
    const { network, leftOut, assumed } = readGrid([file], options);
    return { grid: compileGrid({ ...network, name: file }), remarks: { leftOut, assumed } };
  } catch (error) {
    if (!(error instanceof GridModelError)) throw error;
    throw new GridModelError(`feeder "${file}": ${error.element}`, error.reason, error.remedy);
  }
}

type FeederSolution = Pick<
  PowerFlowSolution,
  'buses' | 'lines' | 'transformers' | 'totalLossesMw' | 'converged'
>;

const feederSolution = ({
  buses,
  lines,
  transformers,
  totalLossesMw,
  converged,
}: PowerFlowSolution): FeederSolution => ({
  buses,
  lines,
  transformers,
  totalLossesMw,
  converged,
});

const noSolution = (result: NotConverged): string =>
  `no solution after ${result.iterations} iterations; worst at bus ${result.worstBus}: ` +
  `${result.worstMismatchMw.toFixed(6)} MW, ${result.worstMismatchMvar.toFixed(6)} Mvar missing`;

/** A line for the grid and each feeder that has no solution, or one that they do not agree. */
function unsolved(
  name: string,
  above: PowerFlowResult,
  below: readonly PowerFlowResult[],
  files: readonly FeederFile[],
): string[] {
  const lines = below.flatMap((result, at) =>
    result.converged
      ? []
      : [`feeder ${files[at]!.file} at ${files[at]!.bus}: ${noSolution(result)}`],
  );
  if (!above.converged) lines.unshift(`grid ${name} with its feeders: ${noSolution(above)}`);
  return lines.length > 0
    ? lines
    : [
        `grid ${name} and its feeders have no solution together, or one too near the most that ${name} can carry`,
      ];
}

function printSolution(result: PowerFlowSolution): void {
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

function printFeeders(feeders: readonly (FeederFile & FeederSolution)[]): void {
  print(
    table(
      feeders.map(({ bus, file, buses, totalLossesMw }) => {
        const vmPu = buses.map((own) => own.vmPu);
        const lowest = vmPu.reduce((a, b) => Math.min(a, b));
        const highest = vmPu.reduce((a, b) => Math.max(a, b));
        return [bus, file, lowest.toFixed(6), highest.toFixed(6), (totalLossesMw * 1e3).toFixed(3)];
      }),
      ['bus', 'feeder', 'lowest pu', 'highest pu', 'losses kW'],
    ),
  );
}
