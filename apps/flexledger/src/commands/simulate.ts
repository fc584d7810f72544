import path from 'node:path';
import { ROME_CUSTOMERS, romeCustomers } from '@flexledger/grid';
import { loadRulePack, parseWeather } from '@flexledger/service-kit';
import { simulateWithFaults } from '@flexledger/soak';
import { buildBeside } from './build-beside';
import { simulateDayApart } from '../drive/simulate-apart';
import { simulateOrganisations } from '../drive/organisations/simulate-organisations';
import {
  type SimulateOptions,
  type SimulatedDay,
  progressSteps,
  simulateDay,
} from '../simulate/simulate-day';
import {
  EXIT_CODES,
  UsageError,
  print,
  printJson,
  readTextFile,
  tell,
} from '@flexledger/command-line';
import { organisationsText } from './organisations-text';
import { euro, progressBar, table } from '@flexledger/terminal';

/** Flags of `flexledger simulate`. */
export interface SimulateFlags {
  readonly pods: number;
  readonly date: string;
  readonly seed: number;
  readonly grid: string;
  readonly data: string;
  readonly rules: string;
  readonly json: boolean;
  /** Replaces the log that the folder holds. */
  readonly force?: boolean;
  /** `rome-1500`: its grid and so many of its people, instead of `pods` and `grid`. */
  readonly scenario?: string;
  /** A weather file. */
  readonly weather?: string;
  /** Address of a KurrentDB that keeps the log. */
  readonly log?: string;
  /** Every platform in a process of its own. */
  readonly apart?: boolean;
  /** Each organisation with a log of its own. */
  readonly organisations?: boolean;
  /** Seed of the moments at which each of them is killed. */
  readonly kills?: number;
  /** Seed of who is cut off from the market, and for which gate. */
  readonly cut?: number;
  /** Seed of a small day with faults, in the place of this one. */
  readonly faults?: number;
  readonly onlyFaults?: readonly number[];
}

/** Simulates a day and prints its figures. */
export async function simulate(flags: SimulateFlags): Promise<void> {
  const { data, force = false, organisations = false, faults, onlyFaults, json } = flags;
  if (faults !== undefined) {
    return simulateWithFaults({ faults, json, ...(onlyFaults && { onlyFaults }) });
  }
  if (onlyFaults) {
    throw new UsageError('--only-faults: name the seed that they are of with --faults.');
  }
  requireTogether(flags);
  if (organisations) return simulateWithOrganisations(flags, force);
  const day = await buildBeside(data, force, (unfinished) =>
    simulateInto({ ...flags, data: unfinished }),
  );
  if (flags.json) return printJson(day);
  print(dayTable(day));
  tell(`Next: npx flexledger audit --all --data ${data}`);
}

/** @throws UsageError where one leaves out what another needs */
function requireTogether({ log, apart, organisations, kills, cut }: SimulateFlags): void {
  if (apart && organisations) {
    throw new UsageError(
      '--apart has one log, --organisations one each; leave one of the two out.',
    );
  }
  if (log !== undefined && organisations) {
    throw new UsageError(
      '--log: with --organisations logs are kept in their folders; leave one of the two out.',
    );
  }
  if (kills !== undefined && !apart && !organisations) {
    throw new UsageError(
      '--kills: only processes of their own can be killed; add --apart or --organisations.',
    );
  }
  if (cut !== undefined && !organisations) {
    throw new UsageError(
      '--cut: only organisations can be cut off from each other; add --organisations.',
    );
  }
}

/** Prints what became of each session and each log too; exit code 1 where anything is not as it has to be. */
async function simulateWithOrganisations(flags: SimulateFlags, force: boolean): Promise<void> {
  const { kills, cut, rules } = flags;
  const day = await buildBeside(flags.data, force, (data) =>
    timed({ ...flags, data }, (options) =>
      simulateOrganisations({
        ...options,
        rulesName: rules,
        ...(kills !== undefined && { killSeed: kills }),
        ...(cut !== undefined && { cutSeed: cut }),
      }),
    ),
  );
  if (flags.json) printJson(day);
  else print(organisationsText(day));
  if (!day.isRight) process.exitCode = EXIT_CODES.failed;
}

/** Simulates as the flags say, with a progress bar on a terminal. */
async function simulateInto(flags: SimulateFlags): Promise<Timed<SimulatedDay>> {
  const { apart, kills, rules } = flags;
  const killSeed = kills === undefined ? {} : { killSeed: kills };
  return timed(flags, (options) =>
    apart ? simulateDayApart({ ...options, rulesName: rules, ...killSeed }) : simulateDay(options),
  );
}

type Timed<Day> = Day & { readonly wallSeconds: number };

async function timed<Day>(
  flags: SimulateFlags,
  run: (options: SimulateOptions) => Promise<Day>,
): Promise<Timed<Day>> {
  const { pods, date, seed, grid, weather, log, organisations, scenario } = flags;
  const rules = loadRulePack(flags.rules);
  const days = organisations ? 2 : 1;
  const progress = progressBar(days * progressSteps(date, rules), flags.json);
  const startedMs = performance.now();
  try {
    const day = await run({
      pods,
      date,
      seed,
      grid,
      ...placeOf(scenario, grid),
      ...(weather === undefined ? {} : { weather: parseWeather(readTextFile(weather)) }),
      dataDir: path.resolve(flags.data),
      ...(log === undefined ? {} : { logUrl: log }),
      rules,
      progress,
      onProblem: (problem: string) => tell(`! ${problem}`),
    });
    return { ...day, wallSeconds: Math.round(performance.now() - startedMs) / 1_000 };
  } finally {
    progress.end();
  }
}

/** The day's figures for people. */
export function dayTable(day: SimulatedDay & { readonly wallSeconds: number }): string {
  const kwh = (wattHours: number): string => `${(wattHours / 1_000).toFixed(3)} kWh`;
  const kvarh = (varHours: number): string => `${(varHours / 1_000).toFixed(3)} kvarh`;
  const { requestedVarh, acceptedVarh, deliveredVarh } = day;
  const reactive = `${kvarh(requestedVarh)} asked, ${kvarh(acceptedVarh)} accepted, ${kvarh(deliveredVarh)} delivered`;
  const figures = table([
    ['delivery day', `${day.date} on grid ${day.grid}, seed ${day.seed}`],
    ['PoDs', day.pods],
    ['market sessions', day.sessions],
    ['violations forecast', day.violations],
    ['requests', `${day.requests} for ${kwh(day.requestedWh)}`],
    ['offers', day.offers],
    ['accepted', kwh(day.acceptedWh)],
    ['delivered', kwh(day.deliveredWh)],
    ...(requestedVarh > 0 ? [['reactive power', reactive] as const] : []),
    ['setpoints sent / applied', `${day.setpoints} / ${day.setpointsApplied}`],
    ['signed measurements', `${day.measurements} (${day.rejectedPackets} packets rejected)`],
    ['settled', euro(day.settledMicroEur)],
    ['tokens minted', euro(day.tokensMinted)],
    ['checkpoints / anchored', `${day.checkpoints} / ${day.anchors}`],
    ['events', day.events],
    ['wall time', `${day.wallSeconds.toFixed(1)} s`],
  ]);
  // Whole, so that it can be copied and compared.
  return `${figures}\nlog digest ${day.logDigest}`;
}

/** More than this a machine does not simulate live. */
const MOST_PODS = 100_000;

/**
 * Grid and PoDs of a scenario, or of a grid that is one.
 *
 * @throws UsageError where there is none of that name
 */
function placeOf(
  scenario: string | undefined,
  grid: string,
): { readonly grid?: string; readonly pods?: number } {
  const name = scenario ?? grid;
  const pods = romeCustomers(name);
  if (pods !== undefined && pods <= MOST_PODS) return { grid: name, pods };
  if (scenario === undefined && pods === undefined) return {};
  throw new UsageError(
    `There is no scenario "${name}" that can be simulated; write rome-N with N of ` +
      `${ROME_CUSTOMERS.least} to ${MOST_PODS} customers, as rome-1500.`,
  );
}
