/**
 * Who archives a log: one process at a time, for as long as it does. It is a lock of SQLite's on an empty file of
 * its own, which ends with its process however that ends, so that nobody waits for one that was killed.
 */
import Database from 'libsql';
import { isBusy } from '../busy-file';

/** Two would archive events of one log at once. */
export class ArchivedByOthers extends Error {
  constructor(path: string) {
    super(
      `Another process archives events of ${path}; wait for it, then look again whether any are left.`,
    );
    this.name = 'ArchivedByOthers';
  }
}

/** The file stays: whoever took it away could take it from under one that has begun to wait for it. */
const archiveLeaseFile = (logPath: string): string => `${logPath}-archive.lock`;

/**
 * Takes the lease, at once or not at all.
 *
 * @returns what gives it back
 * @throws ArchivedByOthers
 */
export function takeArchiveLease(logPath: string): () => void {
  const db = new Database(archiveLeaseFile(logPath));
  try {
    db.pragma('busy_timeout = 0');
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    throw isBusy(error) ? new ArchivedByOthers(logPath) : error;
  }
  return () => {
    db.exec('ROLLBACK');
    db.close();
  };
}
