import { drawOne, messageOf, seededRandom } from '@flexledger/runtime';
import { loadHighsSolver } from '@flexledger/solver';
import type { BugName } from './bug-names';
import { PLANTED_BUGS, type PlantedBug } from './bugs';
import { drawFaults } from './faults/draw-faults';
import type { Fault } from './faults/fault';
import { type Violation, violationsIn } from './invariants/invariants';
import { type WorldAfter, liveThrough } from './live-world';
import { type LayoutName, layoutOf } from './market/layout';
import { smallDay } from './market/small-day';
import { WorldStuck } from './world/world';

/** What a seed comes to. */
export interface SeedRun {
  readonly seed: number;
  readonly layout: LayoutName;
  readonly faults: readonly Fault[];
  /** How many of them came to something. */
  readonly came: number;
  readonly violations: readonly Violation[];
  /** Events of the log; 0 where the world came to no end. */
  readonly events: number;
  /** Hash of the last event: two runs of the same are the same. */
  readonly lastHash: string;
  readonly story: readonly string[];
}

export interface SeedOptions {
  readonly seed: number;
  /** In the place of those that are drawn. */
  readonly faults?: readonly Fault[];
  readonly bug?: BugName | undefined;
}

const LAYOUTS: readonly LayoutName[] = ['one', 'pair', 'apart', 'apart'];

const HOUR_MS = 3_600_000;

/** What is drawn for a seed, before anything happens. */
export function drawnFor(seed: number) {
  const day = smallDay(seed);
  const layoutName = drawOne(seededRandom(seed, 'layout'), LAYOUTS);
  const layout = layoutOf(layoutName);
  const faults = drawFaults({
    seed,
    processes: [...layout.keys()],
    pods: day.scenario.pods.length,
    fromMs: day.startMs + HOUR_MS,
    untilMs: day.settledMs + HOUR_MS / 2,
    busyMs: day.busyMs,
  });
  return { day, layoutName, layout, faults };
}

/** Lives through the world of a seed and checks it. */
export async function runSeed({ seed, faults: given, bug }: SeedOptions): Promise<SeedRun> {
  const { day, layoutName, layout, faults: drawn } = drawnFor(seed);
  const faults = given ?? drawn;
  // Its code is compiled beside this thread, for as long as that takes: not within a world.
  await loadHighsSolver();
  const basis = { seed, layout: layoutName, faults };
  let after: WorldAfter;
  try {
    const planted: PlantedBug | undefined = bug && PLANTED_BUGS[bug];
    after = await liveThrough({ seed, day, layout, faults, ...(planted && { bug: planted }) });
  } catch (error) {
    if (!(error instanceof WorldStuck)) throw error;
    const violations = [{ invariant: 'sessions end', what: messageOf(error) } as const];
    return { ...basis, came: 0, violations, events: 0, lastHash: '', story: [] };
  }
  const violations = await violationsIn(after, day);
  for (const documents of after.documents.values()) await documents.close();
  after.end();
  return {
    ...basis,
    came: after.faultsThatCame,
    violations,
    events: after.log.events.length,
    lastHash: after.log.events.at(-1)?.hash ?? '',
    story: after.story,
  };
}
