import {
  CostFileError,
  type CostFormat,
  COST_FORMATS,
  costFormatOf,
  declareCostFile,
  parseCosts,
} from '@flexledger/aggregator-platform';
import {
  openSqliteEventStore,
  recurringContextOf,
  logFile,
  requireLog,
} from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';
import { lastRulePack } from '@flexledger/projections';
import { wallClock } from '@flexledger/runtime';
import { UsageError, print, printJson, readTextAt, readTextFile } from '@flexledger/command-line';
import { withRegister } from './register-of-log';

/** Flags of `flexledger import costs`. */
export interface CostFlags {
  readonly aggregator: string;
  readonly format?: string;
  readonly data: string;
  readonly json: boolean;
}

/**
 * Declares costs from a file or an address and prints how many.
 *
 * @throws UsageError when it cannot be read, is no such file or has a unit that is refused, and then
 *   nothing is declared; LogBusy, LogDamaged
 */
export async function importCosts(source: string, flags: CostFlags): Promise<void> {
  const { aggregator, data, json } = flags;
  requireLog(data);
  const rows = await rowsFrom(source, flags.format);
  const store = openSqliteEventStore({ path: logFile(data), clock: wallClock });
  try {
    const { timeZone } = await lastRulePack(store);
    const changed = await withRegister(store, timeZone, (register, costs) => {
      const name = `costs/${aggregator}/${documentDigest(rows)}`;
      const context = recurringContextOf(name, name, `aggregator:${aggregator}`);
      return declareCostFile({ aggregatorId: aggregator, register, costs }, rows, context);
    });
    if (json) printJson({ aggregator, units: rows.length, changed });
    else print(`costs of ${rows.length} PoDs declared${changed ? '' : ', none of them new'}`);
  } catch (error) {
    throw error instanceof CostFileError ? new UsageError(error.message) : error;
  } finally {
    await store.close();
  }
}

async function rowsFrom(source: string, format: string | undefined) {
  try {
    const asked = format === undefined ? costFormatOf(source) : chosenFormat(format);
    const isAddress = /^https?:\/\//.test(source);
    return parseCosts(isAddress ? await readTextAt(source) : readTextFile(source), asked);
  } catch (error) {
    throw error instanceof CostFileError ? new UsageError(error.message) : error;
  }
}

function chosenFormat(name: string): CostFormat {
  const format = COST_FORMATS.find((one) => one === name);
  if (format) return format;
  throw new UsageError(`--format: there is no ${name}; choose of ${COST_FORMATS.join(', ')}.`);
}
