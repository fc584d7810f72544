/**
 * Optimal control of distributed resources by an algorithm outside (FR-DSOTP-T-02, DER-01): when it was started, with
 * what, and what it answered. Stream `derControl-{runId}`.
 */

/** It was started. */
export interface DerControlStarted {
  readonly type: 'DerControlStarted';
  readonly data: {
    readonly runId: string;
    readonly gridId: string;
    /** Begin of the quarter-hours it is for, ISO 8601 UTC, and how many. */
    readonly from: string;
    readonly mtuCount: number;
    /** The estimated state and the tariffs that it was given; null where there was none. */
    readonly estimateId: string | null;
    readonly tariffsDigest: string | null;
  };
}

/** It answered. */
export interface DerControlReported {
  readonly type: 'DerControlReported';
  readonly data: {
    readonly runId: string;
    readonly gridId: string;
    readonly setpoints: readonly DerSetpoint[];
  };
}

/** What one resource is to do, a value a quarter-hour; consumption positive, null where it is left free. */
export interface DerSetpoint {
  readonly resourceId: string;
  readonly powerW: readonly (number | null)[];
  readonly powerVar: readonly (number | null)[];
}

export type DerControlEvent = DerControlStarted | DerControlReported;

export const derControlStream = (runId: string): string => `derControl-${runId}`;
