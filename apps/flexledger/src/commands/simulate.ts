import path from 'node:path';
import { parseWeather } from '@flexledger/grid';
import { loadRulePack } from '@flexledger/service-kit';
import { Command } from 'commander';
import { type SimulatedDay, progressSteps, simulateDay } from '../simulate/simulate-day';
import { readTextFile } from './input';
import { euro, print, printJson, progressBar, table, tell } from './output';
import { isoDate, wholeNumber } from './usage-error';

interface SimulateFlags {
  readonly pods: number;
  readonly date: string;
  readonly seed: number;
  readonly grid: string;
  readonly data: string;
  readonly rules: string;
  readonly json: boolean;
  /** A weather file. */
  readonly weather?: string;
}

/** `flexledger simulate`: one whole market day in virtual time. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('simulate one whole market day, from registration to settlement')
    .option('--pods <n>', 'points of delivery', wholeNumber('pods', 1, 100_000), 100)
    .option('--date <day>', 'civil day of delivery', isoDate('date'), '2026-03-17')
    .option(
      '--seed <n>',
      'everything that is drawn follows from it',
      wholeNumber('seed', 0, 2 ** 31),
      1,
    )
    .option(
      '--grid <name>',
      'ieee33, cigre-mv, cigre-mv-pv-wind, or one imported into this folder',
      'ieee33',
    )
    .option('--rules <pack>', 'rule pack, by name or file', 'platone')
    .option('--data <dir>', 'empty folder for log, read models and chain', 'data')
    .option('--weather <file>', 'CSV or JSON of hours; a clear sky when absent')
    .option('--json', 'print one JSON object', false)
    .action(async (flags: SimulateFlags) => {
      const day = await simulateInto(flags);
      if (flags.json) printJson(day);
      else {
        print(dayTable(day));
        tell(`Next: npx flexledger audit --all --data ${flags.data}`);
      }
    });
}

/** Simulates as the flags say, with a progress bar on a terminal. */
export async function simulateInto(
  flags: SimulateFlags,
): Promise<SimulatedDay & { readonly wallSeconds: number }> {
  const rules = loadRulePack(flags.rules);
  const progress = progressBar(progressSteps(flags.date, rules), flags.json);
  const startedMs = performance.now();
  try {
    const { weather, ...given } = flags;
    const day = await simulateDay({
      ...given,
      ...(weather === undefined ? {} : { weather: parseWeather(readTextFile(weather)) }),
      dataDir: path.resolve(flags.data),
      rules,
      progress,
      onProblem: (problem) => tell(`! ${problem}`),
    });
    return { ...day, wallSeconds: Math.round(performance.now() - startedMs) / 1_000 };
  } finally {
    progress.end();
  }
}

/** The day's figures for people. */
export function dayTable(day: SimulatedDay & { readonly wallSeconds: number }): string {
  const kwh = (wattHours: number): string => `${(wattHours / 1_000).toFixed(3)} kWh`;
  return table([
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
    ['log digest', day.logDigest],
    ['wall time', `${day.wallSeconds.toFixed(1)} s`],
  ]);
}
