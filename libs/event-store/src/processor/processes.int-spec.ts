/**
 * Two processes with the same processor over one log and one state file: the one that works is killed,
 * stopped, or ended cleanly, and the other goes on. Whatever happens, each question is answered once.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep, wallClock } from '@flexledger/runtime';
import { BEFORE_FIRST, type EventStore } from '../port';
import { openSqliteEventStore } from '../sqlite/sqlite-event-store';
import { compiledScript, type RunningScript, startScript } from '../testing/child-script';
import { testEvent } from '../testing/events';
import { openSqliteProcessorState } from './sqlite-processor-state';
import { nameOf } from './testing/trial';

let folder: string;
let script: string;
let log: EventStore;
let instances: Set<RunningScript>;
let asked: string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'processors-'));
  script = compiledScript('../processor/testing/processor-instance', join(folder, 'build'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let run = 0;
beforeEach(async () => {
  run += 1;
  instances = new Set();
  asked = [];
  log = await openSqliteEventStore({ path: logPath(), clock: wallClock });
});
afterEach(async () => {
  await Promise.all([...instances].map(kill));
  await log.close();
});

const logPath = (): string => join(folder, `log-${run}.sqlite`);
const statePath = (): string => join(folder, `state-${run}.sqlite`);

async function start(owner: string): Promise<RunningScript> {
  const instance = startScript(script, logPath(), statePath(), owner);
  instances.add(instance);
  await printed(instance, 'open');
  return instance;
}

async function kill(instance: RunningScript): Promise<void> {
  instances.delete(instance);
  await instance.kill();
}

/** Asks a question; gives its name. */
async function ask(): Promise<string> {
  const name = `${asked.length}`;
  asked.push(name);
  const event = testEvent(`${run}/${name}`, { type: 'Asked', data: { name } });
  await log.append('story', 'any', [event]);
  return name;
}

async function printed(instance: RunningScript, wanted: string): Promise<void> {
  while (!instance.lines().includes(wanted)) await sleep(5);
}

const handling = (instance: RunningScript, name: string): Promise<void> =>
  printed(instance, `handled ${name}`);

const handled = (instance: RunningScript): string[] =>
  instance.lines().flatMap((line) => (line.startsWith('handled ') ? [line.slice(8)] : []));

/** Names of the answers in the log, in its order. */
async function answered(): Promise<string[]> {
  const names: string[] = [];
  for await (const { data } of log.readAll({ filter: { types: ['Answered'] } }))
    names.push(nameOf(data));
  return names;
}

/** Waits until the log so far is behind the processor's checkpoint. */
async function stored(): Promise<void> {
  const state = await openSqliteProcessorState({ path: statePath(), clock: wallClock });
  const head = await log.head();
  while (((await state.checkpoint('answers')) ?? BEFORE_FIRST) < head) await sleep(5);
  await state.close();
}

it('a killed instance is replaced, and what it had stored is not done again', async () => {
  const one = await start('A');
  const other = await start('B');
  await handling(one, await ask());
  await handling(one, await ask());
  await stored();
  await kill(one);
  await handling(other, await ask());
  expect([handled(one), handled(other)]).toEqual([['0', '1'], ['2']]);
  expect(await answered()).toEqual(asked);
});

it('killed again and again at any moment, they answer everything once, in order', async () => {
  for (let round = 0; round < 4; round += 1) {
    const instance = await start(`I${round}`);
    const names = [await ask(), await ask(), await ask()];
    // Those behind it are under way, done, or still to be done when the process dies.
    await handling(instance, names[round % 3]!);
    await kill(instance);
  }
  const last = await start('last');
  await handling(last, await ask());
  expect(await answered()).toEqual(asked);
});

it('a stopped instance loses its lease, and when it goes on it only waits', async () => {
  const one = await start('A');
  await handling(one, await ask());
  const other = await start('B');
  one.signal('SIGSTOP');
  await handling(other, await ask());
  one.signal('SIGCONT');
  await printed(one, 'problem LeaseLost');
  await handling(other, await ask());
  await stored();
  expect(handled(one)).toEqual(['0']);
  await kill(other);
  await handling(one, await ask());
  expect(await answered()).toEqual(asked);
});

it('one that is ended cleanly leaves its lease free', async () => {
  const one = await start('A');
  await handling(one, await ask());
  one.signal('SIGTERM');
  await one.ended();
  instances.delete(one);
  const state = await openSqliteProcessorState({ path: statePath(), clock: wallClock });
  expect(await state.status()).toMatchObject([{ owner: null, expiresMs: 0, checkpoint: 0 }]);
  await state.close();
});
