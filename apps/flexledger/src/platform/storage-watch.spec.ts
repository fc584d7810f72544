/** A full disk is told once when it begins and once when it ends, and readiness knows it meanwhile. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sleep } from '@flexledger/runtime';
import { type StorageWatch, watchStorage } from './storage-watch';

const FULL = 'market/clearing: database or disk is full; its lease is renewed again soon.';

let watch: StorageWatch;
afterEach(() => watch.close());

function watched(probe: () => Promise<void>, lookEveryMs = 5) {
  const told: string[] = [];
  watch = watchStorage({
    dataDir: '/srv/data',
    onProblem: (problem) => told.push(problem),
    lookEveryMs,
    probe,
  });
  return told;
}

it('tells of a full disk once, whoever meets it and however often, and once that it is over', async () => {
  let isFull = true;
  const told = watched(async () => {
    if (isFull) throw new Error('ENOSPC: no space left on device, write');
  });
  for (let times = 0; times < 100; times += 1) watch.tell(FULL);
  watch.tell('certifier, seal: The append to stream certification failed: disk I/O error.');
  await sleep(30);
  watch.tell('A packet of IT001E1 found no room');
  expect(told).toEqual([
    expect.stringMatching(
      /^The data folder \/srv\/data takes no write: database or disk is full\. /,
    ),
    'A packet of IT001E1 found no room',
  ]);
  await expect(watch.check()).rejects.toThrow('/srv/data takes no write: database or disk is full');

  isFull = false;
  while (told.length < 3) await sleep(5);
  expect(told[2]).toBe('The data folder /srv/data takes writes again.');
  await expect(watch.check()).resolves.toBeUndefined();
});

it('is found by a readiness check before anybody has written', async () => {
  const told = watched(async () => {
    throw new Error('EROFS: read-only file system, open');
  });
  await expect(watch.check()).rejects.toThrow('EROFS');
  await expect(watch.check()).rejects.toThrow('EROFS');
  expect(told).toHaveLength(1);
});

it('is not over while somebody still meets it, though a small file finds room', async () => {
  const told = watched(async () => {}, 100);
  for (let times = 0; times < 50; times += 1) {
    watch.tell(FULL);
    await sleep(5);
  }
  expect(told).toHaveLength(1);
});

it('writes but once in a while, however often it is asked', async () => {
  let looks = 0;
  watched(async () => void (looks += 1), 1_000);
  for (let times = 0; times < 50; times += 1) await watch.check();
  expect(looks).toBe(1);
});

it('writes to find out, and leaves nothing behind', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'storage-watch-'));
  const told: string[] = [];
  const onProblem = (problem: string): void => void told.push(problem);
  watch = watchStorage({ dataDir, onProblem, lookEveryMs: 20 });
  await watch.check();
  expect(readdirSync(dataDir)).toEqual([]);
  rmSync(dataDir, { recursive: true });
  await sleep(30);
  await expect(watch.check()).rejects.toThrow('ENOENT');
  expect(told).toHaveLength(1);
});

it.each([
  ['an append failed: attempt to write a readonly database', 'takes no write'],
  ['ENOSPC: no space left on device, write', 'takes no write'],
  ['PoD X is not enrolled', 'PoD X is not enrolled'],
  ['the node EIOU is not enrolled', 'the node EIOU is not enrolled'],
])('%s: is told as %s', (problem, as) => {
  const told = watched(async () => {});
  watch.tell(problem);
  expect(told).toEqual([expect.stringContaining(as)]);
});
