import { existsSync, readFileSync } from 'node:fs';
import {
  type BaselineAnswer,
  BaselineFileError,
  createBaselineDeclarations,
  parseBaselines,
} from '@flexledger/aggregator-platform';
import { publishedGrid, reportWeather } from '@flexledger/dso-technical-platform';
import { contextOf, openSqliteEventStore } from '@flexledger/event-store';
import { parseWeather } from '@flexledger/grid';
import { documentDigest } from '@flexledger/identity';
import { lastRulePack } from '@flexledger/market-platform';
import { wallClock } from '@flexledger/runtime';
import { Command } from 'commander';
import { logFile } from '../platform/data-folder';
import { withRegister } from '../platform/register-of-log';
import { readTextFile } from './input';
import { print, printJson } from './output';
import { UsageError } from './usage-error';

interface ImportFlags {
  readonly aggregator: string;
  readonly data: string;
  readonly json: boolean;
}

/** `flexledger import`: data of other systems into the log of a platform that does not run. */
export function importCommand(): Command {
  const command = new Command('import').description('take data of another system into the log');
  command
    .command('baselines')
    .description('declare baselines from CSV: podId, deliveryDay, mtu, baselineW')
    .argument('<file>', 'one line an MTU; the whole file or nothing is declared')
    .requiredOption('--aggregator <id>', 'whose customers they are of, like AGG1')
    .option('--data <dir>', 'data folder; a running platform takes baselines over REST', 'data')
    .option('--json', 'print one JSON object', false)
    .action(async (file: string, flags: ImportFlags) => {
      const answers = await importBaselines(file, flags);
      const refused = answers.filter((answer) => !answer.accepted);
      if (flags.json) printJson({ declared: answers.length - refused.length, refused });
      else {
        print(`${answers.length - refused.length} baselines declared, ${refused.length} refused`);
        for (const answer of refused) print(refusalText(answer));
      }
      if (refused.length > 0) process.exitCode = 1;
    });
  command
    .command('weather')
    .description('report weather over the grid: hours of irradiance, temperature and wind')
    .argument('<file>', 'CSV or JSON (flexledger-weather/1); the whole file or nothing is taken')
    .option('--source <name>', 'who says so', 'file')
    .option('--data <dir>', 'data folder; a running platform takes weather over REST', 'data')
    .option('--json', 'print one JSON object', false)
    .action(async (file: string, flags: WeatherFlags) => {
      const { gridId, hours } = await importWeather(file, flags);
      if (flags.json) printJson({ gridId, hours });
      else print(`${hours} hours of weather reported for grid ${gridId}`);
    });
  return command;
}

interface WeatherFlags {
  readonly source: string;
  readonly data: string;
  readonly json: boolean;
}

/** @throws UsageError, GridModelError naming the hour; LogBusy, LogDamaged */
async function importWeather(
  file: string,
  { source, data }: WeatherFlags,
): Promise<{ readonly gridId: string; readonly hours: number }> {
  const weather = parseWeather(readTextFile(file));
  if (!existsSync(logFile(data))) {
    throw new UsageError(`${data} holds no event log; name the data folder with --data.`);
  }
  const store = await openSqliteEventStore({ path: logFile(data), clock: wallClock });
  try {
    const grid = await publishedGrid(store);
    if (!grid)
      throw new UsageError(`The log in ${data} has no grid; start a platform on it first.`);
    const { gridId } = grid;
    const name = `weather/${gridId}/${documentDigest({ source, hours: [...weather] })}`;
    const context = contextOf(name, name, 'dso');
    await reportWeather({ store, clock: wallClock }, { gridId, source, weather }, context);
    return { gridId, hours: weather.size };
  } finally {
    await store.close();
  }
}

/** @throws UsageError when the file is none of baselines; LogBusy, LogDamaged */
async function importBaselines(
  file: string,
  { aggregator, data }: ImportFlags,
): Promise<readonly BaselineAnswer[]> {
  const text = textOf(file);
  if (!existsSync(logFile(data))) {
    throw new UsageError(`${data} holds no event log; name the data folder with --data.`);
  }
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

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}.`);
  }
}

function refusalText(answer: BaselineAnswer): string {
  const { podId, deliveryDay } = answer;
  return `  ${podId} on ${deliveryDay}: ${answer.accepted ? '' : answer.reason}`;
}
