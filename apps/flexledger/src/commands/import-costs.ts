import {
  CostFileError,
  type CostFormat,
  COST_FORMATS,
  costFormatOf,
  parseCosts,
} from '@flexledger/aggregator-platform';
import { openSqliteEventStore, recurringContextOf } from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';
import { lastRulePack } from '@flexledger/projections';
import { wallClock } from '@flexledger/runtime';
import { UsageError, print, printJson, readTextAt, readTextFile } from '@flexledger/command-line';
import { logFile, requireLog } from '../platform/data-folder';
import { withRegister } from '../platform/register-of-log';

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
 * @throws UsageError when it cannot be read or is no such file; DomainError when a value or a PoD is
 *   refused, and then nothing is declared; LogBusy, LogDamaged
 */
export async function importCosts(source: string, flags: CostFlags): Promise<void> {
  const { aggregator, data, json } = flags;
  requireLog(data);
  const units = await unitsFrom(source, flags.format);
  const store = openSqliteEventStore({ path: logFile(data), clock: wallClock });
  try {
    const { timeZone } = await lastRulePack(store);
    const changed = await withRegister(store, timeZone, async (register, costs) => {
      const customers = await register.podsOf({ aggregatorId: aggregator });
      const known = new Set(customers.map(({ podId }) => podId));
      const foreign = units.find(({ podId }) => !known.has(podId));
      if (foreign) {
        throw new UsageError(
          `PoD ${foreign.podId} is not one of the registered PoDs of ${aggregator}; register it ` +
            'first, or take it out. Nothing has been declared.',
        );
      }
      const name = `costs/${aggregator}/${documentDigest({ units })}`;
      const context = recurringContextOf(name, name, `aggregator:${aggregator}`);
      return costs.declare(aggregator, units, context);
    });
    if (json) printJson({ aggregator, units: units.length, changed });
    else print(`costs of ${units.length} PoDs declared${changed ? '' : ', none of them new'}`);
  } finally {
    await store.close();
  }
}

async function unitsFrom(source: string, format: string | undefined) {
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
