/**
 * Read models in PostgreSQL: a schema for the views of one owner, a table a view with the documents as JSON text and the
 * indexed fields as columns. Documents, checkpoints and fence change in one transaction; who writes holds the one row of the
 * fence until its end, so that writers go one after another.
 */
import {
  BEFORE_FIRST,
  type PostgresAccess,
  openPostgresAccess,
  withoutUser,
} from '@flexledger/event-store';
import type { ClientBase } from 'pg';
import {
  type Checkpoint,
  CheckpointConflict,
  type DocumentStore,
  FencedOff,
  type Page,
  type Query,
  type StoredHalt,
  type ViewWrites,
  ViewsUnavailable,
} from '../document-store';
import { checkQuery, checkWhere, encodeCursor, indexValue } from '../page';
import { type Sql, countSql, findSql, quoted } from '../sqlite/find-sql';
import { sqlText } from '../sqlite/sql-text';
import type { AnyView, View } from '../view';
import { sortKey } from './sort-key';
import { MOST_OF_NAME, makeTable, makeViewsSchema } from './views-schema';

export interface PostgresDocumentStoreOptions {
  /** `postgres://user:password@host:port/database`, as the log has it; several hosts by commas. */
  readonly url: string;
  /** The schema of these views, for them alone. */
  readonly schema: string;
}

/** SQLSTATE of a table, and of a column, that is not there. */
const NO_TABLE = '42P01';
const NO_COLUMN = '42703';

interface StoredView {
  readonly version: number;
  readonly logStart: string;
  readonly position: string;
  readonly halt: string | null;
}

/**
 * Opens the views, and makes their schema where there is none.
 *
 * @throws ViewsUnavailable when the server does not answer
 * @throws RangeError for a schema whose name PostgreSQL would shorten
 */
export async function openPostgresDocumentStore(
  options: PostgresDocumentStoreOptions,
): Promise<DocumentStore> {
  const { url, schema } = options;
  if (Buffer.byteLength(schema) > MOST_OF_NAME) {
    throw new RangeError(
      `The schema ${schema} has more than ${MOST_OF_NAME} bytes; name views.database shorter.`,
    );
  }
  const access = await openPostgresAccess({
    url,
    unavailable: (_, error) =>
      new ViewsUnavailable(withoutUser(url), error.message.replace(/\.$/, '') || String(error), {
        cause: error,
      }),
  });
  try {
    await access.patiently((client) => makeViewsSchema(client, schema));
  } catch (error) {
    await access.close();
    throw error;
  }
  return new PostgresDocumentStore(access, schema);
}

class PostgresDocumentStore implements DocumentStore {
  /** Views whose tables are known to be there. */
  private readonly made = new Set<string>();

  constructor(
    private readonly access: PostgresAccess,
    private readonly schema: string,
  ) {}

  async getMany<Doc extends object>(
    view: View<Doc>,
    ids: readonly string[],
  ): Promise<(Doc | undefined)[]> {
    const keys = ids.map(sqlText);
    if (keys.length === 0) return [];
    const text = `SELECT id, doc FROM ${this.tableOf(view)} WHERE id = ANY(?)`;
    const rows = await this.read<{ id: string; doc: string }>(view, { text, values: [keys] });
    const found = new Map(rows.map(({ id, doc }) => [id, JSON.parse(doc) as Doc]));
    return keys.map((key) => found.get(key));
  }

  async find<Doc extends object>(view: View<Doc>, query: Query<Doc> = {}): Promise<Page<Doc>> {
    const checked = checkQuery(view, query);
    const sql = findSql(this.tableOf(view), checked, sortKey);
    const found = await this.read<StoredRow>(view, sql, checked.orderBy);
    const rows = found.slice(0, checked.limit);
    const last = rows.at(-1);
    const value = last && checked.orderBy !== undefined ? last[checked.orderBy]! : null;
    return {
      items: rows.map(({ doc }) => JSON.parse(doc!) as Doc),
      next:
        last && found.length > rows.length
          ? encodeCursor(view, checked, { id: last['id']!, value })
          : null,
    };
  }

  async count<Doc extends object>(view: View<Doc>, where: object = {}): Promise<number> {
    const sql = countSql(this.tableOf(view), checkWhere(view, where), sortKey);
    const [row] = await this.read<{ count: string }>(view, sql);
    return Number(row?.count ?? 0);
  }

  async commit(writes: readonly ViewWrites[], fence?: number): Promise<void> {
    await this.transaction(fence, async (client, isAgain) => {
      if (isAgain && writes.length > 0 && (await this.stand(client, writes))) return;
      for (const write of writes) await this.write(client, write);
    });
  }

  async makeIndexes(views: readonly AnyView[]): Promise<void> {
    for (const view of views) {
      for (const field of view.indexes) {
        const index = quoted(`${view.name}.${field}`);
        await this.access.patiently(async (client) => {
          await makeTable(client, this.schema, view);
          await client.query(
            `CREATE INDEX IF NOT EXISTS ${index} ON ${this.tableOf(view)} (${quoted(field)} NULLS FIRST, id)`,
          );
        });
      }
    }
  }

  async checkpoint(view: AnyView): Promise<Checkpoint | undefined> {
    return this.access.patiently((client) => this.checkpointOf(client, view.name));
  }

  async drop({ name }: Pick<AnyView, 'name'>, fence?: number): Promise<void> {
    await this.transaction(fence, async (client) => {
      this.made.delete(name);
      await client.query(`DROP TABLE IF EXISTS ${this.tableOf({ name })}`);
      await client.query(`DELETE FROM ${this.of('_views')} WHERE name = $1`, [name]);
    });
  }

  async storedViews(): Promise<readonly string[]> {
    const { rows } = await this.access.patiently((client) =>
      client.query<{ name: string }>(`SELECT name FROM ${this.of('_views')} ORDER BY name`),
    );
    return rows.map(({ name }) => name);
  }

  async close(): Promise<void> {
    await this.access.close();
  }

  private of(table: string): string {
    return `${quoted(this.schema)}.${quoted(table)}`;
  }

  private tableOf({ name }: Pick<AnyView, 'name'>): string {
    return this.of(name);
  }

  /**
   * Rows of a view's table; none where nothing was folded into it yet, or it is being rebuilt.
   *
   * @param value column that the third one of the query is called by
   * @throws TypeError when the stored table is of other fields
   */
  private async read<Row extends object>(
    view: AnyView,
    { text, values }: Asked,
    value?: string,
  ): Promise<Row[]> {
    try {
      const { rows } = await this.access.patiently((client) =>
        client.query<Row>(numbered(text), [...values]),
      );
      return rows;
    } catch (error) {
      const { code, message } = error as { readonly code?: string; readonly message: string };
      if (code === NO_TABLE) return [];
      if (code !== NO_COLUMN) throw error;
      throw new TypeError(
        `View ${view.name} indexes ${view.indexes.join(', ')}, and its stored table is of other fields ` +
          `(${message}${value === undefined ? '' : `, asked for ${value}`}): raise the view's version and catch up first.`,
        { cause: error },
      );
    }
  }

  /** Whether the writer may write, and then the work, whole or not at all. @throws FencedOff */
  private async transaction(
    fence: number | undefined,
    work: (client: ClientBase, isAgain: boolean) => Promise<void>,
  ): Promise<void> {
    await this.access.patiently(async (client, isAgain) => {
      try {
        await client.query('BEGIN');
        await this.passFence(client, fence);
        await work(client, isAgain);
        await client.query('COMMIT');
      } catch (error) {
        // A table that was made in here is not there any more.
        this.made.clear();
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  private async passFence(client: ClientBase, fence: number | undefined): Promise<void> {
    const { rows } = await client.query<{ fence: string | null }>(
      `SELECT fence FROM ${this.of('_fence')} FOR UPDATE`,
    );
    const stored = rows[0]!.fence;
    const highest = stored === null ? undefined : Number(stored);
    if (highest !== undefined && (fence ?? -Infinity) < highest)
      throw new FencedOff(fence, highest);
    if (fence === undefined || fence === highest) return;
    await client.query(`UPDATE ${this.of('_fence')} SET fence = $1`, [fence]);
  }

  /** Whether a commit whose answer was lost was done. */
  private async stand(client: ClientBase, writes: readonly ViewWrites[]): Promise<boolean> {
    for (const { view, checkpoint, continues } of writes) {
      const stored = await this.checkpointOf(client, view.name);
      if (stored?.position !== checkpoint.position || checkpoint.position === continues)
        return false;
    }
    return true;
  }

  private async write(client: ClientBase, write: ViewWrites): Promise<void> {
    const { view, puts, deletes, checkpoint, continues } = write;
    const actual = (await this.checkpointOf(client, view.name))?.position ?? BEFORE_FIRST;
    if (actual !== continues) throw new CheckpointConflict(view.name, continues, actual);
    if (!this.made.has(view.name)) await makeTable(client, this.schema, view);
    this.made.add(view.name);
    if (puts.length > 0) await this.put(client, view, puts);
    if (deletes.length > 0) {
      const text = `DELETE FROM ${this.tableOf(view)} WHERE id = ANY($1)`;
      await client.query(text, [deletes.map(sqlText)]);
    }
    const { version, logStart, position, halt } = checkpoint;
    await client.query(
      `INSERT INTO ${this.of('_views')} (name, version, "logStart", "position", halt) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (name) DO UPDATE SET version = excluded.version, "logStart" = excluded."logStart",
           "position" = excluded."position", halt = excluded.halt`,
      [view.name, version, logStart, position, halt ? JSON.stringify(halt) : null],
    );
  }

  private async put(client: ClientBase, view: AnyView, puts: ViewWrites['puts']): Promise<void> {
    // One statement takes a document once: the last that was put.
    const docs = new Map(puts.map(({ id, doc }) => [sqlText(id), doc]));
    const values = [...docs.values()];
    const fields = view.indexes.map((field) =>
      values.map((doc) => {
        const value = indexValue(view, doc, field);
        return value === null ? null : sortKey(value);
      }),
    );
    const columns = ['doc', ...view.indexes].map(quoted);
    const arrays = [[...docs.keys()], values.map((doc) => JSON.stringify(doc)), ...fields];
    await client.query(
      `INSERT INTO ${this.tableOf(view)} (id, ${columns.join(', ')})
         SELECT * FROM unnest(${arrays.map((_, index) => `$${index + 1}::text[]`).join(', ')})
         ON CONFLICT (id) DO UPDATE SET ${columns.map((one) => `${one} = excluded.${one}`).join(', ')}`,
      arrays,
    );
  }

  private async checkpointOf(client: ClientBase, name: string): Promise<Checkpoint | undefined> {
    const { rows } = await client.query<StoredView>(
      `SELECT version, "logStart", "position", halt FROM ${this.of('_views')} WHERE name = $1`,
      [name],
    );
    const [row] = rows;
    if (!row) return undefined;
    const { version, logStart, position, halt } = row;
    const checkpoint = { version, logStart, position: Number(position) };
    return halt === null ? checkpoint : { ...checkpoint, halt: JSON.parse(halt) as StoredHalt };
  }
}

/** SQL with question marks, a list of texts among its values. */
interface Asked extends Pick<Sql, 'text'> {
  readonly values: readonly (string | number | readonly string[])[];
}

type StoredRow = Readonly<Record<string, string>>;

/** Question marks as PostgreSQL has them. No name of a view or field has one. */
function numbered(text: string): string {
  let count = 0;
  return text.replaceAll('?', () => `$${(count += 1)}`);
}
