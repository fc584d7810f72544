/** How guessing is slowed: the first tries are free, then each doubles the wait, up to a quarter of an hour. */

/** Tries of one name from one address that nobody minds. */
export const FREE_TRIES = 5;
/** Tries from one address, whatever the name: an office has one, and many people. */
export const FREE_TRIES_OF_ADDRESS = 50;

const WAIT_MAX_MS = 900_000;

/** The wait after so many failures in a row, ms. */
export function waitMsAfter(failures: number, freely: number): number {
  return failures < freely
    ? 0
    : Math.min(WAIT_MAX_MS, 1_000 * 2 ** Math.min(failures - freely, 20));
}
