/** Guessing costs nothing for a while, then more with each try, and never without end. */
import fc from 'fast-check';
import { FREE_TRIES, waitMsAfter } from './slowdown';

it.each([
  [0, 0],
  [4, 0],
  [5, 1_000],
  [6, 2_000],
  [9, 16_000],
  [14, 512_000],
  [15, 900_000],
  [1_000_000, 900_000],
])('after %i failures, %i ms', (failures, waitMs) => {
  expect(waitMsAfter(failures, FREE_TRIES)).toBe(waitMs);
});

it('never less after one more', () => {
  fc.assert(
    fc.property(fc.nat(2_000), fc.nat(100), (failures, freely) => {
      expect(waitMsAfter(failures + 1, freely)).toBeGreaterThanOrEqual(
        waitMsAfter(failures, freely),
      );
    }),
  );
});
