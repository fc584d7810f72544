import type { TsoNeed } from './requests/tso-requests';

/** How the simulated transmission operator acts. */
export interface TsoPolicy {
  /** Draws follow from it: the same seed asks the same. */
  readonly seed: number | string;
  /** What may be asked of each point of measurement; none of the others. */
  readonly needs: readonly TsoNeed[];
  /** Minutes after a gate opens at which requests leave. */
  readonly delayMinutes: number;
}

/** A transmission operator that wants nothing. */
export const TSO_POLICY: TsoPolicy = { seed: 0, needs: [], delayMinutes: 15 };
