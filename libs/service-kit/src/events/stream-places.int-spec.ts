/** Places for event streams that two instances of one data folder count together. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type StreamPlaces, openSharedPlaces, ownPlaces } from './stream-places';
import { openStreams } from './open-streams';

let folder: string;
let nowMs = 0;
const clock = { nowMs: () => nowMs };
let opened: StreamPlaces[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'places-'));
  nowMs = 1_000_000;
});
afterEach(() => {
  for (const places of opened.splice(0)) places.close();
  rmSync(folder, { recursive: true, force: true });
});

function instance(): StreamPlaces {
  const places = openSharedPlaces(path.join(folder, 'streams.sqlite'), clock);
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

it('a file that is no database is named, with what to do', () => {
  writeFileSync(path.join(folder, 'streams.sqlite'), 'x'.repeat(5_000));
  expect(() => instance()).toThrow(/streams\.sqlite, which counts .* move it away/);
});
