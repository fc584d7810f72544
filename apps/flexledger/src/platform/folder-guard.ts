/**
 * One all-in-one platform a data folder. Its log may be shared by several processes; its embedded chain,
 * its read models and its keys have one owner. The guard is an empty SQLite file with an exclusive
 * transaction: the operating system frees it when the process dies, however it dies, so no stale lock
 * can remain. The file stays: deleting it would race with the next opener. Nothing else may open it:
 * closing any handle of it drops this process's lock (POSIX).
 */
import path from 'node:path';
import Database from 'libsql';

/** Another process runs a platform in the data folder. */
export class FolderInUse extends Error {
  constructor(readonly dataDir: string) {
    super(
      `The data folder ${dataDir} is in use by another process. ` +
        'Stop that process, or choose another folder with --data.',
    );
    this.name = 'FolderInUse';
  }
}

/**
 * Takes the folder, which exists; returns what gives it free.
 *
 * @throws FolderInUse when it is taken, by this process or another
 */
export function takeFolder(dataDir: string): () => void {
  const guard = new Database(path.join(dataDir, 'platform.lock'));
  try {
    guard.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    guard.close();
    const isTaken = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
    throw isTaken ? new FolderInUse(dataDir) : error;
  }
  return () => {
    guard.exec('ROLLBACK');
    guard.close();
  };
}
