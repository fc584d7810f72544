/** The table of one view: its documents as JSON text under their ids, and a column for each indexed field. */
import type Database from 'libsql';
import type { AnyView } from '../view';
import { quoted } from './find-sql';

/** What is prepared once for each view. */
export interface ViewTable {
  readonly put: Database.Statement;
  readonly remove: Database.Statement;
  readonly getMany: Database.Statement;
}

/**
 * The view's table, made where absent.
 *
 * @throws TypeError when the name cannot be one, or the stored table is of other fields
 */
export function openTable(db: Database.Database, view: AnyView): ViewTable {
  requireName(view);
  const fields = view.indexes.map((field) => `, ${quoted(field)}`).join('');
  db.exec(
    `CREATE TABLE IF NOT EXISTS ${quoted(view.name)}
       (id TEXT PRIMARY KEY NOT NULL, doc TEXT NOT NULL${fields})`,
  );
  return storedTable(db, view)!;
}

/**
 * The view's table as it is stored, `undefined` where there is none.
 *
 * @throws TypeError when the name cannot be one, or the stored table is of other fields
 */
export function storedTable(db: Database.Database, view: AnyView): ViewTable | undefined {
  requireName(view);
  const table = quoted(view.name);
  const columns = ['id', 'doc', ...view.indexes];
  const stored = db.prepare(`PRAGMA table_info(${table})`).all() as { name: string }[];
  if (stored.length === 0) return undefined;
  if (stored.map(({ name }) => name).join() !== columns.join()) {
    throw new TypeError(
      `View ${view.name} indexes ${view.indexes.join(', ')}, its stored table has ` +
        `${stored.map(({ name }) => name).join(', ')}: raise the view's version and catch up first.`,
    );
  }
  const marks = columns.map(() => '?').join(', ');
  const replaced = columns
    .slice(1)
    .map((column) => `${quoted(column)} = excluded.${quoted(column)}`);
  return {
    put: db.prepare(
      `INSERT INTO ${table} (${columns.map(quoted).join(', ')}) VALUES (${marks})
       ON CONFLICT (id) DO UPDATE SET ${replaced.join(', ')}`,
    ),
    remove: db.prepare(`DELETE FROM ${table} WHERE id = ?`),
    getMany: db
      .prepare(`SELECT id, doc FROM ${table} WHERE id IN (SELECT value FROM json_each(?))`)
      .raw(),
  };
}

/** True for what SQLite says of a table that is not there. */
export function isMissingTable(error: unknown): boolean {
  return error instanceof Error && error.message.includes('no such table');
}

function requireName({ name }: AnyView): void {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    throw new TypeError(`View "${name}": a view's name is kebab-case.`);
  }
}
