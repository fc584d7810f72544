/** A log is copied into another engine: as often as it takes until nothing is left to write, which is its own proof. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { UsageError, print, printJson, tell } from '@flexledger/command-line';
import {
  BEFORE_FIRST,
  type EventStore,
  type LogPlace,
  LogsDiffer,
  copyLog,
  openLog,
  openLogToRead,
  requireLog,
} from '@flexledger/event-store';
import { runningInstances } from '@flexledger/platform-cli';
import { wallClock } from '@flexledger/runtime';
import { progressBar } from '@flexledger/terminal';
import { makeDataFolder } from '../platform/data-folder';
import { keysFile } from '../platform/keys';
import { writersClock } from '../serve/served-log';

/** Flags of `flexledger migrate`. */
export interface MigrateFlags {
  readonly from: string;
  readonly to: string;
  readonly fromNamespace?: string;
  readonly toNamespace?: string;
  readonly json: boolean;
}

/**
 * Copies a log, compares both, and says what is left to do.
 *
 * @throws UsageError where the source is a folder that is served, where both are one place, where the destination
 *   holds anything but the beginning of the source
 * @throws LogAbsent, LogUnavailable, LogDamaged
 */
export async function migrate(flags: MigrateFlags): Promise<void> {
  const [source, destination] = [
    placeOf(flags.from, flags.fromNamespace),
    placeOf(flags.to, flags.toNamespace),
  ];
  requireQuiet(source, flags.from);
  if (isSame(source, destination)) {
    throw new UsageError(`--to ${flags.to} is where the log is; name another place.`);
  }
  const from = await openLogToRead(source, wallClock);
  try {
    const clock = writersClock();
    if (destination.url === undefined) makeDataFolder(destination.dataDir);
    const to = await openLog(destination, { clock });
    try {
      say(flags, await copyWhole(from, to, clock.heard, flags.json));
    } finally {
      await to.close();
    }
  } catch (error) {
    throw error instanceof LogsDiffer ? new UsageError(error.message) : error;
  } finally {
    await from.close();
  }
}

interface Migrated {
  /** In both, compared one by one once they stood there. */
  readonly events: number;
  readonly written: number;
}

/** A second round reads back what the first has written, and takes what the source has gained meanwhile. */
async function copyWhole(
  from: EventStore,
  to: EventStore,
  heard: (recordedAtMs: number) => void,
  isQuiet: boolean,
): Promise<Migrated> {
  const total = await countOf(from);
  for (let written = 0; ;) {
    const bar = progressBar(total, isQuiet);
    const round = await copyLog(from, to, heard, (events) =>
      bar.update(Math.min(events, total), `${events} events`),
    ).finally(() => bar.end());
    if (round.written === 0) return { events: round.found, written };
    written += round.written;
    if (!isQuiet) tell(`${round.written} events are written; now both are compared.`);
  }
}

async function countOf(log: EventStore): Promise<number> {
  let events = 0;
  if ((await log.head()) === BEFORE_FIRST) return events;
  for await (const _ of log.readAll({ readAhead: true })) events += 1;
  return events;
}

function placeOf(given: string, namespace: string | undefined): LogPlace {
  const folder = given.replace(/^sqlite:/, '');
  if (!folder.includes('://')) {
    if (namespace === undefined) return { dataDir: path.resolve(folder) };
    throw new UsageError(`A folder such as ${given} has no namespace; leave it out.`);
  }
  return { dataDir: path.resolve('.'), url: given, ...(namespace && { namespace }) };
}

function isSame(one: LogPlace, other: LogPlace): boolean {
  if (one.url !== other.url) return false;
  return one.url === undefined ? one.dataDir === other.dataDir : one.namespace === other.namespace;
}

/** Whoever writes on would write into the log that was left. */
function requireQuiet(source: LogPlace, given: string): void {
  if (source.url !== undefined) return;
  requireLog(source.dataDir);
  const [running] = runningInstances(source.dataDir);
  if (!running) return;
  throw new UsageError(
    `${running.instance} (process ${running.pid}) writes to the log of ${given}; stop it first, so that nothing is written behind the copy.`,
  );
}

function say(flags: MigrateFlags, migrated: Migrated): void {
  if (flags.json)
    return printJson({
      from: withoutPassword(flags.from),
      to: withoutPassword(flags.to),
      ...migrated,
    });
  print(
    `${migrated.events} events stand in both, each with the same id, hash and time; ${migrated.written} were written now.`,
  );
  const to = placeOf(flags.to, flags.toNamespace);
  if (to.url === undefined) {
    if (existsSync(keysFile(to.dataDir))) return;
    return print(
      `${flags.to} has the log alone. Who goes on there needs keys, chain and identities of the data folder ` +
        'beside it: *.json, identity.sqlite and webhooks.sqlite; "flexledger backup" copies a folder whole.',
    );
  }
  print(
    'Go on with "log: { url: ... }" in the configuration of the same data folder: its keys, chain and identities are ' +
      'needed, its events.sqlite is not; move that away, so that nobody goes on with it. Read models are made anew.',
  );
}

function withoutPassword(place: string): string {
  return place.replace(/^([a-z+]+:\/\/[^:/@]*):[^@]*@/, '$1@');
}
