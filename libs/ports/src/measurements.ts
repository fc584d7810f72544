/** Flows 1, 1a and 8: certified measurements, kept by the shared customer database. */

import type { Chain2Full } from '@flexledger/domain';

/** One measured quarter-hour; energies are never negative but the reactive one, which has a sign. */
export interface MeasuredQuarterHour {
  readonly mtuStartMs: number;
  readonly withdrawnWh: number;
  readonly injectedWh: number;
  readonly reactiveVarh: number;
  /** Where its meter has data set Chain2Full. */
  readonly chain2Full?: Chain2Full;
}

/** PoDs times days that one request asks for: some megabytes of answer. */
export const POD_DAYS_AT_ONCE = 2_000;

/** Measurements as other platforms reach them. What was not measured is absent, never guessed. */
export interface MeasurementsPort {
  /**
   * Quarter-hours that start in `fromMs` (included) to `untilMs` (excluded), rising, for each PoD in
   * the order of `podIds`; none for PoDs that nobody knows. MUST hold all that the log of certified
   * packets had when the call was made.
   *
   * @throws DomainError `query-malformed` when the stretch is empty or longer than 366 days
   */
  quarterHours(
    podIds: readonly string[],
    fromMs: number,
    untilMs: number,
  ): Promise<readonly (readonly MeasuredQuarterHour[])[]>;
  /** The first UTC day of which anything was measured; undefined before. */
  firstDay(): Promise<string | undefined>;
}
