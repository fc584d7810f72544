/**
 * The embedded document store: one SQLite file, a table a view with the documents as JSON text and
 * the indexed fields as columns. Write-ahead log with `synchronous=NORMAL`: a power cut may take the
 * last commits, documents and checkpoint together, and the runner folds them again from the log.
 * Several processes may have it open: readers hold up nobody, and a writer waits for another by sleeping.
 */
import { BEFORE_FIRST } from '@flexledger/event-store';
import type Database from 'libsql';
import {
  type Checkpoint,
  CheckpointConflict,
  type DocumentStore,
  FencedOff,
  type Page,
  type Query,
  type StoredHalt,
  type ViewWrites,
} from '../document-store';
import { checkQuery, checkWhere, encodeCursor, indexValue } from '../page';
import type { AnyView, IndexValue, View } from '../view';
import { countSql, findSql, quoted, type Sql } from './find-sql';
import { sqlText, sqlValue } from './sql-text';
import { beginImmediate, openViewsFile, type Patience } from './views-file';
import { isMissingTable, openTable, storedTable, type ViewTable } from './view-table';

export interface SqliteDocumentStoreOptions {
  /** The file, made with its folder where absent; `:memory:` keeps everything in this process. */
  readonly path: string;
  /** How long a writer waits for another process that writes; 10 s when absent. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 10_000;

type Statement = Database.Statement;
/** Version, start of the log, position, halt as JSON. */
type StoredCheckpoint = [number, string, number, string | null];

/**
 * Opens the views' file.
 *
 * @throws ViewsDamaged when it is no SQLite file, or not ours
 * @throws ViewsBusy when another process is making it and does not end
 */
export function openSqliteDocumentStore({
  path,
  patienceMs = PATIENCE_MS,
}: SqliteDocumentStoreOptions): DocumentStore {
  return new SqliteDocumentStore(openViewsFile(path), { path, patienceMs });
}

class SqliteDocumentStore implements DocumentStore {
  private readonly tables = new Map<string, ViewTable>();
  private readonly queries = new Map<string, Statement>();
  private readonly readCheckpoint: Statement;
  private readonly writeCheckpoint: Statement;
  private readonly readFence: Statement;

  constructor(
    private readonly db: Database.Database,
    private readonly patience: Patience,
  ) {
    this.readCheckpoint = db
      .prepare('SELECT version, logStart, position, halt FROM _views WHERE name = ?')
      .raw();
    this.writeCheckpoint = db.prepare(
      `INSERT INTO _views (name, version, logStart, position, halt) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET version = excluded.version,
         logStart = excluded.logStart, position = excluded.position, halt = excluded.halt`,
    );
    this.readFence = db.prepare('SELECT max(fence) FROM _fence').raw();
  }

  async getMany<Doc extends object>(
    view: View<Doc>,
    ids: readonly string[],
  ): Promise<(Doc | undefined)[]> {
    const keys = ids.map(sqlText);
    const rows = this.reading<[string, string][]>(view, [], ({ getMany }) =>
      getMany.all([JSON.stringify(keys)]),
    );
    const found = new Map(rows.map(([key, json]) => [key, JSON.parse(json) as Doc]));
    return keys.map((key) => found.get(key));
  }

  async find<Doc extends object>(view: View<Doc>, query: Query<Doc> = {}): Promise<Page<Doc>> {
    const checked = checkQuery(view, query);
    const found = this.reading<[string, string, IndexValue][]>(view, [], () =>
      this.query(findSql(quoted(view.name), checked)),
    );
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
    const checked = checkWhere(view, where);
    const [row] = this.reading<[number][]>(view, [[0]], () =>
      this.query(countSql(quoted(view.name), checked)),
    );
    return row![0];
  }

  async commit(writes: readonly ViewWrites[], fence?: number): Promise<void> {
    await this.transaction(fence, () => {
      for (const write of writes) this.write(write, this.table(write.view));
    });
  }

  async makeIndexes(views: readonly AnyView[]): Promise<void> {
    for (const view of views) {
      for (const field of view.indexes) {
        const [index, table] = [quoted(`${view.name}.${field}`), quoted(view.name)];
        if (this.hasIndex(`${view.name}.${field}`)) continue;
        await beginImmediate(this.db, this.patience);
        this.inTransaction(() => {
          this.table(view);
          this.db.exec(`CREATE INDEX IF NOT EXISTS ${index} ON ${table} (${quoted(field)}, id)`);
        });
        // Each takes seconds over a million documents.
        await new Promise(setImmediate);
      }
    }
  }

  async checkpoint(view: AnyView): Promise<Checkpoint | undefined> {
    return this.checkpointOf(view);
  }

  async drop({ name }: Pick<AnyView, 'name'>, fence?: number): Promise<void> {
    await this.transaction(fence, () => {
      this.tables.delete(name);
      this.queries.clear();
      this.db.exec(`DROP TABLE IF EXISTS ${quoted(name)}`);
      this.db.prepare('DELETE FROM _views WHERE name = ?').run([name]);
    });
  }

  async storedViews(): Promise<readonly string[]> {
    const rows = this.db.prepare('SELECT name FROM _views ORDER BY name').all();
    return (rows as { readonly name: string }[]).map(({ name }) => name);
  }

  async close(): Promise<void> {
    if (this.db.open) this.db.close();
  }

  private write(write: ViewWrites, { put, remove }: ViewTable): void {
    const { view, puts, deletes, checkpoint, continues } = write;
    const actual = this.checkpointOf(view)?.position ?? BEFORE_FIRST;
    if (actual !== continues) throw new CheckpointConflict(view.name, continues, actual);
    for (const { id, doc } of puts) {
      const values: IndexValue[] = [sqlText(id), JSON.stringify(doc)];
      for (const field of view.indexes) values.push(sqlValue(indexValue(view, doc, field)));
      put.run(values);
    }
    for (const id of deletes) remove.run([sqlText(id)]);
    const { version, logStart, position, halt } = checkpoint;
    const stored = halt ? JSON.stringify(halt) : null;
    this.writeCheckpoint.run([view.name, version, logStart, position, stored]);
  }

  private checkpointOf(view: AnyView): Checkpoint | undefined {
    const row = this.readCheckpoint.get([view.name]) as StoredCheckpoint | undefined;
    if (!row) return undefined;
    const [version, logStart, position, halt] = row;
    const checkpoint = { version, logStart, position };
    return halt === null ? checkpoint : { ...checkpoint, halt: JSON.parse(halt) as StoredHalt };
  }

  /** Waits for the write lock, looks whether the writer may still write, and does the work whole or not at all. */
  private async transaction(fence: number | undefined, work: () => void): Promise<void> {
    await beginImmediate(this.db, this.patience);
    this.inTransaction(() => {
      this.passFence(fence);
      work();
    });
  }

  private inTransaction(work: () => void): void {
    try {
      work();
      this.db.exec('COMMIT');
    } catch (error) {
      // A table that was made in here is not there any more.
      this.tables.clear();
      // A full disk has rolled back by itself.
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  /** @throws FencedOff */
  private passFence(fence: number | undefined): void {
    const [row] = this.readFence.all([]) as [number | null][];
    const highest = row![0] ?? undefined;
    if (highest !== undefined && (fence ?? -Infinity) < highest)
      throw new FencedOff(fence, highest);
    if (fence === undefined || fence === highest) return;
    this.db.prepare('DELETE FROM _fence').run([]);
    this.db.prepare('INSERT INTO _fence (fence) VALUES (?)').run([fence]);
  }

  private hasIndex(name: string): boolean {
    const found = this.db.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?`);
    return found.all([name]).length > 0;
  }

  private query<Rows>({ text, values }: Sql): Rows {
    let statement = this.queries.get(text);
    if (!statement) this.queries.set(text, (statement = this.db.prepare(text).raw()));
    return statement.all([...values]) as Rows;
  }

  /** What is read of the view's table; `absent` where nothing was folded into it yet, or it is being rebuilt. */
  private reading<Rows>(view: AnyView, absent: Rows, read: (table: ViewTable) => unknown): Rows {
    try {
      const table = this.tables.get(view.name) ?? storedTable(this.db, view);
      if (!table) return absent;
      this.tables.set(view.name, table);
      return read(table) as Rows;
    } catch (error) {
      // The process that folds has dropped it since.
      if (!isMissingTable(error)) throw error;
      this.tables.delete(view.name);
      this.queries.clear();
      return absent;
    }
  }

  /** The view's table, made where absent: within a transaction only. */
  private table(view: AnyView): ViewTable {
    let table = this.tables.get(view.name);
    if (!table) this.tables.set(view.name, (table = openTable(this.db, view)));
    return table;
  }
}
