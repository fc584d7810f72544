/** How a batch of appends gets into the log. */
import { type Clock, isoNow } from '@flexledger/runtime';
import type { PoolClient } from 'pg';
import type { PreparedAppend } from '../prepare-append';
import { type JudgedBatch, type NewRow, type Standing, judgeBatch } from './judge-batch';
import { COLUMNS, COLUMN_LIST, COLUMN_TYPES, channelOf } from './postgres-schema';

/** Where it is written, and by which clock. */
export interface WrittenLog {
  readonly schema: string;
  /** Gives `recordedAt`. */
  readonly clock: Clock;
}

/** One transaction; from its second statement on nobody else can write. */
export async function writeBatch(
  client: PoolClient,
  log: WrittenLog,
  batch: readonly PreparedAppend[],
): Promise<JudgedBatch> {
  try {
    await client.query('BEGIN');
    const locked = await client.query<{ position: string }>(
      `SELECT "position" FROM "${log.schema}".log_head FOR UPDATE`,
    );
    const judged = judgeBatch(batch, {
      position: Number(locked.rows[0]!.position),
      revisions: await revisionsOf(client, log, batch),
      standing: await standingOf(client, log, batch),
    });
    if (judged.rows.length > 0) await insert(client, log, judged.rows);
    await client.query('COMMIT');
    return judged;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function revisionsOf(
  client: PoolClient,
  { schema }: WrittenLog,
  batch: readonly PreparedAppend[],
) {
  const { rows } = await client.query<{ streamId: string; last: string }>(
    `SELECT "streamId", max("revision") AS last FROM "${schema}".events
       WHERE "streamId" = ANY($1) GROUP BY "streamId"`,
    [[...new Set(batch.map(({ streamId }) => streamId))]],
  );
  return new Map(rows.map(({ streamId, last }) => [streamId, Number(last)]));
}

async function standingOf(
  client: PoolClient,
  { schema }: WrittenLog,
  batch: readonly PreparedAppend[],
) {
  const ids = batch.flatMap(({ events }) => events.map(({ id }) => id));
  const { rows } = await client.query<Record<'id' | keyof Standing, string>>(
    `SELECT "id", "streamId", "revision", "position" FROM "${schema}".events WHERE "id" = ANY($1)`,
    [ids],
  );
  return new Map(
    rows.map(({ id, streamId, revision, position }) => [
      id,
      { streamId, revision: Number(revision), position: Number(position) },
    ]),
  );
}

async function insert(
  client: PoolClient,
  { schema, clock }: WrittenLog,
  rows: readonly NewRow[],
): Promise<void> {
  const recordedAt = isoNow(clock);
  const values = COLUMNS.map((column) =>
    rows.map((row) => {
      if (column === 'recordedAt') return recordedAt;
      return column === 'data' ? row.dataJson : row[column];
    }),
  );
  const arrays = COLUMNS.map((column, index) => `$${index + 1}::${COLUMN_TYPES[column]}[]`);
  await client.query(
    `INSERT INTO "${schema}".events (${COLUMN_LIST}) SELECT * FROM unnest(${arrays.join(', ')})`,
    values,
  );
  await client.query(`UPDATE "${schema}".log_head SET "position" = $1`, [rows.at(-1)!.position]);
  await client.query(`SELECT pg_notify($1, '')`, [channelOf(schema)]);
}
