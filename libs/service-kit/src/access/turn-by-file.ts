/**
 * One process at a time: a turn is an exclusive transaction on an empty SQLite file. The operating
 * system ends it when the process dies, however it dies, so no turn is left behind that somebody would
 * have to clear. The file stays: deleting it would race with the next in line.
 */
import { sleep } from '@flexledger/runtime';
import Database from 'libsql';

const LOOK_EVERY_MS = 25;
/** What is done in a turn takes a second at most; who holds it for so long is stopped or hangs. */
const PATIENCE_MS = 30_000;

/**
 * Does something while no other process, and nobody else in this one, does something under the file.
 *
 * @param file in a folder that exists; nothing else may open it
 * @throws Error when the turn does not come, naming the file and the remedy, and what `task` throws
 */
export async function inTurn<Result>(file: string, task: () => Promise<Result>): Promise<Result> {
  const turn = new Database(file);
  try {
    for (let waitedMs = 0; !taken(turn); waitedMs += LOOK_EVERY_MS) {
      if (waitedMs >= PATIENCE_MS) {
        throw new Error(
          `${file} is held by another process for ${PATIENCE_MS / 1_000} s: continue or end the one ` +
            'that is stopped, then try again.',
        );
      }
      await sleep(LOOK_EVERY_MS);
    }
    const result = await task();
    turn.exec('ROLLBACK');
    return result;
  } finally {
    // What is under way ends with it.
    turn.close();
  }
}

function taken(turn: Database.Database): boolean {
  try {
    turn.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false;
    throw error;
  }
}
