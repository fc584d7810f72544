/** The log of an installation, wherever its configuration says that it is kept. */
import type { Clock } from '@flexledger/runtime';
import { LogAbsent, logFile, requireLog } from './sqlite/log-file';
import { openKurrentEventStore } from './kurrentdb/kurrent-event-store';
import { openPostgresEventStore } from './postgres/postgres-event-store';
import { BEFORE_FIRST, type EventStore } from './port';
import type { Durability } from './sqlite/open-log-file';
import { openSqliteEventStore } from './sqlite/sqlite-event-store';

/** Where a log is kept. */
export interface LogPlace {
  /** The folder of the embedded log, where no address is given. */
  readonly dataDir: string;
  /** `kurrentdb://host:port?tls=true`, `esdb://` for the same, or `postgres://host:port/database`. */
  readonly url?: string | undefined;
  /** At a server that keeps other things too: what the log's streams begin with, or the schema that holds it. */
  readonly namespace?: string | undefined;
}

const KURRENTDB = /^(esdb|kurrentdb)(\+discover)?:\/\//;
const POSTGRES = /^postgres(ql)?:\/\//;

/** An address of no engine that there is. */
export class LogAddressUnknown extends Error {
  constructor(url: string) {
    super(
      `${url} is no address of a log; write kurrentdb://HOST:PORT or postgres://HOST:PORT/DATABASE.`,
    );
    this.name = 'LogAddressUnknown';
  }
}

/**
 * Opens a log to append to and to read, made where there is none.
 *
 * @throws LogAddressUnknown; LogBusy, LogDamaged of the embedded log; LogUnavailable of others
 */
export async function openLog(
  { dataDir, url, namespace }: LogPlace,
  options: {
    readonly clock: Clock;
    readonly onProblem?: (problem: string) => void;
    /** Of the embedded log; others sync each append. */
    readonly durability?: Durability;
  },
): Promise<EventStore> {
  if (url === undefined) return openSqliteEventStore({ path: logFile(dataDir), ...options });
  if (POSTGRES.test(url)) {
    return openPostgresEventStore({
      url,
      ...(namespace === undefined ? {} : { schema: namespace }),
      ...options,
    });
  }
  if (!KURRENTDB.test(url)) throw new LogAddressUnknown(url);
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
