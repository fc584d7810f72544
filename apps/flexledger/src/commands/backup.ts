/**
 * A copy of a data folder while it is served, and a folder made of such a copy. Databases are copied by SQLite
 * itself, each as it is at one moment; log and chain are copied one after the other, so that what was anchored
 * in between may be in one of them only. So the copy is audited, and where it is for this alone that it does
 * not hold, made again. What can be computed from the log is left out.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { auditLog, readTrustFile } from '@flexledger/audit-cli';
import type { AuditReport } from '@flexledger/audit';
import { UsageError, print, printJson, tell } from '@flexledger/command-line';
import {
  archiveFilesOf,
  archiveFolder,
  logFile,
  makeOwnerOnly,
  requireLog,
} from '@flexledger/event-store';
import { sleep } from '@flexledger/runtime';
import Database from 'libsql';
import { buildBeside } from './build-beside';

/** Flags of `flexledger backup`. */
export interface BackupFlags {
  readonly data: string;
  readonly out: string;
  readonly json: boolean;
}

/** Flags of `flexledger restore`. */
export interface RestoreFlags {
  readonly from: string;
  readonly data: string;
  readonly trust?: string;
  readonly json: boolean;
}

/** What a copy has. */
interface Copied {
  readonly folder: string;
  readonly events: number;
  readonly bytes: number;
  /** Events that the last checkpoint covers; 0 before the first. */
  readonly sealed: number;
}

const DATABASES = [
  'events.sqlite',
  'identity.sqlite',
  'webhooks.sqlite',
  path.join('certifier', 'leaves.sqlite'),
];
const FOLDERS = ['households'];
/** Of a running process, not of the market. */
const OF_A_PROCESS = /^instance-.*\.json$/;
/** Checks that may fail because log and chain were copied one after the other. */
const BETWEEN_LOG_AND_CHAIN: ReadonlySet<string> = new Set([
  'anchors',
  'agreements',
  'access',
  'inclusion',
  'tokens',
]);
const TRIES = 5;
const PAUSE_MS = 1_000;

/**
 * Copies a data folder, served or not, to a new one, and audits the copy.
 *
 * @throws UsageError when there is no log, when `out` holds something, when what was copied does not hold
 */
export async function backup({ data, out, json }: BackupFlags): Promise<void> {
  requireLog(data);
  const copied = await buildBeside(out, false, async (unfinished) => {
    for (let tries = 1; ; tries += 1) {
      copyParts(data, unfinished);
      const report = await auditLog({ dataDir: unfinished });
      const failed = report.checks.filter(({ ok }) => !ok).map(({ name }) => name);
      if (failed.length === 0) return copiedAt(out, unfinished, report);
      if (tries < TRIES && failed.every((name) => BETWEEN_LOG_AND_CHAIN.has(name))) {
        await sleep(PAUSE_MS);
        continue;
      }
      throw new UsageError(
        `The copy of ${data} does not hold (${failed.join(', ')}) and is removed; "flexledger audit --all ` +
          `--data ${data}" says what is wrong with the log.`,
      );
    }
  });
  say(copied, json);
}

/**
 * Makes a data folder of a copy, once the copy was found to hold.
 *
 * @throws UsageError when `data` holds something; when the copy does not hold, is older than the trust file
 *   has seen, or has no log
 */
export async function restore({ from, data, trust, json }: RestoreFlags): Promise<void> {
  requireLog(from);
  const policy = trust === undefined ? undefined : readTrustFile(trust);
  const copied = await buildBeside(data, false, async (unfinished) => {
    copyParts(from, unfinished);
    const report = await auditLog({ dataDir: unfinished, ...(policy && { trust: policy }) });
    if (report.ok) return copiedAt(data, unfinished, report);
    const [failed] = report.checks.filter(({ ok }) => !ok);
    throw new UsageError(
      `${from} is not restored: ${failed!.name}: ${failed!.failures[0]?.reason ?? 'it does not hold'}. To go on ` +
        'with it would be to fork the log; take a later copy, or a whole one.',
    );
  });
  if (trust === undefined) {
    tell(
      'Without --trust nothing says that no later copy was anchored: a log that goes on from an older one forks.',
    );
  }
  say(copied, json);
}

/** Each part that is there, over what an earlier try has left. */
function copyParts(from: string, to: string): void {
  for (const name of DATABASES) copyDatabase(path.join(from, name), path.join(to, name));
  copyArchive(logFile(from), logFile(to));
  for (const { name } of readdirSync(from, { withFileTypes: true }).filter((it) => it.isFile())) {
    if (!name.endsWith('.json') || OF_A_PROCESS.test(name)) continue;
    cpSync(path.join(from, name), path.join(to, name));
  }
  for (const name of FOLDERS) {
    const folder = path.join(from, name);
    if (existsSync(folder)) cpSync(folder, path.join(to, name), { recursive: true });
  }
}

/** As it is at one moment, whoever writes to it meanwhile. */
function copyDatabase(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(path.dirname(to), { recursive: true, mode: 0o700 });
  const db = new Database(from);
  try {
    db.exec('PRAGMA busy_timeout = 10000');
    rmSync(to, { force: true });
    makeOwnerOnly(to);
    db.exec(`VACUUM INTO '${to.replaceAll("'", "''")}'`);
  } finally {
    db.close();
  }
}

/**
 * The files that the copied log names. They are there before a log names them, and never change.
 *
 * @throws UsageError when one is missing
 */
function copyArchive(fromLog: string, toLog: string): void {
  const db = new Database(toLog);
  try {
    for (const file of archiveFilesOf(db, toLog)) {
      const source = path.join(archiveFolder(fromLog), path.basename(file));
      if (!existsSync(source)) {
        throw new UsageError(
          `${source} is missing, which the log names; put it back from a backup.`,
        );
      }
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      if (!existsSync(file)) cpSync(source, file);
    }
  } finally {
    db.close();
  }
}

function copiedAt(
  folder: string,
  unfinished: string,
  { lastCheckpoint, checks }: AuditReport,
): Copied {
  const events = checks.find(({ name }) => name === 'hashes')?.count ?? 0;
  return { folder, events, bytes: bytesIn(unfinished), sealed: lastCheckpoint?.size ?? 0 };
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0);
}

function say(copied: Copied, isJson: boolean): void {
  if (isJson) return printJson(copied);
  const { folder, events, bytes, sealed } = copied;
  const megabytes = (bytes / 1e6).toFixed(1);
  print(
    `${folder} holds ${events} events, ${sealed} of them sealed, in ${megabytes} MB; the log holds.`,
  );
}
