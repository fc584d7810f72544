/**
 * The process that `crash.int-spec.ts` kills: it appends to the log until then and prints a line
 * for every append that was acknowledged. Arguments: the log's path, a seed.
 */
import { writeSync } from 'node:fs';
import { uuidFrom } from '@flexledger/identity';
import { drawInteger, seededRandom, wallClock } from '@flexledger/runtime';
import { openSqliteEventStore } from '../sqlite/sqlite-event-store';
import { testEvent } from './events';

const STREAMS = 7;
const WRITERS = 8;

const [path = '', seed = ''] = process.argv.slice(2);
const store = openSqliteEventStore({ path, clock: wallClock });
print('open');
for (let writer = 0; writer < WRITERS; writer += 1) void appendForEver(writer);

async function appendForEver(writer: number): Promise<never> {
  const random = seededRandom(seed, `writer ${writer}`);
  for (let turn = 0; ; turn += 1) {
    const append = `${seed}/${writer}/${turn}`;
    const of = drawInteger(random, 1, 5);
    const padding = 'x'.repeat(drawInteger(random, 0, 3_000));
    const events = Array.from({ length: of }, (_, part) =>
      testEvent(`${append}/${part}`, { data: { append, part, of, padding } }),
    );
    const streamId = `s-${drawInteger(random, 0, STREAMS - 1)}`;
    const { position, revision } = await store.append(streamId, 'any', events);
    print(`${position} ${streamId} ${revision} ${uuidFrom(`${append}/${of - 1}`)}`);
  }
}

/** Synchronously, so that a line printed before the kill is a line that arrives. */
function print(line: string): void {
  writeSync(1, `${line}\n`);
}
