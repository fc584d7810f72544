/** A log stretch by stretch, as the pass over it is given it. */
import { MTU_MS, type StoredRow } from '@flexledger/domain';
import type { LogContents } from '../log-contents';
import type { StoredRows } from '../log-reader';
import type { AuditTools } from '../tools';
import {
  type Examination,
  type ExaminedStretch,
  type OtherRow,
  examineStretch,
} from './examine-stretch';
import { createNodeKeys } from './node-keys';
import { type SoundRow, soundRowAt } from './sound-rows';

/** Rows of a log that were looked at by themselves. */
export interface LogStretch {
  readonly examined: ExaminedStretch;
  /** One of its rows as it is stored. */
  storedRow(at: number, position: number): StoredRow;
}

/** A log whose rows are looked at by itself, or by others for it. */
export interface StretchedLog extends Pick<StoredRows, 'faults' | 'rowFault'> {
  /** In the order of the log. @throws LogUnreadable where nothing further can be read */
  stretches(examination: Examination): AsyncIterable<LogStretch>;
}

/** Rows and characters of a stretch: few enough that some of them together are little, enough to be worth a message. */
export const STRETCH_AT_MOST = { rows: 1_024, characters: 4 * 1024 * 1024 };

/** Rows looked at where they are read. */
export function stretchesHere(log: StoredRows, tools: AuditTools): StretchedLog {
  const isSuspect = (row: StoredRow): boolean => log.rowFault(row) !== undefined;
  return {
    faults: log.faults,
    rowFault: (row) => log.rowFault(row),
    async *stretches(examination) {
      for await (const rows of inStretches(log.rows())) {
        const examined = await examineStretch(rows, examination, tools, isSuspect);
        yield { examined, storedRow: (at) => rows[at]! };
      }
    },
  };
}

/** Rows in groups; those before an error come before it. */
export async function* inStretches(
  rows: Iterable<StoredRow> | AsyncIterable<StoredRow>,
): AsyncGenerator<readonly StoredRow[], void> {
  let stretch: StoredRow[] = [];
  let characters = 0;
  try {
    for await (const row of rows) {
      stretch.push(row);
      characters += row.data?.length ?? 0;
      if (stretch.length < STRETCH_AT_MOST.rows && characters < STRETCH_AT_MOST.characters)
        continue;
      yield stretch;
      stretch = [];
      characters = 0;
    }
  } catch (error) {
    if (stretch.length > 0) yield stretch;
    throw error;
  }
  if (stretch.length > 0) yield stretch;
}

/** The rows of a stretch in the order of the log. */
export function* rowsOf(
  { isSound, sound, others }: ExaminedStretch,
  keys: readonly string[],
): Generator<OtherRow | SoundRow> {
  let other = 0;
  for (let at = 0; at < isSound.length; at += 1) {
    yield isSound[at] === 1 ? soundRowAt(sound, at - other, keys) : others[other++]!;
  }
}

/** How the rows of a log are to be looked at for its audit. */
export function examinationOf(contents: LogContents, sessionId: string | undefined): Examination {
  const keys = createNodeKeys(contents.nodeKeys);
  const scheduled = contents.sessions.filter((one) => one.sessionId === sessionId);
  if (scheduled.length === 0) return { keys, session: undefined };
  // A log may schedule one twice: which of them counts where, its order says.
  const from = scheduled.map(({ deliveryStart }) => Date.parse(deliveryStart));
  const until = scheduled.map(({ mtuCount }, at) => from[at]! + mtuCount * MTU_MS);
  return { keys, session: { fromMs: Math.min(...from), untilMs: Math.max(...until) } };
}
