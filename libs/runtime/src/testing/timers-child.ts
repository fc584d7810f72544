/**
 * The process whose clock `wall-clock.int-spec.ts` sets. Argument: how many milliseconds from now its
 * one timer is due. It prints the instant, then how late by its clock the timer came.
 */
import { WallTimers, wallClock } from '../wall-clock';

const atMs = wallClock.nowMs() + Number(process.argv[2]);
const alive = setInterval(() => {}, 1_000);
const timers = new WallTimers((name, error) =>
  process.stdout.write(`${name} failed: ${String(error)}\n`),
);
timers.at(atMs, 'gate', () => {
  process.stdout.write(`late by ${wallClock.nowMs() - atMs} ms\n`);
  clearInterval(alive);
});
process.stdout.write('armed\n');
