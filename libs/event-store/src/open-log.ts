/** The log of an installation, wherever its configuration says that it is kept. */
import type { Clock } from '@flexledger/runtime';
import { LogAbsent, logFile, requireLog } from './sqlite/log-file';
import { openKurrentEventStore } from './kurrentdb/kurrent-event-store';
import { BEFORE_FIRST, type EventStore } from './port';
import { openSqliteEventStore } from './sqlite/sqlite-event-store';

/** Where a log is kept. */
export interface LogPlace {
  /** The folder of the embedded log, where no address is given. */
  readonly dataDir: string;
  /** `kurrentdb://host:port?tls=true`, or `esdb://` for the same. */
  readonly url?: string | undefined;
  /** What the log's streams begin with at a server that keeps other things too. */
  readonly namespace?: string | undefined;
}

/** Addresses that `openLog` knows; the configuration's schema has the same pattern. */
export const LOG_ADDRESS = /^(esdb|kurrentdb)(\+discover)?:\/\//;

/** Opens a log to append to and to read, made where it is embedded and there is none. */
export async function openLog(
  { dataDir, url, namespace }: LogPlace,
  options: { readonly clock: Clock; readonly onProblem?: (problem: string) => void },
): Promise<EventStore> {
  if (url === undefined) return openSqliteEventStore({ path: logFile(dataDir), ...options });
  return openKurrentEventStore({
    // The client knows the older name only.
    url: url.replace(/^kurrentdb/, 'esdb'),
    ...(namespace === undefined ? {} : { namespace }),
    ...options,
  });
}

/**
 * Opens a log that is there to read it.
 *
 * @throws LogAbsent when there is none
 */
export async function openLogToRead(place: LogPlace, clock: Clock): Promise<EventStore> {
  if (place.url === undefined) {
    requireLog(place.dataDir);
    return openSqliteEventStore({ path: logFile(place.dataDir), clock, readOnly: true });
  }
  const log = await openLog(place, { clock });
  if ((await log.head()) !== BEFORE_FIRST) return log;
  await log.close();
  throw new LogAbsent(place.dataDir, place.url);
}
