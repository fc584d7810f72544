/**
 * One writer at a time. The guard is a second, empty SQLite file with an exclusive transaction that
 * stays open as long as the log: the operating system frees it when the process dies, however it
 * dies, so no stale lock can remain. The file itself stays: deleting it would race with the next
 * opener. Nothing else may open it: closing any handle of it drops this process's lock (POSIX).
 */
import Database from 'libsql';
import { LogDamaged, LogInUse } from '../errors';
import { sqliteCode } from './sqlite-errors';

/**
 * Takes the log at `path`; returns what gives it free.
 *
 * @throws LogInUse when it is taken, by this process or another
 * @throws LogDamaged when the file `<path>.lock` is something else
 */
export function takeSingleWriterGuard(path: string): () => void {
  let guard: Database.Database | undefined;
  try {
    guard = new Database(`${path}.lock`);
    guard.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    guard?.close();
    if (sqliteCode(error)?.startsWith('SQLITE_BUSY')) throw new LogInUse(path);
    const reason = `its guard ${path}.lock cannot be taken (${(error as Error).message})`;
    throw new LogDamaged(path, reason, { cause: error });
  }
  const held = guard;
  return () => {
    held.exec('ROLLBACK');
    held.close();
  };
}
