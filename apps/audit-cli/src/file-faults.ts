/**
 * What is wrong with a log file beyond what the values of its rows show: a blob for a text, a row that an index has
 * lost. SQLite is asked, which reads the whole file for it.
 */
import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { ROW_NUMBERS, ROW_TEXTS } from '@flexledger/domain';
import Database from 'libsql';

/** Plain data, that a thread can hand over. */
export interface FileFaults {
  /** Of the file as a whole. */
  readonly ofFile: readonly string[];
  /** Of rows, by their positions. */
  readonly ofRows: readonly (readonly [position: number, fault: string])[];
}

/** Looks a file over. */
export function faultsOfFile(file: string): FileFaults {
  const db = new Database(readOnlyUri(file));
  try {
    const ofRows = new Map<number, string>();
    const ofFile = [...wrongKinds(db, ofRows), ...integrityFaults(db, ofRows)];
    return { ofFile, ofRows: [...ofRows] };
  } finally {
    db.close();
  }
}

/** A file as SQLite opens it without a way to write to it. */
export function readOnlyUri(file: string): string {
  return `${pathToFileURL(realpathSync(file)).href}?mode=ro`;
}

/** Rows with a value of another kind than its column's. @returns what is not of one row */
function wrongKinds(db: Database.Database, rowFaults: Map<number, string>): string[] {
  const others = [
    ...ROW_TEXTS.map((column) => `typeof(${column}) <> 'text'`),
    ...ROW_NUMBERS.map((column) => `typeof(${column}) <> 'integer'`),
  ].join(' OR ');
  const query = db.prepare(`SELECT position FROM events WHERE ${others}`).raw();
  return unlessUnreadable(() => {
    for (const [position] of query.all() as [number][]) {
      rowFaults.set(position, 'a value of it is stored as another kind than its column has');
    }
    return [];
  });
}

/** SQLite's own check of pages and indexes. @returns what is not of one row */
function integrityFaults(db: Database.Database, rowFaults: Map<number, string>): string[] {
  const check = db
    .prepare('SELECT CAST(integrity_check AS BLOB) FROM pragma_integrity_check')
    .raw();
  const nth = db.prepare('SELECT position FROM events ORDER BY position LIMIT 1 OFFSET ?').raw();
  return unlessUnreadable(() => {
    const messages = (check.all() as [Buffer][]).map(([message]) => message.toString('utf8'));
    return messages.filter((message) => {
      // SQLite counts the rows as it meets them, from 1.
      const ordinal = /^row (\d+) missing from index/.exec(message)?.[1];
      if (ordinal === undefined) return message !== 'ok';
      for (const [position] of nth.all([Number(ordinal) - 1]) as [number][]) {
        rowFaults.set(position, 'an index of the file does not know it as it stands');
      }
      return false;
    });
  });
}

function unlessUnreadable(ask: () => string[]): string[] {
  try {
    return ask();
  } catch (error) {
    return [`SQLite cannot read all of it (${(error as Error).message})`];
  }
}
