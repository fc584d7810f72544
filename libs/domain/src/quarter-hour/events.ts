/**
 * The package of a quarter-hour as it is sent by itself (D3.3 FR_SCD_PD_1 to 4): what was measured has come as
 * events of the meters already; this says that the quarter-hour is over, of which Light Nodes nothing came or
 * what is wrong with them, also where that is none. Stream `quarterHour-{its beginning}`.
 */
import type { Decider } from '../log/decider';
import type { AnomalyKind } from '../node/events';
import { type Gathered, gatherPart, isLastPart, remainingParts } from '../market-session/parts';
import { instantInName } from '../time/delivery-day';
import type { PartOf } from '../settlement/events';

/** What is wrong: nothing came, no node, a node that is cut off, or what the node says of itself. */
export type PackageCode = 'no-data' | 'no-node' | 'disconnected' | AnomalyKind;

/** A PoD whose Light Node did not speak as it should. */
export interface AnomalousPod {
  readonly podId: string;
  readonly aggregatorId: string | null;
  /** False where nothing came of the quarter-hour. */
  readonly isMeasured: boolean;
  /** `since`: ISO 8601 UTC; null where it is not known. */
  readonly anomalies: readonly { readonly code: PackageCode; readonly since: string | null }[];
}

export interface QuarterHourReported {
  readonly type: 'QuarterHourReported';
  readonly data: {
    /** Its beginning, ISO 8601 UTC. */
    readonly quarterHour: string;
    readonly part: PartOf;
    /** In the order of their codes; none where all is well. */
    readonly rows: readonly AnomalousPod[];
  };
}

export interface QuarterHourState {
  readonly rows: Gathered<AnomalousPod>;
  /** Its last part stands. */
  readonly isWhole: boolean;
}

/** All that is reported of a quarter-hour, in the order of codes of PoDs. */
export type QuarterHourReport = Omit<QuarterHourReported['data'], 'part'>;

/** It is reported once, and what comes late changes nothing; where a part is missing and others say otherwise by now, all begins anew. */
export const quarterHourDecider: Decider<QuarterHourState, QuarterHourReport, QuarterHourReported> =
  {
    initialState: { rows: [], isWhole: false },
    decide({ quarterHour, rows }, { rows: standing, isWhole }) {
      if (isWhole) return [];
      return remainingParts(rows, standing.flat()).map((part) => ({
        type: 'QuarterHourReported',
        data: { quarterHour, ...part },
      }));
    },
    evolve: (state, { data: { part, rows } }) => ({
      rows: gatherPart(state.rows, part, rows),
      isWhole: isLastPart(part),
    }),
  };

/** @param startMs of the quarter-hour */
export const quarterHourStream = (startMs: number): string =>
  `quarterHour-${instantInName(startMs)}`;
