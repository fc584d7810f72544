import { rmSync } from 'node:fs';
import path from 'node:path';
import { openSqliteEventStore } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import { inTemporaryFolder } from '../leave-nothing';
import { type RunApart, runApart } from '../run-apart';
import type { StoredClearing } from './clear-stored';
import { BENCH_MTUS, writeBenchSession } from './market-log';

/** One size of `flexledger bench clearing`. */
export interface ClearingBench {
  readonly pods: number;
  readonly mtus: number;
  /** Reading the stored offers and clearing them. */
  readonly seconds: number;
  readonly readSeconds: number;
  readonly clearSeconds: number;
  readonly peakMb: number;
  readonly algorithm: string;
  /**
   * The same stored session by the code of the running market: folded, put together as a problem, hashed,
   * cleared and explained. Null beyond 100,000 PoDs, which would double the time of the bench.
   */
  readonly liveSeconds: number | null;
  readonly livePeakMb: number | null;
  /** HiGHS on the same stored session; null where it took more than a minute or was not tried. */
  readonly highsSeconds: number | null;
  /** HiGHS serves the DSO as much; null where it was not tried. */
  readonly sameAsHighs: boolean | null;
  /** The time of the Italian demonstration on four cores (D2.16), where it tells one. */
  readonly seedsSeconds: number | null;
}

const SIZES = [12, 100, 1_500, 10_000, 100_000, 1_600_000];
const HIGHS_TIMEOUT_MS = 60_000;
/** HiGHS is not tried beyond: its model alone takes minutes. */
const HIGHS_PODS_MAX = 1_500;
const LIVE_PODS_MAX = 100_000;
const SEEDS_SECONDS = new Map([[1_500, 144]]);
/** The growth exponent is fitted from this size on; below, fixed costs rule. */
const GROWTH_FROM = 1_500;

/** Clears stored day-ahead sessions of growing size, each in a process of its own. */
export async function benchClearing(onResult: (result: ClearingBench) => void): Promise<{
  readonly results: readonly ClearingBench[];
  /** Exponent of the growth of `seconds` with the number of PoDs, by least squares in logarithms. */
  readonly growthExponent: number;
}> {
  const results: ClearingBench[] = [];
  await inTemporaryFolder(async (folder) => {
    for (const pods of SIZES) {
      const result = await benchSize(pods, path.join(folder, `${pods}.sqlite`));
      results.push(result);
      onResult(result);
    }
  });
  return { results, growthExponent: growthExponent(results) };
}

/** Generates the session's log and clears it. @throws Error after ten minutes */
async function clearedApart(pods: number, file: string): Promise<RunApart<StoredClearing>> {
  const store = await openSqliteEventStore({ path: file, clock: wallClock });
  await writeBenchSession(store, pods);
  await store.close();
  const cleared = await runApart<StoredClearing>(`${__dirname}/clear-stored-child`, [file]);
  if (!cleared) throw new Error(`Clearing ${pods} PoDs took more than ten minutes.`);
  return cleared;
}

async function benchSize(pods: number, file: string): Promise<ClearingBench> {
  const ours = await clearedApart(pods, file);
  const live =
    pods <= LIVE_PODS_MAX
      ? await runApart<{ seconds: number; dsoServedWMtu: string }>(
          `${__dirname}/clear-live-child`,
          [file],
        )
      : undefined;
  if (live && live.answer.dsoServedWMtu !== ours.answer.dsoServedWMtu) {
    throw new Error(`At ${pods} PoDs the running market serves the DSO otherwise than this bench.`);
  }
  const highs =
    pods <= HIGHS_PODS_MAX
      ? await runApart<{ clearSeconds: number; dsoServedWMtu: string }>(
          `${__dirname}/highs-child`,
          [file],
          HIGHS_TIMEOUT_MS,
        )
      : undefined;
  rmSync(file);
  const { readSeconds, clearSeconds, algorithm, dsoServedWMtu } = ours.answer;
  return {
    pods,
    mtus: BENCH_MTUS,
    seconds: readSeconds + clearSeconds,
    readSeconds,
    clearSeconds,
    peakMb: ours.peakMb,
    algorithm,
    liveSeconds: live?.answer.seconds ?? null,
    livePeakMb: live?.peakMb ?? null,
    highsSeconds: highs?.answer.clearSeconds ?? null,
    sameAsHighs: highs ? highs.answer.dsoServedWMtu === dsoServedWMtu : null,
    seedsSeconds: SEEDS_SECONDS.get(pods) ?? null,
  };
}

function growthExponent(results: readonly ClearingBench[]): number {
  const points = results
    .filter(({ pods }) => pods >= GROWTH_FROM)
    .map(({ pods, seconds }) => [Math.log(pods), Math.log(seconds)] as const);
  const mean = (of: 0 | 1): number =>
    points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const variance = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return covariance / variance;
}
