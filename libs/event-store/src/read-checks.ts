/** What every engine refuses of a reader's numbers, in the same words. */
import { BEFORE_FIRST } from './port';

/** @throws RangeError when it is no position that a log hands out */
export function assertPosition(name: string, value: number): void {
  if (value !== BEFORE_FIRST && !(Number.isSafeInteger(value) && value >= 0)) {
    throw new RangeError(`${name} is ${value}; give a position that the log handed out, or -1`);
  }
}

/** @throws RangeError when it is no whole number from 0 on */
export function assertCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${name} is ${value}; give a whole number from 0 on`);
  }
}
