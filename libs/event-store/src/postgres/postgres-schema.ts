/**
 * The log as it lies in PostgreSQL: plain columns named as in the envelope. `data` is text, not `jsonb`, since the hash
 * covers its very bytes. Whoever appends holds the one row of `log_head` until the commit: positions become visible in
 * their order, and a reader never passes one that a transaction still holds back.
 */
import type { RecordedEvent } from '@flexledger/domain';
import type { ClientBase } from 'pg';

/** Columns in the order in which rows are written. */
export const COLUMNS = [
  'position',
  'id',
  'streamId',
  'revision',
  'type',
  'schemaVersion',
  'occurredAt',
  'recordedAt',
  'correlationId',
  'causationId',
  'actor',
  'data',
  'hash',
] as const;

/** The SQL type of each column, in the same order. */
export const COLUMN_TYPES: Readonly<Record<(typeof COLUMNS)[number], 'bigint' | 'text'>> = {
  position: 'bigint',
  id: 'text',
  streamId: 'text',
  revision: 'bigint',
  type: 'text',
  schemaVersion: 'bigint',
  occurredAt: 'text',
  recordedAt: 'text',
  correlationId: 'text',
  causationId: 'text',
  actor: 'text',
  data: 'text',
  hash: 'text',
};

/** All columns as SQL. */
export const COLUMN_LIST = COLUMNS.map((column) => `"${column}"`).join(', ');

/** Where appends are told of (`NOTIFY`). */
export const channelOf = (schema: string): string => `flexledger/${schema}`;

/** Of the lock that whoever makes the tables holds: "FlxL" in ASCII. */
const MAKING = 0x466c784c;

/** Makes schema and tables where they are absent. */
export async function makeLog(client: ClientBase, schema: string): Promise<void> {
  const columns = COLUMNS.map((column) => {
    // "C": names are compared byte by byte, as in every engine.
    const type = COLUMN_TYPES[column] === 'text' ? 'text COLLATE "C"' : 'bigint';
    return `"${column}" ${type} NOT NULL`;
  });
  await client.query('BEGIN');
  await client.query('SELECT pg_advisory_xact_lock($1)', [MAKING]);
  await client.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
  await client.query(
    `CREATE TABLE IF NOT EXISTS "${schema}".events (
       ${columns.join(', ')},
       PRIMARY KEY ("position"), UNIQUE ("id"), UNIQUE ("streamId", "revision"))`,
  );
  await client.query(
    `CREATE TABLE IF NOT EXISTS "${schema}".log_head (
       one boolean PRIMARY KEY DEFAULT true CHECK (one), "position" bigint NOT NULL)`,
  );
  await client.query(
    `INSERT INTO "${schema}".log_head ("position") VALUES (-1) ON CONFLICT DO NOTHING`,
  );
  await client.query('COMMIT');
}

/** A row as the driver gives it: `bigint` as text. */
export type EventRow = Readonly<Record<(typeof COLUMNS)[number], string>>;

/** The event of a row. @throws SyntaxError when its data is no JSON */
export function recordedEvent(row: EventRow): RecordedEvent {
  const { position, revision, schemaVersion, data, ...texts } = row;
  return {
    ...texts,
    position: Number(position),
    revision: Number(revision),
    schemaVersion: Number(schemaVersion),
    data: JSON.parse(data) as object,
  };
}
