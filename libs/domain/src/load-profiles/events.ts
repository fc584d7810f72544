import type { DayKind } from '../baseline/like-days';

/**
 * Three typical days of each customer (working day, Saturday, Sunday or holiday), reworked from what its meter
 * said about once a month (D3.3 A.3.3.2). Forecasts begin with them. Sums and counts instead of means, so that
 * what is measured afterwards is added to them. Stream `loadProfiles-{gridId}-{yyyy-mm}`, by the civil month in which
 * they were reworked; of several in a month the last that is whole counts.
 */
export type LoadProfilesEvent =
  | {
      readonly type: 'LoadProfilesReworked';
      readonly data: {
        /** Digest of all that follows: the same rework again is the same. */
        readonly reworkId: string;
        readonly gridId: string;
        /** Why: the month has begun, or an operator wants it. */
        readonly trigger: 'monthBegan' | 'operator';
        /** An operator's words; null where the month began. */
        readonly reason: string | null;
        readonly madeFrom: ProfileSources;
        readonly pods: number;
        /** How many `LoadProfilesContinued` follow. */
        readonly continued: number;
      };
    }
  | {
      /** Typical days of one kind; some of the PoDs an event. */
      readonly type: 'LoadProfilesContinued';
      readonly data: {
        readonly reworkId: string;
        readonly gridId: string;
        readonly dayKind: DayKind;
        readonly podIds: readonly string[];
        /**
         * By PoD and local quarter-hour, 0 to 95: load in W, summed over the days, its PV added back and what it did for
         * the market left out.
         */
        readonly sumW: readonly (readonly number[])[];
        /** How many days each sum is of. */
        readonly days: readonly (readonly number[])[];
      };
    };

/** What profiles were made from, so that whoever holds the log makes them again. */
export interface ProfileSources {
  /** Civil days, ISO dates; what is measured after the last is added to the profiles by each forecast. */
  readonly firstDay: string;
  readonly lastDay: string;
  /** Those of each kind whose measurements were asked for, earliest first. */
  readonly days: Readonly<Record<DayKind, readonly string[]>>;
  readonly timeZone: string;
  /** Days that count as Sundays. */
  readonly holidays: readonly string[];
  /** Where the sun is taken to shine on the customers' plants, millionths of a degree. */
  readonly latitudeMicroDegree: number;
  readonly longitudeMicroDegree: number;
}

/** @param month civil, `2026-03` */
export const loadProfilesStream = (gridId: string, month: string): string =>
  `loadProfiles-${gridId}-${month}`;
