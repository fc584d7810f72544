import { parseWeather } from '@flexledger/service-kit';
import { lastRulePack } from '@flexledger/projections';
import {
  type BaselineAnswer,
  BaselineFileError,
  createBaselineDeclarations,
  parseBaselines,
} from '@flexledger/aggregator-platform';
import { publishedGrid, reportWeather } from '@flexledger/dso-technical-platform';
import {
  openSqliteEventStore,
  recurringContextOf,
  logFile,
  requireLog,
} from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';
import { wallClock } from '@flexledger/runtime';
import { withRegister } from './register-of-log';
import { EXIT_CODES, readTextFile, print, printJson, UsageError } from '@flexledger/command-line';

/** Flags of `flexledger import baselines`. */
export interface BaselineFlags {
  readonly aggregator: string;
  readonly data: string;
  readonly json: boolean;
}

/** Declares baselines and prints those that were refused; exit code 1 when any was. */
export async function baselines(file: string, flags: BaselineFlags): Promise<void> {
  const answers = await importBaselines(file, flags);
  const refused = answers.filter((answer) => !answer.accepted);
  if (flags.json) printJson({ declared: answers.length - refused.length, refused });
  else {
    print(`${answers.length - refused.length} baselines declared, ${refused.length} refused`);
    for (const answer of refused) print(refusalText(answer));
  }
  if (refused.length > 0) process.exitCode = EXIT_CODES.failed;
}

/** Reports weather and prints how much. */
export async function weather(file: string, flags: WeatherFlags): Promise<void> {
  const { gridId, hours } = await importWeather(file, flags);
  if (flags.json) printJson({ gridId, hours });
  else print(`${hours} hours of weather reported for grid ${gridId}`);
}

/** Flags of `flexledger import weather`. */
export interface WeatherFlags {
  readonly source: string;
  readonly data: string;
  readonly json: boolean;
}

/** @throws UsageError, GridModelError naming the hour; LogBusy, LogDamaged */
async function importWeather(
  file: string,
  { source, data }: WeatherFlags,
): Promise<{ readonly gridId: string; readonly hours: number }> {
  const reported = parseWeather(readTextFile(file));
  requireLog(data);
  const store = await openSqliteEventStore({ path: logFile(data), clock: wallClock });
  try {
    const grid = await publishedGrid(store);
    if (!grid)
      throw new UsageError(`The log in ${data} has no grid; start a platform on it first.`);
    const { gridId } = grid;
    const name = `weather/${gridId}/${documentDigest({ source, hours: [...reported] })}`;
    const context = recurringContextOf(name, name, 'dso');
    await reportWeather(
      { store, clock: wallClock },
      { gridId, source, weather: reported },
      context,
    );
    return { gridId, hours: reported.size };
  } finally {
    await store.close();
  }
}

/** @throws UsageError when the file is none of baselines; LogBusy, LogDamaged */
async function importBaselines(
  file: string,
  { aggregator, data }: BaselineFlags,
): Promise<readonly BaselineAnswer[]> {
  const text = readTextFile(file);
  requireLog(data);
  const store = await openSqliteEventStore({ path: logFile(data), clock: wallClock });
  try {
    const { timeZone } = await lastRulePack(store);
    const baselines = parseBaselines(text, timeZone);
    return await withRegister(store, timeZone, (register) =>
      createBaselineDeclarations({ aggregatorId: aggregator, register, timeZone }).declare(
        baselines,
        'imported',
      ),
    );
  } catch (error) {
    throw error instanceof BaselineFileError ? new UsageError(error.message) : error;
  } finally {
    await store.close();
  }
}

function refusalText(answer: BaselineAnswer): string {
  const { podId, deliveryDay } = answer;
  return `  ${podId} on ${deliveryDay}: ${answer.accepted ? '' : answer.reason}`;
}
