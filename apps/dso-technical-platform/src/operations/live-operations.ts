/**
 * Operational data as it comes in live: voltages and currents of SCADA every ten seconds, meters' curves by quarter-hour.
 * Kept in memory for a while; the means of a quarter-hour are recorded when it is over (`record-operations.ts`).
 */
import { MTU_MS } from '@flexledger/domain';
import type { SourcedMeasurement } from '@flexledger/grid';
import { isoFromMs } from '@flexledger/runtime';

/** One value and when it was measured. */
export interface TimedMeasurement {
  readonly atMs: number;
  readonly measurement: SourcedMeasurement;
}

/** The mean of a quantity in a quarter-hour, and how many values are in it. */
export type MeanMeasurement = SourcedMeasurement & { readonly count: number };

/** What was said of one quantity last. */
export type LatestMeasurement = SourcedMeasurement & { readonly at: string };

/** What was measured of a grid of late. */
export interface LiveOperations {
  /**
   * Takes values in, all or none; what was measured at an instant that is said of an id already replaces nothing.
   *
   * @returns why none was taken, in words; undefined where all were
   */
  add(values: readonly TimedMeasurement[]): string | undefined;
  /** The mean of each quantity in a quarter-hour, as far as it was measured. */
  meansOf(startMs: number): MeanMeasurement[];
  /** What was said of each quantity last, within the same time, by id. */
  latest(): LatestMeasurement[];
}

/** Quantities of a grid, and quarter-hours of them that are kept; one that nothing was said of for so long is forgotten. */
const MAX_IDS = 20_000;
const QUARTER_HOURS_KEPT = 96;
const MAX_MEANS = 400_000;

interface Mean {
  readonly measurement: SourcedMeasurement;
  readonly sum: number;
  readonly count: number;
  readonly lastMs: number;
}

const startOf = (atMs: number): number => Math.floor(atMs / MTU_MS) * MTU_MS;

/** As `LiveOperations`; empty at first. */
export function createLiveOperations(): LiveOperations {
  const byQuarter = new Map<number, Map<string, Mean>>();
  const last = new Map<string, TimedMeasurement>();
  let means = 0;
  /** No quantity was said of before, so that they are not looked through each time. */
  let oldestMs = Infinity;
  let latestMs = -Infinity;

  /** What is older than what is kept, or too much. */
  function forget(newestMs: number): void {
    const keptFromMs = startOf(newestMs) - (QUARTER_HOURS_KEPT - 1) * MTU_MS;
    const starts = [...byQuarter.keys()].sort((one, other) => one - other);
    while (starts.length > 1 && (starts[0]! < keptFromMs || means > MAX_MEANS)) {
      const oldest = starts.shift()!;
      means -= byQuarter.get(oldest)!.size;
      byQuarter.delete(oldest);
    }
    if (oldestMs >= keptFromMs) return;
    oldestMs = Infinity;
    for (const [id, { atMs }] of last) {
      if (atMs < keptFromMs) last.delete(id);
      else oldestMs = Math.min(oldestMs, atMs);
    }
  }

  return {
    add(values) {
      for (const { atMs } of values) latestMs = Math.max(latestMs, atMs);
      forget(latestMs);
      const fresh = new Set(
        values.flatMap(({ measurement: { id } }) => (last.has(id) ? [] : [id])),
      );
      if (last.size + fresh.size > MAX_IDS) {
        return `they name ${fresh.size} quantities more, and ${last.size} of at most ${MAX_IDS} are known; name each quantity alike every time`;
      }
      for (const { atMs, measurement } of values) {
        const startMs = startOf(atMs);
        const quarter = byQuarter.get(startMs) ?? new Map<string, Mean>();
        byQuarter.set(startMs, quarter);
        const before = quarter.get(measurement.id);
        if (before && atMs <= before.lastMs) continue;
        if (!before) means += 1;
        const sum = (before?.sum ?? 0) + measurement.value;
        quarter.set(measurement.id, {
          measurement,
          sum,
          count: (before?.count ?? 0) + 1,
          lastMs: atMs,
        });
        const lastMs = last.get(measurement.id)?.atMs ?? -Infinity;
        if (atMs > lastMs) last.set(measurement.id, { atMs, measurement });
        oldestMs = Math.min(oldestMs, atMs);
      }
      forget(latestMs);
      return undefined;
    },
    meansOf: (startMs) =>
      [...(byQuarter.get(startMs)?.values() ?? [])].map(({ measurement, sum, count }) => ({
        ...measurement,
        value: sum / count,
        count,
      })),
    latest: () =>
      [...last.values()]
        .map(({ atMs, measurement }) => ({ ...measurement, at: isoFromMs(atMs) }))
        .sort((one, other) => (one.id < other.id ? -1 : 1)),
  };
}
