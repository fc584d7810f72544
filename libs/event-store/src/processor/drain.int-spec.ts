/** The ordered driver: every processor sees every event in one order, one at a time. */
import { VirtualClock } from '@flexledger/runtime';
import type { EventStore } from '../port';
import { openSqliteEventStore } from '../sqlite/sqlite-event-store';
import { testEvent } from '../testing/events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryProcessorState } from './memory-processor-state';
import type { Processor } from './processor';
import { type ProcessorRunner, createProcessorRunner } from './runner';
import { nameOf } from './testing/trial';

let folder: string;
let store: EventStore;
const clock = new VirtualClock(Date.parse('2026-03-17T10:00:00.000Z'));
const problems: string[] = [];
let seen: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drain-'));
  store = openSqliteEventStore({ path: join(folder, 'log.sqlite'), clock });
  seen = [];
  problems.length = 0;
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function runnerOf(processors: readonly Processor[], startAfter?: number): ProcessorRunner {
  return createProcessorRunner({
    store,
    clock,
    processors,
    state: memoryProcessorState(clock),
    owner: 'test',
    viewsReady: async (position) => void seen.push(`views ${position}`),
    onProblem: ({ message }) => problems.push(message),
    decode: (event) => event,
    ...(startAfter !== undefined && { startAfter: async () => startAfter }),
  });
}

/** Notes what it sees, when it begins and when it has done, and says `says` of it. */
function processor(name: string, types: readonly string[], says?: string): Processor {
  return {
    name,
    types,
    async handle({ data }) {
      seen.push(`${name} begins ${nameOf(data)}`);
      if (says) await tell(says, `${name}.${nameOf(data)}`);
      seen.push(`${name} ends ${nameOf(data)}`);
    },
  };
}

async function tell(type: string, name: string): Promise<void> {
  await store.append(`s-${name}`, 'noStream', [testEvent(name, { type, data: { name } })]);
}

it('hands each event to each that wants it, in the order of log and list, then what follows', async () => {
  const [p, q] = [processor('p', ['A', 'B'], 'C'), processor('q', ['B', 'C'])];
  await tell('A', '1');
  await tell('B', '2');
  await tell('X', '3');
  await runnerOf([p, q]).drain();
  expect(seen).toEqual([
    ...['views 2', 'p begins 1', 'p ends 1', 'p begins 2', 'p ends 2', 'q begins 2', 'q ends 2'],
    ...['views 4', 'q begins p.1', 'q ends p.1', 'q begins p.2', 'q ends p.2'],
  ]);
});

it('hands on what is new since, and nothing twice', async () => {
  const runner = runnerOf([processor('p', ['A'])]);
  await tell('A', '1');
  await runner.drain();
  await runner.drain();
  await tell('A', '2');
  await runner.drain();
  expect(seen.filter((line) => line.includes('begins'))).toEqual(['p begins 1', 'p begins 2']);
  expect(await runner.status()).toMatchObject([{ status: 'working', lag: 0, checkpoint: 1 }]);
});

it('begins where it is told', async () => {
  for (const name of ['1', '2', '3']) await tell('A', name);
  await runnerOf([processor('p', ['A'])], 1).drain();
  expect(seen).toEqual(['views 2', 'p begins 3', 'p ends 3']);
});

it('tells of an event that fails, and goes on', async () => {
  const failing: Processor = {
    ...processor('f', ['A']),
    handle: async () => Promise.reject(new Error('no')),
  };
  await tell('A', '1');
  await runnerOf([failing, processor('p', ['A'])]).drain();
  expect(problems).toEqual(['f, event 0 A: no']);
  expect(seen).toContain('p ends 1');
});

it('refuses two processors of one name', () => {
  const two = [processor('p', ['A']), processor('p', ['B'])];
  expect(() => runnerOf(two)).toThrow('Two processors have the same name among p, p');
});
