/** Many worlds, one after another: each seed lived through, what fails shrunk to the fewest faults. */
import { EXIT_CODES, print, printJson, tell } from '@flexledger/command-line';
import { stopwatch } from '@flexledger/runtime';
import type { BugName } from './bug-names';
import { type Fault, faultText } from './faults/fault';
import { type SeedRun, drawnFor, runSeed } from './run-seed';
import { shrunk } from './shrink';

/** Flags of `soak`, as commander gives them. */
export interface SoakFlags {
  readonly seeds: number;
  readonly from: number;
  readonly withBug?: BugName;
  /** Ends at the first seed that fails. */
  readonly untilFailure: boolean;
  readonly json: boolean;
}

/** A seed that failed, with the fewest faults that it takes. */
interface FailedSeed {
  readonly seed: number;
  readonly layout: string;
  readonly violations: SeedRun['violations'];
  readonly faults: readonly Fault[];
  /** How many were drawn. */
  readonly drawn: number;
}

/** Lives through the seeds and prints what they came to; exit code 1 where an invariant was broken. */
export async function soak(flags: SoakFlags): Promise<void> {
  const { seeds, from, withBug: bug, untilFailure, json } = flags;
  const beganMs = stopwatch.nowMs();
  const failed: FailedSeed[] = [];
  let faults = 0;
  let events = 0;
  let lived = 0;
  for (let seed = from; seed < from + seeds; seed += 1) {
    const run = await runSeed({ seed, bug });
    lived += 1;
    faults += run.came;
    events += run.events;
    if (run.violations.length === 0) continue;
    const one = await failedSeed(run, bug);
    failed.push(one);
    if (!json) tellFailure(one, bug);
    if (untilFailure) break;
  }
  const seconds = Math.round((stopwatch.nowMs() - beganMs) / 100) / 10;
  const passed = lived - failed.length;
  if (json) printJson({ seeds: lived, from, passed, faults, events, failed, seconds });
  else {
    print(
      `${passed} of ${lived} seeds passed, from ${from}: ${faults} faults survived over ${events} events, ` +
        `in ${seconds} s`,
    );
    print(`${passed} passed, ${failed.length} failed`);
  }
  if (failed.length > 0) process.exitCode = EXIT_CODES.failed;
}

async function failedSeed(run: SeedRun, bug: BugName | undefined): Promise<FailedSeed> {
  const { seed, layout } = run;
  const { invariant } = run.violations[0]!;
  const fails = async (faults: readonly Fault[]): Promise<boolean> =>
    (await runSeed({ seed, faults, bug })).violations.some((one) => one.invariant === invariant);
  const faults = await shrunk(run.faults, fails);
  return { seed, layout, violations: run.violations, faults, drawn: run.faults.length };
}

function tellFailure({ seed, layout, violations, faults, drawn }: FailedSeed, bug?: BugName): void {
  tell(`Seed ${seed} (${layout}):`);
  for (const { invariant, what } of violations.slice(0, 5)) tell(`  broken: ${invariant}: ${what}`);
  tell(`  by ${faults.length} of its ${drawn} faults:`);
  for (const fault of faults) tell(`  ${faultText(fault)}`);
  if (bug !== undefined) return;
  const { faults: all } = drawnFor(seed);
  const kept = faults.map((fault) => all.findIndex((one) => faultText(one) === faultText(fault)));
  tell(
    `  again: npx flexledger simulate --faults ${seed} --only-faults ${kept.join(',') || 'none'}`,
  );
}

/** Flags of `simulate --faults`. */
export interface OneWorldFlags {
  /** The seed. */
  readonly faults: number;
  /** Which of its faults come, counted from 0; all when absent. */
  readonly onlyFaults?: readonly number[];
  readonly json: boolean;
}

/** Lives through the world of one seed and tells what happened in it; exit code 1 as `soak`. */
export async function simulateWithFaults(flags: OneWorldFlags): Promise<void> {
  const { faults: seed, onlyFaults, json } = flags;
  const kept = onlyFaults?.flatMap((index) => drawnFor(seed).faults[index] ?? []);
  const run = await runSeed({ seed, ...(kept && { faults: kept }) });
  const { layout, faults, came, events, lastHash, violations } = run;
  if (json) printJson({ seed, layout, faults, came, events, lastHash, violations });
  else {
    for (const line of run.story) print(line);
    for (const { invariant, what } of violations) print(`broken: ${invariant}: ${what}`);
    print(
      `seed ${seed}, ${layout}: ${came} of ${faults.length} faults came to something, ${events} events, ` +
        `the last ${lastHash.slice(0, 16)}, ${violations.length} invariants broken`,
    );
  }
  if (violations.length > 0) process.exitCode = EXIT_CODES.failed;
}
