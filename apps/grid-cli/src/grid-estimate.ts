import {
  compileGrid,
  estimateState,
  parseMeasurements,
  type ImportOptions,
  type NoEstimate,
  type StateEstimate,
} from '@flexledger/grid';
import { readGrid } from './grid-files';
import { printRemarks } from './grid-remarks';
import { readJsonFile, print, printJson } from '@flexledger/command-line';
import { table } from '@flexledger/terminal';

/** Exit code where the measurements do not determine a state. */
const NO_ESTIMATE = 2;

/** Options of `flexledger grid estimate`. */
export interface EstimateOptions extends ImportOptions {
  readonly confidence: number;
  readonly json: boolean;
}

/** `flexledger grid estimate`: the most likely state of a network, given measurements of it. */
export function estimate(file: string, measurementFile: string, options: EstimateOptions): void {
  const { network, leftOut, assumed } = readGrid([file], options);
  const measurements = parseMeasurements(readJsonFile(measurementFile));
  const { confidence } = options;
  const result = estimateState(compileGrid(network), measurements, { confidence });
  if (!result.converged) process.exitCode = NO_ESTIMATE;
  if (options.json) return printJson({ ...result, leftOut, assumed });
  if (result.converged) printEstimate(result);
  else printNoEstimate(result);
  printRemarks({ leftOut, assumed });
}

function printNoEstimate(result: NoEstimate): void {
  if (result.reason === 'diverged') {
    return print(
      `no estimate: the search found no state that comes near the measurements in ` +
        `${result.iterations} iterations; furthest off is ${result.worstMeasurement}: look for one ` +
        `that is wrong by far, or a wrong switch`,
    );
  }
  const { unobservableBuses } = result;
  print(
    `no estimate: the measurements leave ${unobservableBuses.length} buses open: ` +
      `${unobservableBuses.join(', ')}; add measurements there, pseudo-measurements at least`,
  );
}

function printEstimate({ buses, removed, measurements, unused, ...rest }: StateEstimate): void {
  print(
    table(
      buses.map((bus) => [
        ...[bus.id, bus.vmPu.toFixed(6), bus.vmSigmaPu.toFixed(6)],
        ...[bus.vaDegree.toFixed(4), bus.vaSigmaDegree.toFixed(4)],
      ]),
      ['bus', 'voltage pu', 'sigma', 'angle degree', 'sigma'],
    ),
  );
  for (const { id, normalizedResidual, estimate: value, indistinguishableFrom } of removed) {
    const others =
      indistinguishableFrom.length > 0 ? `, or ${indistinguishableFrom.join(', ')}` : '';
    print(
      `removed as wrong: ${id}${others}; ${Math.abs(normalizedResidual).toFixed(1)} standard ` +
        `deviations off, the others say ${value.toPrecision(6)}`,
    );
  }
  const critical = measurements.filter(({ normalizedResidual }) => normalizedResidual === null);
  if (critical.length > 0) {
    print(`critical, nothing else can check them: ${critical.map(({ id }) => id).join(', ')}`);
  }
  if (unused.length > 0) print(`not used, nothing is energised there: ${unused.join(', ')}`);
  const { value, degreesOfFreedom, pValue, passed } = rest.chiSquare;
  print(
    `chi-square ${value.toFixed(2)} with ${degreesOfFreedom} degrees of freedom, ` +
      `p = ${pValue.toPrecision(3)}: ${passed ? 'noise' : 'more than noise'}; ` +
      `${measurements.length} measurements, ${rest.iterations} iterations`,
  );
}
