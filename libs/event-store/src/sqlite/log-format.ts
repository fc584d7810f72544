/**
 * The file as it lies on disk: format 1 of the embedded event log. Plain columns named as in the
 * envelope, so that any SQLite tool reads it. A change here is a new `FORMAT_VERSION`.
 */
import {
  CHECKSUM_LENGTH,
  type RecordedEvent,
  type StoredRow,
  vouchedText,
} from '@flexledger/domain';
import { sha256Hex } from '@flexledger/identity';

export type { StoredRow };

/** `PRAGMA application_id`: "FlxL" in ASCII. */
export const APPLICATION_ID = 0x466c784c;

/** `PRAGMA user_version` of a log all of which stands in the file. */
export const FORMAT_VERSION = 1;

/** The format of a log that has an archive beside it; what counts its files stands above this byte. */
export const ARCHIVED_FORMAT_VERSION = 2;
const FORMAT_BITS = 8;

/** What `PRAGMA user_version` says: the format, and how many files have been put into the archive. */
export function readUserVersion(userVersion: number): {
  readonly format: number;
  readonly archiveFiles: number;
} {
  const archiveFiles = userVersion >>> FORMAT_BITS;
  return { format: userVersion & ((1 << FORMAT_BITS) - 1), archiveFiles };
}

/** The `PRAGMA user_version` of a log with so many files in its archive. */
export function archivedUserVersion(archiveFiles: number): number {
  return ARCHIVED_FORMAT_VERSION | (archiveFiles << FORMAT_BITS);
}

/** Exactly the text that `sqlite_master` holds of a sound log with an archive: what its files are, in their order. */
export const ARCHIVES_TABLE_SQL = `CREATE TABLE archives (
  number INTEGER PRIMARY KEY,
  address TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  month TEXT NOT NULL,
  events INTEGER NOT NULL,
  firstPosition INTEGER NOT NULL,
  lastPosition INTEGER NOT NULL,
  streamPrefix TEXT NOT NULL,
  types TEXT NOT NULL,
  rowsStand INTEGER NOT NULL
)`;

/** Columns in the order of the table. */
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
  'checksum',
] as const;

/** The columns of an event but its `data`: all that a reader sees except the checksum. */
export const ENVELOPE_COLUMNS = COLUMNS.filter(
  (column) => column !== 'data' && column !== 'checksum',
);

/** Exactly the text that `sqlite_master` holds of a sound log. */
export const EVENTS_TABLE_SQL = `CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  streamId TEXT NOT NULL,
  revision INTEGER NOT NULL,
  type TEXT NOT NULL,
  schemaVersion INTEGER NOT NULL,
  occurredAt TEXT NOT NULL,
  recordedAt TEXT NOT NULL,
  correlationId TEXT NOT NULL,
  causationId TEXT NOT NULL,
  actor TEXT NOT NULL,
  data TEXT NOT NULL,
  hash TEXT NOT NULL,
  checksum TEXT NOT NULL,
  UNIQUE (streamId, revision)
)`;

/** The values of a row in the order of `COLUMNS`. */
export type RowValues = [
  position: number,
  id: string,
  streamId: string,
  revision: number,
  type: string,
  schemaVersion: number,
  occurredAt: string,
  recordedAt: string,
  correlationId: string,
  causationId: string,
  actor: string,
  data: string,
  hash: string,
  checksum: string,
];

/** The values of a row in the order of `ENVELOPE_COLUMNS`. */
export type EnvelopeValues = [
  position: number,
  id: string,
  streamId: string,
  revision: number,
  type: string,
  schemaVersion: number,
  occurredAt: string,
  recordedAt: string,
  correlationId: string,
  causationId: string,
  actor: string,
  hash: string,
];

/** The `checksum` column: the domain's `rowChecksum` by Node. */
export function rowChecksum(row: Pick<StoredRow, 'position' | 'recordedAt' | 'hash'>): string {
  return sha256Hex(vouchedText(row)).slice(0, CHECKSUM_LENGTH);
}

/** The row with its columns' names. */
export function storedRow(values: RowValues): StoredRow {
  return {
    position: values[0],
    id: values[1],
    streamId: values[2],
    revision: values[3],
    type: values[4],
    schemaVersion: values[5],
    occurredAt: values[6],
    recordedAt: values[7],
    correlationId: values[8],
    causationId: values[9],
    actor: values[10],
    data: values[11],
    hash: values[12],
    checksum: values[13],
  };
}

/** The event of a row. */
export function recordedEvent(values: EnvelopeValues, data: object): RecordedEvent {
  return {
    id: values[1],
    type: values[4],
    schemaVersion: values[5],
    streamId: values[2],
    revision: values[3],
    position: values[0],
    occurredAt: values[6],
    recordedAt: values[7],
    correlationId: values[8],
    causationId: values[9],
    actor: values[10],
    data,
    hash: values[11],
  };
}
