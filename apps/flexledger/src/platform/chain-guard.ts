/**
 * One process a data folder runs its embedded chain: two of them would begin with one state and part
 * ways. The guard is an empty SQLite file with an exclusive transaction: the operating system frees it
 * when the process dies, however it dies, so no stale lock can remain. The file stays: deleting it would
 * race with the next opener. Nothing else may open it: closing any handle of it drops this process's
 * lock (POSIX).
 */
import path from 'node:path';
import Database from 'libsql';

/** Another process runs the embedded chain of the data folder. */
export class ChainInUse extends Error {
  constructor(readonly dataDir: string) {
    super(
      `The embedded chain of ${dataDir} runs in another process. Stop that process, choose another ` +
        'folder with --data, or run this one without the certifier (--without certifier) or on a ' +
        'chain elsewhere (chain.rpcUrl).',
    );
    this.name = 'ChainInUse';
  }
}

/**
 * Takes the chain of a folder, which exists; returns what gives it free.
 *
 * @throws ChainInUse when it is taken, by this process or another
 */
export function takeChain(dataDir: string): () => void {
  const guard = new Database(path.join(dataDir, 'chain.lock'));
  try {
    guard.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    guard.close();
    const isTaken = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
    throw isTaken ? new ChainInUse(dataDir) : error;
  }
  return () => {
    guard.exec('ROLLBACK');
    guard.close();
  };
}
