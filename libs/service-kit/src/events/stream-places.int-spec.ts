/** Places for event streams that two instances of one data folder count together. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'libsql';
import { type StreamPlaces, openSharedPlaces, ownPlaces } from './stream-places';
import { openStreams } from './open-streams';

let folder: string;
let nowMs = 0;
const clock = { nowMs: () => nowMs };
let opened: StreamPlaces[] = [];
let problems: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'places-'));
  nowMs = 1_000_000;
  problems = [];
});
afterEach(() => {
  for (const places of opened.splice(0)) places.close();
  rmSync(folder, { recursive: true, force: true });
});

function instance(): StreamPlaces {
  const tell = (problem: string): void => void problems.push(problem);
  const places = openSharedPlaces(path.join(folder, 'streams.sqlite'), clock, tell);
  opened = [...opened, places];
  return places;
}

it('a client has so many over both instances, and one that is given free through either is free', () => {
  const [one, two] = [instance(), instance()];
  const first = one.take('A', 2)!;
  expect(two.take('A', 2)).toBeDefined();
  expect(one.take('A', 2)).toBeUndefined();
  expect(two.take('A', 2)).toBeUndefined();
  expect(two.take('B', 2)).toBeDefined();
  first();
  expect(two.countOf('A')).toBe(1);
  expect(two.take('A', 2)).toBeDefined();
});

it('those of an instance that was killed lapse, and those of one that ended are free at once', () => {
  const [killed, two, ended] = [instance(), instance(), instance()];
  killed.take('A', 2);
  ended.take('A', 2);
  ended.close();
  expect(two.countOf('A')).toBe(1);
  nowMs += 30_000;
  expect(two.countOf('A')).toBe(0);
  expect([two.take('A', 2), two.take('A', 2)].every(Boolean)).toBe(true);
});

it('of streams by two instances, one too many is refused, and says how many there are in all', () => {
  const limits = { perClient: 2, inAll: 8 };
  const [one, two] = [openStreams(limits, instance()), openStreams(limits, instance())];
  one.take('A');
  const free = two.take('A');
  expect(() => one.take('A')).toThrow(/Client A has 2 event streams open/);
  // A stream that ends twice leaves one place.
  free();
  free();
  one.take('A');
  expect(() => two.take('A')).toThrow(/Client A has 2 event streams open/);
});

it('of one process alone are counted as well', () => {
  const places = ownPlaces();
  const free = places.take('A', 1)!;
  expect(places.take('A', 1)).toBeUndefined();
  free();
  expect(places.countOf('A')).toBe(0);
  expect(places.take('A', 1)).toBeDefined();
});

it('while another process holds the file, each counts its own, and nobody is refused for it', () => {
  const one = instance();
  one.take('A', 2);
  const holder = new Database(path.join(folder, 'streams.sqlite'));
  holder.exec('BEGIN EXCLUSIVE');
  expect(one.take('A', 2)).toBeDefined();
  expect(one.take('A', 2)).toBeUndefined();
  expect(one.take('B', 2)).toBeDefined();
  expect(problems).toEqual([expect.stringMatching(/streams\.sqlite, which counts .* its own/)]);
  holder.exec('ROLLBACK');
  holder.close();
  expect(one.take('A', 2)).toBeDefined();
});

it('a file that is no database is named, with what to do, and stands in nobody’s way', () => {
  writeFileSync(path.join(folder, 'streams.sqlite'), 'x'.repeat(5_000));
  const one = instance();
  expect(one.take('A', 1)).toBeDefined();
  expect(one.take('A', 1)).toBeUndefined();
  expect(problems).toEqual([
    expect.stringMatching(/streams\.sqlite, which counts .* move it away/),
  ]);
});

it('a clock that is set back does not keep places that nobody renews, nor one set forward free those that stand', async () => {
  jest.useFakeTimers();
  try {
    const [one, two] = [instance(), instance()];
    one.take('A', 1);
    nowMs -= 3_600_000;
    expect(two.countOf('A')).toBe(0);
    expect(two.take('A', 1)).toBeDefined();
    nowMs += 7_200_000;
    expect(two.countOf('A')).toBe(0);
    // Both instances live, and renew them.
    await jest.advanceTimersByTimeAsync(10_000);
    expect(two.countOf('A')).toBe(2);
    expect(two.take('A', 2)).toBeUndefined();
  } finally {
    jest.useRealTimers();
  }
});
