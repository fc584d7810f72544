/** A clock for processes that a test waits for: of each quarter-hour it lets them see the ends alone. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { wallClock } from '@flexledger/runtime';

/** What the clock shows follows from the machine's, so that all processes that have it agree. */
const PRELOADED = `
const { fromMs, realFromMs, aheadMs = 0 } = JSON.parse(process.env.LEAPING_CLOCK);
const MTU_MS = 900_000;
const END_MS = 2_500;
const realNow = Date.now;
const RealDate = Date;
function leapingNow() {
  const goneMs = realNow() - realFromMs;
  const inMtuMs = goneMs % (2 * END_MS);
  const leapMs = inMtuMs < END_MS ? inMtuMs : MTU_MS - 2 * END_MS + inMtuMs;
  return fromMs + aheadMs + Math.floor(goneMs / (2 * END_MS)) * MTU_MS + leapMs;
}
globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(leapingNow());
    else super(...args);
  }
  static now() {
    return leapingNow();
  }
};
`;

/** A quarter-hour lasts so long, ms: half of it its begin, half of it its end. */
export const LEAPT_MTU_MS = 5_000;
const MTU_MS = 900_000;

/** The clock of a test and of its processes. */
export interface LeapingClock {
  /** Of processes that have it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of a process whose clock is so far ahead of the others'. */
  environmentAhead(aheadMs: number): Readonly<Record<string, string>>;
  nowMs(): number;
}

/**
 * @param folder where what a process loads before all else may stand
 * @param fromMs what it shows now, a quarter-hour's begin
 */
export function leapingClock(folder: string, fromMs: number): LeapingClock {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'leaping-clock.cjs');
  writeFileSync(file, PRELOADED);
  const realFromMs = wallClock.nowMs();
  const environmentAhead = (aheadMs: number) => ({
    NODE_OPTIONS: `--require ${file}`,
    LEAPING_CLOCK: JSON.stringify({ fromMs, realFromMs, aheadMs }),
  });
  return {
    environment: environmentAhead(0),
    environmentAhead,
    nowMs() {
      const goneMs = wallClock.nowMs() - realFromMs;
      const inMtuMs = goneMs % LEAPT_MTU_MS;
      const leapt = inMtuMs < LEAPT_MTU_MS / 2 ? inMtuMs : MTU_MS - LEAPT_MTU_MS + inMtuMs;
      return fromMs + Math.floor(goneMs / LEAPT_MTU_MS) * MTU_MS + leapt;
    },
  };
}
