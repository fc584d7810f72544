import { afterWords, powerNow } from './power-now';

const told = (podId: string, withdrawnW: number, injectedW = 0) => ({
  podId,
  at: '2026-03-18T08:30:00.000Z',
  withdrawnW,
  injectedW,
});

it('is the sum of the last word of each PoD, fed in counted against what is withdrawn', () => {
  const first = afterWords(new Map(), [told('a', 1_200), told('b', 0, 3_000)], 1_000);
  const before = powerNow(first, undefined, 1_000);
  expect(before).toMatchObject({ powerW: -1_800, pods: 2 });
  const second = afterWords(first, [told('a', 200)], 2_000);
  expect(powerNow(second, before, 2_000)).toEqual({
    powerW: -2_800,
    pods: 2,
    past: [
      { atMs: 1_000, powerW: -1_800 },
      { atMs: 2_000, powerW: -2_800 },
    ],
  });
});

it('is of nobody who has been silent for a minute, and of nothing when all are', () => {
  const words = afterWords(afterWords(new Map(), [told('a', 500)], 0), [told('b', 700)], 30_000);
  expect(powerNow(words, undefined, 60_000)).toMatchObject({ powerW: 700, pods: 1 });
  expect(powerNow(words, undefined, 90_000)).toBeUndefined();
});

it('looks back five minutes and no longer', () => {
  const words = afterWords(new Map(), [told('a', 500)], 400_000);
  const before = {
    powerW: 1,
    pods: 1,
    past: [
      { atMs: 99_000, powerW: 1 },
      { atMs: 101_000, powerW: 2 },
    ],
  };
  expect(powerNow(words, before, 400_000)?.past.map(({ atMs }) => atMs)).toEqual([
    101_000, 400_000,
  ]);
});
