/**
 * The log of a backup as it stood at a moment, to be read: for digests, replays, exports and questions about what was known
 * then. Keys, chain and identities stay in the backup, for whoever went on from such a moment would fork the log.
 */
import { auditLog } from '@flexledger/audit-cli';
import type { AuditReport } from '@flexledger/audit';
import { UsageError, print, printJson } from '@flexledger/command-line';
import {
  type EventStore,
  copyLog,
  openLog,
  openLogToRead,
  requireLog,
} from '@flexledger/event-store';
import { instantMs, isoFromMs, wallClock } from '@flexledger/runtime';
import { writersClock } from '../serve/served-log';
import { buildBeside } from './build-beside';

/** Flags of `flexledger restore --at`. */
export interface RestoreAtFlags {
  readonly from: string;
  readonly data: string;
  readonly at: string;
  readonly json: boolean;
}

interface Cut {
  readonly folder: string;
  readonly at: string;
  /** Events recorded until then. */
  readonly events: number;
  /** Events of the backup. */
  readonly of: number;
}

/**
 * Makes a folder of those events of a backup that were recorded until a moment, once the backup was found to hold.
 *
 * @throws UsageError when `at` is no instant or before the first event; when `data` holds something; when the
 *   backup does not hold or has no log
 */
export async function restoreAt({ from, data, at, json }: RestoreAtFlags): Promise<void> {
  const atMs = instantMs(at);
  if (atMs === undefined) {
    throw new UsageError(`--at "${at}" is no instant like 2026-03-17T10:00:00Z.`);
  }
  requireLog(from);
  const cut = await buildBeside(data, false, async (unfinished): Promise<Cut> => {
    const report = await auditLog({ dataDir: from });
    requireWhole(from, report);
    const events = await copyUntil(from, unfinished, atMs);
    if (events === 0) {
      throw new UsageError(`${from} has no event that was recorded until ${isoFromMs(atMs)}.`);
    }
    return { folder: data, at: isoFromMs(atMs), events, of: countOf(report) };
  });
  if (json) return printJson(cut);
  print(
    `${cut.folder} holds the ${cut.events} of ${cut.of} events that were recorded until ${cut.at}, to be read ` +
      'by "flexledger digest", "replay", "kpis" and "export". Keys and chain stay in the backup: to go on from here would ' +
      'fork the log.',
  );
}

function requireWhole(from: string, report: AuditReport): void {
  const failed = report.checks.find(({ ok }) => !ok);
  if (!failed) return;
  const reason = failed.failures[0]?.reason ?? 'it does not hold';
  throw new UsageError(`${from} is not restored: ${failed.name}: ${reason}. Take another copy.`);
}

function countOf({ checks }: AuditReport): number {
  return checks.find(({ name }) => name === 'hashes')?.count ?? 0;
}

/** Copied, and compared once it stands there. @returns how many events */
async function copyUntil(from: string, to: string, atMs: number): Promise<number> {
  const source = await openLogToRead({ dataDir: from }, wallClock);
  try {
    const clock = writersClock();
    const copy = await openLog({ dataDir: to }, { clock });
    try {
      const begun = until(source, atMs);
      await copyLog(begun, copy, clock.heard, () => undefined);
      return (await copyLog(begun, copy, clock.heard, () => undefined)).found;
    } finally {
      await copy.close();
    }
  } finally {
    await source.close();
  }
}

/** A log that ends before the first event that was recorded later. */
function until(log: EventStore, atMs: number): EventStore {
  return {
    ...log,
    async *readAll(options) {
      for await (const event of log.readAll(options)) {
        if (Date.parse(event.recordedAt) > atMs) return;
        yield event;
      }
    },
  };
}
