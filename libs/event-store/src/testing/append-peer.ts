/**
 * A process of its own that appends to a log and obeys lines on its standard input, for tests of several
 * processes on one file. Arguments: the log's path, a name that its events' ids follow from.
 *
 * - `append COUNT STREAM,STREAM,...`: appends COUNT times one or more events, each time to the next of
 *   the streams at the revision it has just read, and again after a conflict; then prints `appended`.
 * - `flood`: appends without pause until it is killed, printing `flooding` once.
 * - `hold`: begins a write transaction, prints `held`, and stops itself (SIGSTOP) inside it; when it is
 *   let go on, commits and prints `let go`.
 * - `end`: closes the log and ends.
 */
import { createInterface } from 'node:readline';
import Database from 'libsql';
import { wallClock } from '@flexledger/runtime';
import { RevisionConflict } from '../errors';
import { openSqliteEventStore, type SqliteEventStore } from '../sqlite/sqlite-event-store';
import { testEvents } from './events';

const [path = '', name = ''] = process.argv.slice(2);
const store = openSqliteEventStore({ path, clock: wallClock });
let appended = 0;
say('open');
void obey();

async function obey(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const [order, count, streams = ''] = line.split(' ');
    if (order === 'append') await appendAll(Number(count), streams.split(','));
    if (order === 'flood') flood();
    if (order === 'hold') hold();
    if (order === 'end') break;
  }
  await store.close();
  process.stdin.destroy();
}

async function appendAll(count: number, streams: readonly string[]): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await appendOnce(store, streams[turn % streams.length]!);
  }
  say('appended');
}

/** Reads the stream's end and appends there, until no other writer comes between. */
async function appendOnce(log: SqliteEventStore, streamId: string): Promise<void> {
  const events = testEvents(`${name}/${appended}`, 1 + (appended % 3));
  appended += 1;
  let last = -1;
  for (;;) {
    for await (const { revision } of log.readStream(streamId, last + 1)) last = revision;
    try {
      await log.append(streamId, last < 0 ? 'noStream' : last, events);
      return;
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error;
    }
  }
}

function flood(): void {
  say('flooding');
  for (let writer = 0; writer < 8; writer += 1) void floodOne(writer);
}

async function floodOne(writer: number): Promise<never> {
  for (let turn = 0; ; turn += 1) {
    await store.append(`flood-${name}`, 'any', testEvents(`${name}/${writer}/${turn}`, 50));
  }
}

function hold(): void {
  const held = new Database(path);
  held.exec('BEGIN IMMEDIATE');
  say('held');
  process.kill(process.pid, 'SIGSTOP');
  held.exec('COMMIT');
  held.close();
  say('let go');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
