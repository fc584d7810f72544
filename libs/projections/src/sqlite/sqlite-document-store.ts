/**
 * The embedded document store: one SQLite file, a table a view with the documents as JSON text and
 * the indexed fields as columns. Write-ahead log with `synchronous=NORMAL`: a power cut may take the
 * last commits, documents and checkpoint together, and the runner folds them again from the log.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import {
  type Checkpoint,
  CheckpointConflict,
  type DocumentStore,
  type Page,
  type Query,
  ViewsDamaged,
  type ViewWrites,
} from '../document-store';
import { checkQuery, checkWhere, encodeCursor, indexValue } from '../page';
import type { AnyView, IndexValue, View } from '../view';
import { countSql, findSql, quoted, type Sql } from './find-sql';
import { sqlText, sqlValue } from './sql-text';

export interface SqliteDocumentStoreOptions {
  /** The file, made with its folder where absent; `:memory:` keeps everything in this process. */
  readonly path: string;
}

type Statement = Database.Statement;

/** What is prepared once for each view. */
interface ViewTable {
  readonly put: Statement;
  readonly remove: Statement;
  readonly getMany: Statement;
}

/** "FLVW": tells our file from any other SQLite file. */
const APPLICATION_ID = 0x464c5657;
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens the views' file.
 *
 * @throws ViewsDamaged when it is no SQLite file, or not ours
 */
export function openSqliteDocumentStore({ path }: SqliteDocumentStoreOptions): DocumentStore {
  return new SqliteDocumentStore(openFile(path));
}

class SqliteDocumentStore implements DocumentStore {
  private readonly tables = new Map<string, ViewTable>();
  private readonly queries = new Map<string, Statement>();
  private readonly readCheckpoint: Statement;
  private readonly writeCheckpoint: Statement;

  constructor(private readonly db: Database.Database) {
    this.readCheckpoint = db
      .prepare('SELECT version, logStart, position FROM _views WHERE name = ?')
      .raw();
    this.writeCheckpoint = db.prepare(
      `INSERT INTO _views (name, version, logStart, position) VALUES (?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET version = excluded.version,
         logStart = excluded.logStart, position = excluded.position`,
    );
  }

  async getMany<Doc extends object>(
    view: View<Doc>,
    ids: readonly string[],
  ): Promise<(Doc | undefined)[]> {
    const keys = ids.map(sqlText);
    const rows = this.table(view).getMany.all([JSON.stringify(keys)]) as [string, string][];
    const found = new Map(rows.map(([key, json]) => [key, JSON.parse(json) as Doc]));
    return keys.map((key) => found.get(key));
  }

  async find<Doc extends object>(view: View<Doc>, query: Query<Doc> = {}): Promise<Page<Doc>> {
    this.table(view);
    const checked = checkQuery(view, query);
    const found = this.query<[string, string, IndexValue]>(findSql(view.name, checked));
    const rows = found.slice(0, checked.limit);
    const last = rows.at(-1);
    return {
      items: rows.map(([, json]) => JSON.parse(json) as Doc),
      next:
        last && found.length > rows.length
          ? encodeCursor(view, checked, { id: last[0], value: last[2] })
          : null,
    };
  }

  async count<Doc extends object>(view: View<Doc>, where: object = {}): Promise<number> {
    this.table(view);
    const [row] = this.query<[number]>(countSql(view.name, checkWhere(view, where)));
    return row![0];
  }

  async commit(writes: readonly ViewWrites[]): Promise<void> {
    const tables = writes.map(({ view }) => this.table(view));
    this.transaction(() => {
      writes.forEach((write, index) => this.write(write, tables[index]!));
    });
  }

  async makeIndexes(views: readonly AnyView[]): Promise<void> {
    for (const view of views) {
      this.table(view);
      for (const field of view.indexes) {
        const [index, table] = [quoted(`${view.name}.${field}`), quoted(view.name)];
        this.db.exec(`CREATE INDEX IF NOT EXISTS ${index} ON ${table} (${quoted(field)}, id)`);
        // Each takes seconds over a million documents.
        await new Promise(setImmediate);
      }
    }
  }

  async checkpoint(view: AnyView): Promise<Checkpoint | undefined> {
    return this.checkpointOf(view);
  }

  async drop(view: AnyView): Promise<void> {
    this.tables.delete(view.name);
    this.queries.clear();
    this.transaction(() => {
      this.db.exec(`DROP TABLE IF EXISTS ${quoted(view.name)}`);
      this.db.prepare('DELETE FROM _views WHERE name = ?').run([view.name]);
    });
  }

  async close(): Promise<void> {
    if (this.db.open) this.db.close();
  }

  private write(write: ViewWrites, { put, remove }: ViewTable): void {
    const { view, puts, deletes, checkpoint, continues } = write;
    const actual = this.checkpointOf(view)?.position ?? -1;
    if (actual !== continues) throw new CheckpointConflict(view.name, continues, actual);
    for (const { id, doc } of puts) {
      const values: IndexValue[] = [sqlText(id), JSON.stringify(doc)];
      for (const field of view.indexes) values.push(sqlValue(indexValue(view, doc, field)));
      put.run(values);
    }
    for (const id of deletes) remove.run([sqlText(id)]);
    const { version, logStart, position } = checkpoint;
    this.writeCheckpoint.run([view.name, version, logStart, position]);
  }

  private checkpointOf(view: AnyView): Checkpoint | undefined {
    const [row] = this.readCheckpoint.all([view.name]) as [number, string, number][];
    return row && { version: row[0], logStart: row[1], position: row[2] };
  }

  private transaction(work: () => void): void {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.db.exec('COMMIT');
    } catch (error) {
      // A full disk has rolled back by itself.
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  private query<Row>({ text, values }: Sql): Row[] {
    let statement = this.queries.get(text);
    if (!statement) this.queries.set(text, (statement = this.db.prepare(text).raw()));
    return statement.all([...values]) as Row[];
  }

  private table(view: AnyView): ViewTable {
    let table = this.tables.get(view.name);
    if (!table) this.tables.set(view.name, (table = openTable(this.db, view)));
    return table;
  }
}

function openFile(path: string): Database.Database {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  let db: Database.Database | undefined;
  try {
    db = new Database(path);
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    const { application_id: id } = db.prepare('PRAGMA application_id').get() as {
      application_id: number;
    };
    const [{ tables }] = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').all() as [
      { tables: number },
    ];
    if (id !== APPLICATION_ID && tables > 0) throw new Error('it is another SQLite file');
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA application_id = ${APPLICATION_ID};
      CREATE TABLE IF NOT EXISTS _views (
        name TEXT PRIMARY KEY, version INTEGER NOT NULL, logStart TEXT NOT NULL,
        position INTEGER NOT NULL
      ) WITHOUT ROWID`);
    return db;
  } catch (error) {
    db?.close();
    throw new ViewsDamaged(path, error instanceof Error ? error.message : String(error));
  }
}

function openTable(db: Database.Database, view: AnyView): ViewTable {
  if (!/^[a-z][a-z0-9-]*$/.test(view.name)) {
    throw new TypeError(`View "${view.name}": a view's name is kebab-case.`);
  }
  const table = quoted(view.name);
  const columns = ['id', 'doc', ...view.indexes];
  db.exec(
    `CREATE TABLE IF NOT EXISTS ${table}
       (id TEXT PRIMARY KEY NOT NULL, doc TEXT NOT NULL${view.indexes.map((field) => `, ${quoted(field)}`).join('')})`,
  );
  const stored = db.prepare(`PRAGMA table_info(${table})`).all() as { name: string }[];
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
