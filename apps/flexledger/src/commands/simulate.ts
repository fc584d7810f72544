import path from 'node:path';
import { loadRulePack, parseWeather } from '@flexledger/service-kit';
import { simulateWithFaults } from '@flexledger/soak';
import { buildBeside } from './build-beside';
import { simulateDayApart } from '../drive/simulate-apart';
import { type SimulatedDay, progressSteps, simulateDay } from '../simulate/simulate-day';
import { UsageError, print, printJson, readTextFile, tell } from '@flexledger/command-line';
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
  /** A weather file. */
  readonly weather?: string;
  /** Address of a KurrentDB that keeps the log. */
  readonly log?: string;
  /** Every platform in a process of its own. */
  readonly apart?: boolean;
  /** Seed of the moments at which each of them is killed. */
  readonly kills?: number;
  /** Seed of a small day with faults, in the place of this one. */
  readonly faults?: number;
  readonly onlyFaults?: readonly number[];
}

/** Simulates a day and prints its figures. */
export async function simulate(flags: SimulateFlags): Promise<void> {
  const { data, force = false, faults, onlyFaults, json } = flags;
  if (faults !== undefined) {
    return simulateWithFaults({ faults, json, ...(onlyFaults && { onlyFaults }) });
  }
  if (onlyFaults) {
    throw new UsageError('--only-faults: name the seed that they are of with --faults.');
  }
  const day = await buildBeside(data, force, (unfinished) =>
    simulateInto({ ...flags, data: unfinished }),
  );
  if (flags.json) return printJson(day);
  print(dayTable(day));
  tell(`Next: npx flexledger audit --all --data ${data}`);
}

/** Simulates as the flags say, with a progress bar on a terminal. */
export async function simulateInto(
  flags: SimulateFlags,
): Promise<SimulatedDay & { readonly wallSeconds: number }> {
  const rules = loadRulePack(flags.rules);
  const progress = progressBar(progressSteps(flags.date, rules), flags.json);
  const startedMs = performance.now();
  try {
    const { weather, apart = false, kills, log, force: _, ...given } = flags;
    if (log !== undefined && apart) {
      throw new UsageError(
        '--log: a day apart keeps its log in the folder; leave one of the two out.',
      );
    }
    if (kills !== undefined && !apart) {
      throw new UsageError('--kills: only processes of their own can be killed; add --apart.');
    }
    const options = {
      ...given,
      ...(weather === undefined ? {} : { weather: parseWeather(readTextFile(weather)) }),
      dataDir: path.resolve(flags.data),
      ...(log === undefined ? {} : { logUrl: log }),
      rules,
      progress,
      onProblem: (problem: string) => tell(`! ${problem}`),
    };
    const killSeed = kills === undefined ? {} : { killSeed: kills };
    const day = apart
      ? await simulateDayApart({ ...options, rulesName: flags.rules, ...killSeed })
      : await simulateDay(options);
    return { ...day, wallSeconds: Math.round(performance.now() - startedMs) / 1_000 };
  } finally {
    progress.end();
  }
}

/** The day's figures for people. */
export function dayTable(day: SimulatedDay & { readonly wallSeconds: number }): string {
  const kwh = (wattHours: number): string => `${(wattHours / 1_000).toFixed(3)} kWh`;
  const figures = table([
    ['delivery day', `${day.date} on grid ${day.grid}, seed ${day.seed}`],
    ['PoDs', day.pods],
    ['market sessions', day.sessions],
    ['congestions forecast', day.violations],
    ['requests', `${day.requests} for ${kwh(day.requestedWh)}`],
    ['offers', day.offers],
    ['accepted', kwh(day.acceptedWh)],
    ['delivered', kwh(day.deliveredWh)],
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
