/**
 * A log whose rows are looked at in threads: each of them reads stretches of the file over a connection of its own,
 * or is handed rows that a server keeps, and answers with what it found, which is taken in the order of the log. No
 * more stretches are under way than keep the threads busy, so that memory does not grow with the log.
 */
import { availableParallelism } from 'node:os';
import {
  type AuditTools,
  type Examination,
  type LogContents,
  type LogStretch,
  type StretchedLog,
  STRETCH_AT_MOST,
  examineStretch,
  inStretches,
  stretchesHere,
} from '@flexledger/audit';
import type { StoredRow } from '@flexledger/domain';
import { BEFORE_FIRST } from '@flexledger/event-store';
import { createWorkThread } from '@flexledger/runtime';
import type { ExamineJob, Examined, ExaminedRows, RowsOfFile, RowsGiven } from './examine-thread';
import { type FileFaults, faultsOfFile } from './file-faults';
import type { LogFile, StoredLog } from './stored-log';
import { upTo } from './up-to';

/** Of one stretch. It takes a fraction of a second. */
const MOST_SECONDS = 300;
const MOST_HEAP_MB = 512;

/** Stretches a thread that are under way or wait to be taken. */
const AHEAD = 3;

/** A log that reaches beyond this position is worth the time that threads take to start. */
const WORTH_THREADS = 16_384;

let audits = 0;

/** What is to be looked at, up to and with the row at `head`. */
export interface ToExamine {
  readonly log: StoredLog;
  readonly head: number;
  readonly contents: LogContents;
}

/**
 * @param tools for what is looked at in this thread: a short log, and what the threads could not read
 * @param threads are ended with the last row
 */
export function examinedApart(
  { log, head, contents }: ToExamine,
  tools: AuditTools,
  threads = examiningThreads(),
): StretchedLog {
  const { faults, rowFault, file } = log;
  const here = (rows: Iterable<StoredRow> | AsyncIterable<StoredRow>): StretchedLog =>
    stretchesHere({ faults, rowFault, rows: () => upTo(head, rows) }, tools);
  if (head <= WORTH_THREADS) return here(log.rows());
  return {
    faults,
    rowFault,
    async *stretches(examination) {
      const working = threads.examining(examination, contents);
      try {
        yield* file
          ? ofFile(file, head, working, (after) =>
              here(file.rowsBehind(after)).stretches(examination),
            )
          : ofRows(upTo(head, log.rows()), working, (rows) =>
              examineStretch(rows, examination, tools, () => false),
            );
      } finally {
        await threads.close();
      }
    },
  };
}

/** Threads of an audit; each starts with its first job. */
export interface ExaminingThreads {
  /** What is wrong with a file as a whole, asked while the audit reads what else it needs. */
  faultsOf(file: string, head: number): Promise<FileFaults>;
  examining(examination: Examination, contents: LogContents): Examining;
  close(): Promise<void>;
}

interface Examining {
  /** Jobs that are given before the answer to the first is waited for. */
  readonly ahead: number;
  run(
    job: Omit<RowsOfFile, keyof Examined> | Omit<RowsGiven, keyof Examined>,
  ): Promise<ExaminedRows>;
}

/** As many as there are cores. */
export function examiningThreads(): ExaminingThreads {
  const threads = Array.from({ length: availableParallelism() }, () =>
    createWorkThread<ExamineJob, ExaminedRows | FileFaults | undefined>({
      name: 'thread of the audit',
      file: require.resolve('./examine-thread'),
      mostSeconds: MOST_SECONDS,
      mostHeapMb: MOST_HEAP_MB,
    }),
  );
  const started = new Set<(typeof threads)[number]>();
  let turn = 0;
  const next = (job: ExamineJob): Promise<ExaminedRows | FileFaults | undefined> => {
    const thread = threads[turn % threads.length]!;
    turn += 1;
    started.add(thread);
    return thread.run(job);
  };
  return {
    async faultsOf(file, head) {
      if (head <= WORTH_THREADS) return faultsOfFile(file);
      try {
        return (await next({ lookOver: file })) as FileFaults;
      } catch {
        return faultsOfFile(file);
      }
    },
    examining({ session }, { nodeKeys }) {
      const text = Buffer.from(JSON.stringify(nodeKeys));
      const keys = new SharedArrayBuffer(text.length);
      new Uint8Array(keys).set(text);
      audits += 1;
      const common: Examined = { session, keys, audit: audits };
      return {
        ahead: AHEAD * threads.length,
        run: async (job) => (await next({ ...common, ...job })) as ExaminedRows,
      };
    },
    async close() {
      const ending = [...started];
      started.clear();
      await Promise.allSettled(ending.map((thread) => thread.run({ close: true })));
    },
  };
}

interface Part {
  readonly after: number;
  readonly last: number;
  readonly answer: Promise<ExaminedRows>;
}

/** @param readHere the stretches after a position, read in this thread, which names what is wrong there */
async function* ofFile(
  file: LogFile,
  head: number,
  threads: Examining,
  readHere: (after: number) => AsyncIterable<LogStretch>,
): AsyncGenerator<LogStretch, void> {
  const suspects = file.suspects();
  const start = (after: number, last: number): Part => {
    const answer = threads.run({ file: file.path, after, last, suspects });
    answer.catch(() => undefined); // told when its turn comes, if it does
    return { after, last, answer };
  };
  const parts: Part[] = [];
  let given = BEFORE_FIRST;
  for (;;) {
    while (parts.length < threads.ahead && given < head) {
      const last = Math.min(head, file.positionBehind(given, STRETCH_AT_MOST.rows));
      parts.push(start(given, last));
      given = last;
    }
    const part = parts.shift();
    if (!part) return;
    let examined: ExaminedRows;
    try {
      examined = await part.answer;
    } catch {
      return yield* readHere(part.after);
    }
    const storedRow = (_: number, position: number): StoredRow => file.rowAt(position);
    yield { examined: examined.stretch, storedRow };
    if (examined.reached < part.last) parts.unshift(start(examined.reached, part.last));
  }
}

/** @param examineHere what a thread could not look at */
async function* ofRows(
  rows: AsyncIterable<StoredRow>,
  threads: Examining,
  examineHere: (rows: readonly StoredRow[]) => Promise<ExaminedRows['stretch']>,
): AsyncGenerator<LogStretch, void> {
  const parts: { rows: readonly StoredRow[]; answer: Promise<ExaminedRows['stretch']> }[] = [];
  async function* taken(left: number): AsyncGenerator<LogStretch, void> {
    while (parts.length > left) {
      const { rows: stretch, answer } = parts.shift()!;
      yield { examined: await answer, storedRow: (at) => stretch[at]! };
    }
  }
  for await (const stretch of inStretches(rows)) {
    const answer = threads.run({ rows: stretch }).then(
      (examined) => examined.stretch,
      () => examineHere(stretch),
    );
    answer.catch(() => undefined);
    parts.push({ rows: stretch, answer });
    yield* taken(threads.ahead);
  }
  yield* taken(0);
}
