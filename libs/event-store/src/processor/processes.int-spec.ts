/**
 * Two processes with the same processor over one log and one state file: the one that works is killed,
 * stopped, or ended cleanly, and the other goes on.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep, wallClock } from '@flexledger/runtime';
import type { EventStore } from '../port';
import { openSqliteEventStore } from '../sqlite/sqlite-event-store';
import { type RunningScript, compileLibs, startScript } from '../testing/child-scripts';
import { testEvent } from '../testing/events';
import { openSqliteProcessorState } from './sqlite-processor-state';

let folder: string;
let script: string;
let log: EventStore;
let instances: RunningScript[];
let told: number;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'processors-'));
  const build = compileLibs(folder, ['domain', 'identity', 'runtime', 'event-store']);
  script = join(build, 'event-store/src/processor/testing/processor-instance.js');
});
afterAll(() => rmSync(folder, { recursive: true }));

let run = 0;
beforeEach(() => {
  run += 1;
  instances = [];
  told = 0;
  log = openSqliteEventStore({ path: logPath(), clock: wallClock });
});
afterEach(async () => {
  await Promise.all(instances.map((instance) => instance.kill('SIGKILL')));
  await log.close();
});

const logPath = (): string => join(folder, `log-${run}.sqlite`);
const statePath = (): string => join(folder, `state-${run}.sqlite`);

async function start(owner: string): Promise<RunningScript> {
  const instance = startScript(script, [logPath(), statePath(), owner]);
  instances.push(instance);
  await instance.printed((line) => line === 'open');
  return instance;
}

async function tell(): Promise<number> {
  const name = `${run}/${told++}`;
  const { position } = await log.append('story', 'any', [testEvent(name, { type: 'Asked' })]);
  return position;
}

const handling = (instance: RunningScript, position: number): Promise<void> =>
  instance.printed((line) => line === `handled ${position}`);

const handled = (instance: RunningScript): number[] =>
  instance.lines().flatMap((line) => (line.startsWith('handled ') ? [Number(line.slice(8))] : []));

async function checkpointReaches(position: number): Promise<void> {
  const state = await openSqliteProcessorState({ path: statePath(), clock: wallClock });
  while ((await state.checkpoint('printing')) !== position) await sleep(5);
  await state.close();
}

it('a killed instance is replaced, and what it had stored is not done again', async () => {
  const one = await start('A');
  await handling(one, await tell());
  const other = await start('B');
  const stored = await tell();
  await handling(one, stored);
  await checkpointReaches(stored);
  await one.kill('SIGKILL');
  const next = await tell();
  await handling(other, next);
  expect(handled(one)).toEqual([0, 1]);
  expect(handled(other)).toEqual([2]);
});

it('killed again and again at any moment, they lose no event and keep the order', async () => {
  const all: number[][] = [];
  for (let round = 0; round < 4; round += 1) {
    const instance = await start(`I${round}`);
    const positions = [await tell(), await tell(), await tell()];
    // The last is under way, or done, when the process dies.
    await handling(instance, positions[round % 3]!);
    await instance.kill('SIGKILL');
    all.push(handled(instance));
  }
  const last = await start('last');
  await handling(last, await tell());
  all.push(handled(last));
  expect([...new Set(all.flat())]).toEqual(Array.from({ length: told }, (_, index) => index));
  for (const one of all) expect(one).toEqual([...one].sort((a, b) => a - b));
});

it('a stopped instance loses its lease, and when it goes on it only waits', async () => {
  const one = await start('A');
  await handling(one, await tell());
  const other = await start('B');
  process.kill(one.pid, 'SIGSTOP');
  const next = await tell();
  await handling(other, next);
  process.kill(one.pid, 'SIGCONT');
  await one.printed((line) => line === 'problem LeaseLost');
  const after = await tell();
  await handling(other, after);
  await checkpointReaches(after);
  expect(handled(one)).toEqual([0]);
  await other.kill('SIGKILL');
  await handling(one, await tell());
});

it('one that is ended cleanly leaves its lease free', async () => {
  const one = await start('A');
  await handling(one, await tell());
  await one.kill('SIGTERM');
  const state = await openSqliteProcessorState({ path: statePath(), clock: wallClock });
  expect(await state.status()).toMatchObject([{ owner: null, expiresMs: 0, checkpoint: 0 }]);
  await state.close();
});
