/** The measurements of closed months, out of the log's own file into its archive. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { openLeafStore } from '@flexledger/certifier';
import { UsageError, print, printJson, tell } from '@flexledger/command-line';
import {
  ArchivedByOthers,
  type EventsArchived,
  type ListedArchive,
  NotArchived,
  NotWritten,
  type RoomKept,
  archiveEvents,
  requireLog,
} from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { leafHash } from '@flexledger/merkle-log';
import { runningInstances } from '@flexledger/platform-cli';
import { wallClock } from '@flexledger/runtime';
import { certifierFolder, logFile } from '../platform/data-folder';
import { VERSION } from '../version';

/** Flags of `flexledger log archive`. */
export interface ArchiveFlags {
  readonly data: string;
  readonly before?: string;
  readonly json: boolean;
}

/** Streams of packets: nearly all of a log, and of use to few once their month is settled. */
const STREAM_PREFIX = 'meter-';
/** What is said in words, with its remedy. */
const TOLD = [NotArchived, NotWritten, ArchivedByOthers];
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

/**
 * Archives, month by month, and says what came of it.
 *
 * @throws LogAbsent, LogDamaged, LogBusy
 * @throws UsageError when the month is none, or not over; when a platform of another release runs on the folder; when
 *   an event is not as it was recorded or certified; when the disk is full; when others archive at the same time
 */
export async function archiveLog({ data, before, json }: ArchiveFlags): Promise<void> {
  requireLog(data);
  const dataDir = path.resolve(data);
  const thisMonth = monthAt(0);
  const limit = before ?? monthAt(-1);
  if (!MONTH.test(limit)) {
    throw new UsageError(`--before ${limit} is no month; write one like ${thisMonth}.`);
  }
  if (limit > thisMonth) {
    throw new UsageError(
      `--before ${limit}: ${thisMonth} is not over; name it, or an earlier month.`,
    );
  }
  requireOneRelease(data, dataDir);
  const certified = certifiedLeaves(dataDir);
  try {
    const archived = await archiveEvents({
      path: logFile(dataDir),
      before: limit,
      streamPrefix: STREAM_PREFIX,
      isCertifiedAs: certified.isCertifiedAs,
      onFile: ({ month, events }) => tell(`${month}: ${events} events are in the archive`),
    });
    say(data, limit, archived, json);
  } catch (error) {
    const isTold = TOLD.some((kind) => error instanceof kind);
    throw isTold ? new UsageError((error as Error).message) : error;
  } finally {
    certified.close();
  }
}

const ROOM_KEPT: Readonly<Record<RoomKept, string>> = {
  'others-read':
    'Others have the log open: what was freed in its file is filled by what comes. Run it once while nothing ' +
    'else does to make the file shorter.',
  'disk-full':
    'What was freed in the file of the log is filled by what comes: the disk has no room for making it shorter, ' +
    'which takes as much as is left of it. Make room, and run it once more.',
};

/** The month (UTC) so many months from now, `yyyy-mm`. */
function monthAt(offset: number): string {
  const now = new Date(wallClock.nowMs());
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset))
    .toISOString()
    .slice(0, 7);
}

/** An earlier release would read on as if nothing had gone. */
function requireOneRelease(data: string, dataDir: string): void {
  const other = runningInstances(dataDir).find(({ version }) => version !== VERSION);
  if (!other) return;
  throw new UsageError(
    `${other.instance} (process ${other.pid}) runs on ${data} with release ${other.version}, not ${VERSION}; ` +
      'archive once all that run on it are of this release.',
  );
}

/** What the certifier holds of the log's leaves, where it has any. */
function certifiedLeaves(dataDir: string) {
  const folder = certifierFolder(dataDir);
  if (!existsSync(path.join(folder, 'leaves.sqlite'))) {
    return { isCertifiedAs: () => undefined, close: () => {} };
  }
  const leaves = openLeafStore(folder, (problem) => tell(`! ${problem}`));
  return {
    isCertifiedAs(position: number, hash: string): boolean | undefined {
      const leaf = leaves.find({ position }, Infinity);
      if (!leaf) return undefined;
      const [certified] = leaves.hashes(leaf.index, leaf.index + 1);
      return Buffer.from(leafHash(sha256, Buffer.from(hash, 'hex'))).equals(certified!);
    },
    close: () => leaves.close(),
  };
}

function say(data: string, before: string, archived: EventsArchived, isJson: boolean): void {
  const { files, bytesBefore, bytesAfter, roomKept } = archived;
  const isGivenBack = roomKept === undefined;
  const events = sumOf(files, (file) => file.events);
  const bytes = sumOf(files, (file) => file.bytes);
  const months = [...new Set(files.map(({ month }) => month))];
  if (isJson) {
    return printJson({ before, months, events, bytes, bytesBefore, bytesAfter, isGivenBack });
  }
  if (events === 0) return print(`${data} has no measurements to archive from before ${before}.`);
  const size = (of: number): string =>
    of < 1e6 ? `${(of / 1e3).toFixed(1)} kB` : `${(of / 1e6).toFixed(1)} MB`;
  print(
    `${events} measurements of ${months.join(', ')} are in the archive, ${size(bytes)}, ` +
      `${(bytes / events).toFixed(0)} bytes each; the log went from ${size(bytesBefore)} to ` +
      `${size(bytesAfter)}.`,
  );
  if (!isGivenBack) print(ROOM_KEPT[roomKept]);
}

function sumOf(files: readonly ListedArchive[], of: (file: ListedArchive) => number): number {
  return files.reduce((sum, file) => sum + of(file), 0);
}
