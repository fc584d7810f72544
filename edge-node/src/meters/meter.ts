import type { ByQuadrant } from '@flexledger/domain';

/**
 * A meter at a PoD, as the Light Node sees it.
 *
 * Sign convention (DESIGN 4): power is positive when withdrawn from the grid and negative when fed in;
 * the two energy counters count one direction each and never run backwards.
 */
export interface MeterReading {
  /** Energy withdrawn since the meter was made. */
  readonly withdrawnTotalWh: number;
  /** Energy fed in since the meter was made. */
  readonly injectedTotalWh: number;
  /** Reactive energy withdrawn (inductive) less fed in (capacitive). */
  readonly reactiveTotalVarh: number;
  /** The four counters whose net that is, where the meter has them. */
  readonly quadrantTotals?: ByQuadrant;
  /** Active power now. */
  readonly powerW: number;
}

/** Power at the PoD that is asked for; null where the plant is free. */
export interface ShownTarget {
  readonly powerW: number | null;
}

export interface Meter {
  /**
   * The registers as they are now, in whole numbers. MUST reject when any of them cannot be read:
   * there is no zero for "unknown". Calls do not overlap.
   */
  read(): Promise<MeterReading>;
  /**
   * Shows the meter what the plant is asked for from now on (D3.3 FR_LN_SM_3); absent where the meter takes
   * nothing. Does not overlap with `read`. Rejects when the meter does not take it.
   */
  show?(target: ShownTarget): Promise<void>;
  /** Ends the connection to the device, if there is one. */
  close(): Promise<void>;
}
