/**
 * The log in PostgreSQL: group commit like the embedded one, and as many processes of as many machines as like. What a
 * lost connection left unknown is sent again: ids stand once, so that nothing is written twice.
 */
import type { ProposedEvent, RecordedEvent } from '@flexledger/domain';
import { type Clock, sleep, turnOfEventLoop } from '@flexledger/runtime';
import type { Client } from 'pg';
import { AppendFailed, LogClosed, LogDamaged, LogUnavailable } from '../errors';
import { batchLength } from '../batch-length';
import {
  type AppendResult,
  BEFORE_FIRST,
  type EventStore,
  type ExpectedRevision,
  type ReadAllOptions,
  type SubscribeOptions,
} from '../port';
import { type PreparedAppend, prepareAppend } from '../prepare-append';
import { assertCount, assertPosition } from '../read-checks';
import { type PostgresAccess, openPostgresAccess, withoutUser } from './postgres-access';
import { type Scope, scopeOf } from './read-scope';
import { COLUMN_LIST, type EventRow, channelOf, makeLog, recordedEvent } from './postgres-schema';
import { writeBatch } from './write-batch';

export interface PostgresEventStoreOptions {
  /**
   * `postgres://user:password@host:port/database?sslmode=verify-full`, as libpq has it; of several hosts, by commas, the one
   * that takes writes is used.
   */
  readonly url: string;
  /** Gives `recordedAt`. */
  readonly clock: Clock;
  /** The schema that holds the log; `flexledger` when absent. */
  readonly schema?: string;
  /** How long a server that does not answer is tried again; 10 seconds when absent. */
  readonly patienceMs?: number;
  /** Told when the server that a subscription follows is lost. */
  readonly onProblem?: (problem: string) => void;
}

const ROWS_PER_PAGE = 512;
/** How often a subscription looks, whether or not it was told of an append. */
const POLL_MS = 500;

/**
 * Opens the log, and makes its schema where there is none.
 *
 * @throws LogUnavailable when the server does not answer within the patience
 */
export async function openPostgresEventStore(
  options: PostgresEventStoreOptions,
): Promise<EventStore> {
  const { url, patienceMs, schema = 'flexledger' } = options;
  const access = await openPostgresAccess({
    url,
    ...(patienceMs !== undefined && { patienceMs }),
    unavailable: (waitedMs, error) => {
      const reason = error.message.replace(/\.$/, '') || String(error);
      return new LogUnavailable(withoutUser(url), waitedMs, reason, { cause: error });
    },
  });
  const store = new PostgresEventStore(options, access);
  try {
    await store.prepare(schema);
    return store;
  } catch (error) {
    await access.close();
    throw error;
  }
}

interface WaitingAppend {
  readonly append: PreparedAppend;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

class PostgresEventStore implements EventStore {
  private readonly path: string;
  private readonly schema: string;
  private readonly waiting: WaitingAppend[] = [];
  private flushing: Promise<void> | undefined;
  private readonly sleepers = new Set<() => void>();
  private listener: Promise<Client | undefined> | undefined;
  private subscriptions = 0;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly options: PostgresEventStoreOptions,
    private readonly access: PostgresAccess,
  ) {
    this.path = access.path;
    this.schema = options.schema ?? 'flexledger';
  }

  async prepare(schema: string): Promise<void> {
    await this.access.patiently((client) => makeLog(client, schema));
  }

  append(
    streamId: string,
    expected: ExpectedRevision,
    events: readonly ProposedEvent[],
  ): Promise<AppendResult> {
    // What throws in here rejects the promise.
    return new Promise((resolve, reject) => {
      this.assertOpen();
      this.waiting.push({ append: prepareAppend(streamId, expected, events), resolve, reject });
      this.flushing ??= this.flushAll();
    });
  }

  readStream(streamId: string, fromRevision = 0): AsyncIterable<RecordedEvent> {
    return this.read(async () => {
      assertCount('fromRevision', fromRevision);
      const end = await this.ask<{ last: string | null }>(
        `SELECT max("revision") AS last FROM ${this.events} WHERE "streamId" = $1`,
        [streamId],
      );
      const last = Number(end[0]!.last ?? -1);
      const scope = { sql: '"streamId" = $4', values: [streamId] };
      return { key: 'revision', scope, after: fromRevision - 1, last, limit: Infinity };
    });
  }

  readAll(options: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    const { after = BEFORE_FIRST, limit = Infinity, filter } = options;
    return this.read(async () => {
      assertPosition('after', after);
      if (limit !== Infinity) assertCount('limit', limit);
      const last = await this.lastPosition();
      return { key: 'position', scope: scopeOf(filter), after, last, limit };
    });
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<RecordedEvent> {
    const { after, filter, signal } = options;
    assertPosition('after', after);
    this.assertOpen();
    const scope = scopeOf(filter);
    const ended = (): boolean => this.closing !== undefined || signal?.aborted === true;
    let reached = after;
    let isLost = false;
    this.subscriptions += 1;
    try {
      while (!ended()) {
        const woken = this.nextWakeUp(signal);
        try {
          const last = await this.lastPosition();
          for await (const event of this.pages({
            key: 'position',
            scope,
            after: reached,
            last,
            limit: Infinity,
          })) {
            if (ended()) return;
            reached = event.position;
            yield event;
          }
          reached = Math.max(reached, last);
          isLost = false;
        } catch (error) {
          if (ended() || error instanceof LogClosed) return;
          if (!(error instanceof LogUnavailable)) throw error;
          if (!isLost) this.options.onProblem?.(`A subscription is interrupted. ${error.message}`);
          isLost = true;
        }
        if (!ended()) await woken;
      }
    } finally {
      this.subscriptions -= 1;
      this.wakeSleepers();
      if (this.subscriptions === 0) await this.stopListening();
    }
  }

  async head(): Promise<number> {
    this.assertOpen();
    return this.lastPosition();
  }

  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    await this.flushing;
    this.wakeSleepers();
    await this.stopListening();
    await this.access.close();
  }

  private get events(): string {
    return `"${this.schema}".events`;
  }

  private async lastPosition(): Promise<number> {
    const rows = await this.ask<{ position: string }>(
      `SELECT "position" FROM "${this.schema}".log_head`,
      [],
    );
    return Number(rows[0]!.position);
  }

  /** A batch is what was called before the event loop comes round, and what waited for the one before. */
  private async flushAll(): Promise<void> {
    do {
      await turnOfEventLoop();
      const batch = this.waiting.splice(0, batchLength(this.waiting));
      const log = { schema: this.schema, clock: this.options.clock };
      try {
        const appends = batch.map(({ append }) => append);
        // Also while the store is being closed: it was asked before.
        const { outcomes } = await this.access.patiently((client) =>
          writeBatch(client, log, appends),
        );
        batch.forEach(({ resolve, reject }, index) => {
          const outcome = outcomes[index]!;
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        });
        this.wakeSleepers();
      } catch (error) {
        for (const { append, reject } of batch) {
          if (error instanceof LogUnavailable) reject(error);
          else
            reject(new AppendFailed(append.streamId, (error as Error).message, { cause: error }));
        }
      }
    } while (this.waiting.length > 0);
    this.flushing = undefined;
  }

  private async *read(plan: () => Promise<ReadPlan>): AsyncGenerator<RecordedEvent> {
    this.assertOpen();
    for await (const event of this.pages(await plan())) {
      this.assertOpen();
      yield event;
      this.assertOpen();
    }
  }

  private async *pages({
    key,
    scope,
    after,
    last,
    limit,
  }: ReadPlan): AsyncGenerator<RecordedEvent> {
    const text =
      `SELECT ${COLUMN_LIST} FROM ${this.events} WHERE "${key}" > $1 AND "${key}" <= $2 ` +
      `AND (${scope.sql}) ORDER BY "${key}" LIMIT $3`;
    let reached = after;
    let left = limit;
    while (reached < last && left > 0) {
      const size = Math.min(ROWS_PER_PAGE, left);
      const rows = await this.ask<EventRow>(text, [reached, last, size, ...scope.values]);
      for (const row of rows) yield this.eventOf(row);
      if (rows.length < size) return;
      left -= rows.length;
      reached = Number(rows.at(-1)![key]);
    }
  }

  private eventOf(row: EventRow): RecordedEvent {
    try {
      return recordedEvent(row);
    } catch (cause) {
      const reason = `the data of the event at position ${row.position} is no JSON`;
      throw new LogDamaged(this.path, reason, { cause });
    }
  }

  private async ask<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> {
    const { rows } = await this.access.patiently(
      (client) => client.query<Row>(text, [...values]),
      () => this.assertOpen(),
    );
    return rows;
  }

  /** Until somebody may have appended, the end of the store or the abort of `signal`. */
  private async nextWakeUp(signal: AbortSignal | undefined): Promise<void> {
    this.listener ??= this.listen();
    const waking = new AbortController();
    const wake = (): void => waking.abort();
    this.sleepers.add(wake);
    signal?.addEventListener('abort', wake);
    await sleep(POLL_MS, waking.signal);
    this.sleepers.delete(wake);
    signal?.removeEventListener('abort', wake);
  }

  /** What is told is a hint only: who hears nothing looks after a while. */
  private async listen(): Promise<Client | undefined> {
    const client = this.access.newClient();
    const lost = (): void => {
      this.listener = undefined;
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', () => this.wakeSleepers());
    try {
      await client.connect();
      await client.query(`LISTEN "${channelOf(this.schema)}"`);
      return client;
    } catch {
      lost();
      return undefined;
    }
  }

  private async stopListening(): Promise<void> {
    const listener = this.listener;
    this.listener = undefined;
    const client = await listener;
    client?.removeAllListeners('end');
    await client?.end().catch(() => undefined);
  }

  private wakeSleepers(): void {
    for (const wake of [...this.sleepers]) wake();
  }

  private assertOpen(): void {
    if (this.closing) throw new LogClosed(this.path);
  }
}

interface ReadPlan {
  readonly key: 'position' | 'revision';
  readonly scope: Scope;
  readonly after: number;
  readonly last: number;
  readonly limit: number;
}
