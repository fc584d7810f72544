import type Database from 'libsql';
import { isBusy } from '../busy-file';
import { isUnwritable } from '../sqlite-errors';

/**
 * Why the room of what was removed is not the file system's again: others have the log open, or the disk has no room
 * for what making a file shorter takes meanwhile. The log fills it with what comes, and nothing is lost.
 */
export type RoomKept = 'others-read' | 'disk-full';

/**
 * Makes a log's file as short as its rows are. What is cut off is undone by who opens the log next.
 *
 * @returns why not, or undefined when it is done
 */
export function giveBack(db: Database.Database): RoomKept | undefined {
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
    // Only who has the file alone gets it out of its mode.
    const [mode] = db.prepare('PRAGMA journal_mode = DELETE').raw().all() as [[string]];
    if (mode[0] !== 'delete') return 'others-read';
    db.exec('VACUUM');
  } catch (error) {
    const why = isBusy(error) ? 'others-read' : isUnwritable(error) ? 'disk-full' : undefined;
    if (why === undefined) throw error;
    backToItsMode(db);
    return why;
  }
  backToItsMode(db);
  return undefined;
}

/** Whoever opens the log for writing does it too. */
function backToItsMode(db: Database.Database): void {
  try {
    db.pragma('journal_mode = WAL');
  } catch (error) {
    if (!isBusy(error) && !isUnwritable(error)) throw error;
  }
}
