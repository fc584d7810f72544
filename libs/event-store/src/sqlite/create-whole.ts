/** A SQLite file that is there whole or not at all, whoever else makes it at the same moment. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { wallClock } from '@flexledger/runtime';
import Database from 'libsql';
import { makeOwnerOnly } from './owner-only';

/** Names the folder of a file that is being created, or whose creation a crash broke off. */
const UNFINISHED = '.new-';
const LEFT_BEHIND_MS = 60_000;

/**
 * Builds a file in a folder of its own beside its place and links it there whole: a crash leaves no
 * half-made file, so one of no bytes was cut off, never being born. Of several processes that create at
 * once one comes first, and its file is everybody's. It has a write-ahead log from its first byte on:
 * to change to one later takes a moment in which nobody else has the file open, which who starts beside
 * others may not find in time.
 *
 * @param sql makes what the file holds
 */
export function createWhole(path: string, sql: string): void {
  removeUnfinished(path);
  const folder = mkdtempSync(`${path}${UNFINISHED}`);
  try {
    const unfinished = join(folder, 'file');
    build(unfinished, sql);
    try {
      linkSync(unfinished, path);
    } catch (error) {
      // Linked by another process meanwhile, or a file system without links.
      if (!existsSync(path)) renameSync(unfinished, path);
      else if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  syncFolder(dirname(path));
}

function build(unfinished: string, sql: string): void {
  makeOwnerOnly(unfinished);
  const db = new Database(unfinished);
  try {
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN; ${sql}; COMMIT`);
  } finally {
    db.close();
  }
}

/** What crashes left of earlier creations; to create takes milliseconds. */
function removeUnfinished(path: string): void {
  const names = readdirSync(dirname(path)).filter((name) =>
    name.startsWith(`${basename(path)}${UNFINISHED}`),
  );
  const nowMs = wallClock.nowMs();
  for (const name of names) {
    const left = join(dirname(path), name);
    const changedMs = statSync(left, { throwIfNoEntry: false })?.mtimeMs ?? nowMs;
    if (nowMs - changedMs > LEFT_BEHIND_MS) rmSync(left, { recursive: true, force: true });
  }
}

/** Makes the new name durable; Windows neither needs nor allows it. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
