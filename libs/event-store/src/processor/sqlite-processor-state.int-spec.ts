/** The state in a file: the contract with two instances, what several processes do to it, and bad files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { sleep, wallClock } from '@flexledger/runtime';
import { compiledScript, startScript } from '../testing/child-script';
import { ProcessorStateBusy, ProcessorStateDamaged } from './processor-errors';
import { openSqliteProcessorState } from './sqlite-processor-state';
import { describeProcessorStateContract } from './testing/processor-state.spec-suite';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'processor-state-'));
  path = join(folder, 'processors.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true }));

describeProcessorStateContract('SQLite', async (clock) => {
  const [one, other] = [
    await openSqliteProcessorState({ path, clock }),
    await openSqliteProcessorState({ path, clock }),
  ];
  return {
    one,
    other,
    async cleanup() {
      await one.close();
      await other.close();
    },
  };
});

it('is kept in the file', async () => {
  const first = await openSqliteProcessorState({ path, clock: wallClock });
  const lease = await first.acquire('p', 'A', 5_000);
  await first.saveCheckpoint(lease!, 42);
  await first.close();
  const second = await openSqliteProcessorState({ path, clock: wallClock });
  expect(await second.status()).toMatchObject([{ name: 'p', owner: 'A', checkpoint: 42 }]);
  await second.close();
});

it('gives a lease to one process at a time, under a fence of its own', async () => {
  const rounds = 60;
  const script = compiledScript('../processor/testing/lease-asker', join(folder, 'build'));
  const askers = ['A', 'B', 'C'].map((owner) => startScript(script, path, owner, `${rounds}`));
  await Promise.all(askers.map((asker) => asker.ended()));
  const fences = askers.flatMap((asker) => asker.lines().map(Number));
  fences.sort((one, other) => one - other);
  expect(fences).toEqual(Array.from({ length: 3 * rounds }, (_, index) => index + 1));
  // Each read the checkpoint of the one before: none worked beside another.
  const state = await openSqliteProcessorState({ path, clock: wallClock });
  expect(await state.checkpoint('contested')).toBe(3 * rounds);
  await state.close();
});

it('tells why a change failed that SQLite has rolled back by itself, as at a full disk', async () => {
  const state = await openSqliteProcessorState({ path, clock: wallClock });
  const other = new Database(path);
  other.exec(
    "CREATE TRIGGER full BEFORE INSERT ON processors BEGIN SELECT RAISE(ROLLBACK, 'disk is full'); END",
  );
  await expect(state.acquire('p', 'A', 5_000)).rejects.toThrow('disk is full');
  other.exec('DROP TRIGGER full');
  expect(await state.acquire('p', 'A', 5_000)).toMatchObject({ fence: 1 });
  other.close();
  await state.close();
});

describe('a file that another holds locked', () => {
  it('is waited for while the event loop goes on', async () => {
    const state = await openSqliteProcessorState({ path, clock: wallClock });
    const holder = new Database(path);
    holder.exec('BEGIN IMMEDIATE');
    let isGiven = false;
    const asked = state.acquire('p', 'A', 5_000).then((lease) => {
      isGiven = true;
      return lease;
    });
    // This very timer runs only because the waiting blocks nobody.
    await sleep(50);
    expect(isGiven).toBe(false);
    holder.exec('COMMIT');
    expect(await asked).toMatchObject({ fence: 1 });
    holder.close();
    await state.close();
  });

  it('is waited for while another makes it, and nothing of the refused tries stays', async () => {
    const maker = new Database(path);
    maker.exec('BEGIN EXCLUSIVE');
    const opening = openSqliteProcessorState({ path, clock: wallClock, busyMs: 2_000 });
    await sleep(50);
    maker.exec('COMMIT');
    const state = await opening;
    const other = await openSqliteProcessorState({ path, clock: wallClock });
    await other.acquire('q', 'B', 5_000);
    expect(await state.acquire('p', 'A', 5_000)).toMatchObject({ fence: 1 });
    maker.close();
    await other.close();
    await state.close();
  });

  it('is told when it stays locked, and used again afterwards', async () => {
    const state = await openSqliteProcessorState({ path, clock: wallClock, busyMs: 20 });
    const holder = new Database(path);
    holder.exec('BEGIN IMMEDIATE');
    await expect(state.acquire('p', 'A', 5_000)).rejects.toBeInstanceOf(ProcessorStateBusy);
    holder.exec('COMMIT');
    expect(await state.acquire('p', 'A', 5_000)).toMatchObject({ fence: 1 });
    holder.close();
    await state.close();
  });
});

describe('refuses, and says what to do,', () => {
  const opening = () => openSqliteProcessorState({ path, clock: wallClock });

  it('a file that is no database', async () => {
    writeFileSync(path, 'a diary, not a database; '.repeat(100));
    await expect(opening()).rejects.toBeInstanceOf(ProcessorStateDamaged);
    await expect(opening()).rejects.toThrow(/processors\.sqlite.*Remove the file/s);
  });

  it('a database of something else', async () => {
    const db = new Database(path);
    db.exec('CREATE TABLE diary (page TEXT)');
    db.close();
    await expect(opening()).rejects.toThrow(/no state of processors/);
  });

  it('a file of a later format', async () => {
    await (await opening()).close();
    const db = new Database(path);
    db.exec('PRAGMA user_version = 9');
    db.close();
    await expect(opening()).rejects.toThrow(/its format is 9, this program knows 1/);
  });
});
