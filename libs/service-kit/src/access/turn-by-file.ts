/**
 * One process at a time: a turn is an exclusive transaction on an empty SQLite file. The operating
 * system ends it when the process dies, however it dies, so no turn is left behind that somebody would
 * have to clear. The file stays: deleting it would race with the next in line.
 */
import { makeOwnerOnly } from '@flexledger/event-store';
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
  const turn = turnOf(file);
  try {
    for (let waitedMs = 0; !turn.take(); waitedMs += LOOK_EVERY_MS) {
      if (waitedMs >= PATIENCE_MS) {
        throw new Error(
          `${file} is held by another process for ${PATIENCE_MS / 1_000} s: continue or end the one ` +
            'that is stopped, then try again.',
        );
      }
      await sleep(LOOK_EVERY_MS);
    }
    return await task();
  } finally {
    turn.end();
  }
}

/** A turn that can be taken, once nobody else has it. */
export interface Turn {
  /** True once it is taken; false while somebody else has it, in this process or another. */
  take(): boolean;
  /** Gives it to the next, and closes the file. */
  end(): void;
}

/**
 * The turn under a file, which is made where absent.
 *
 * @param file in a folder that exists; nothing else may open it: closing any handle of it drops this
 *   process's lock (POSIX)
 */
export function turnOf(file: string): Turn {
  makeOwnerOnly(file);
  const turn = new Database(file);
  let isMine = false;
  return {
    take() {
      try {
        turn.exec('BEGIN EXCLUSIVE');
        isMine = true;
        return true;
      } catch (error) {
        const isTaken =
          error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
        if (isTaken) return false;
        throw error;
      }
    },
    end() {
      if (isMine) turn.exec('ROLLBACK');
      turn.close();
    },
  };
}
