/** What a thread of an audit does: it reads rows of the log itself, and looks at each by itself. */
import {
  type EnrolledKey,
  type Examination,
  type ExaminedStretch,
  type NodeKeys,
  STRETCH_AT_MOST,
  createNodeKeys,
  examineStretch,
} from '@flexledger/audit';
import { ROW_TEXTS, type StoredRow } from '@flexledger/domain';
import { type SqliteEventStore, openSqliteEventStore } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import { type FileFaults, faultsOfFile } from './file-faults';
import { createNodeTools } from './node-tools';

/** Rows to look at, a whole file, or the end of it. */
export type ExamineJob = RowsOfFile | RowsGiven | FileToLookOver | { readonly close: true };

/** What all jobs of an audit have in common. */
export interface Examined {
  readonly session: Examination['session'];
  /** The contents' `nodeKeys` as JSON in UTF-8, in memory that all threads share. */
  readonly keys: SharedArrayBuffer;
  /** Another one for each audit: the keys are read once. */
  readonly audit: number;
}

/** Those of a file after a position, up to and with another, as many as a stretch has at most. */
export interface RowsOfFile extends Examined {
  readonly file: string;
  readonly after: number;
  readonly last: number;
  /** Positions of rows with which something is wrong that their values do not show. */
  readonly suspects: readonly number[];
}

/** Rows that whoever reads them hands over. */
export interface RowsGiven extends Examined {
  readonly rows: readonly StoredRow[];
}

/** A file of which SQLite is asked what is wrong with it. */
export interface FileToLookOver {
  readonly lookOver: string;
}

/** What was found in rows. */
export interface ExaminedRows {
  readonly stretch: ExaminedStretch;
  /** The position up to which rows were read. */
  readonly reached: number;
}

/** What a byte that is no UTF-8 is read as: whether it stood there so, the reading thread asks. */
const REPLACEMENT = '\ufffd';

const tools = createNodeTools();
let store: SqliteEventStore | undefined;
let keysOf: { readonly audit: number; readonly keys: NodeKeys } | undefined;

/** @throws LogDamaged where the file cannot be read */
export async function work(job: ExamineJob): Promise<ExaminedRows | FileFaults | undefined> {
  if ('lookOver' in job) return faultsOfFile(job.lookOver);
  if ('close' in job) {
    await store?.close();
    store = undefined;
    return undefined;
  }
  const suspects = new Set('rows' in job ? [] : job.suspects);
  const isSuspect = (row: StoredRow): boolean =>
    suspects.has(row.position) || ROW_TEXTS.some((column) => row[column].includes(REPLACEMENT));
  const examination = { keys: keysIn(job), session: job.session };
  if ('rows' in job) {
    return {
      stretch: await examineStretch(job.rows, examination, tools, isSuspect),
      reached: Infinity,
    };
  }
  const reading = readPart(job);
  return {
    stretch: await examineStretch(reading.rows, examination, tools, isSuspect),
    reached: reading.reached(),
  };
}

/** The rows of a part of the file, as they are asked for, and how far it was read then. */
function readPart({ file, after, last }: RowsOfFile) {
  store ??= openSqliteEventStore({ path: file, clock: wallClock, readOnly: true });
  const stored = store.readRawRows(after, last);
  let reached = last;
  function* rows(): Generator<StoredRow, void> {
    let [count, characters] = [0, 0];
    for (const row of stored) {
      yield row;
      count += 1;
      characters += row.data.length;
      if (count < STRETCH_AT_MOST.rows && characters < STRETCH_AT_MOST.characters) continue;
      reached = row.position;
      return;
    }
  }
  return { rows: rows(), reached: () => reached };
}

function keysIn({ keys, audit }: Examined): NodeKeys {
  if (keysOf?.audit !== audit) {
    const text = Buffer.from(new Uint8Array(keys)).toString();
    keysOf = { audit, keys: createNodeKeys(JSON.parse(text) as EnrolledKey[]) };
  }
  return keysOf.keys;
}
