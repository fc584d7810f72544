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
  /** Active power now. */
  readonly powerW: number;
}

export interface Meter {
  /**
   * The registers as they are now, in whole numbers. MUST reject when any of them cannot be read:
   * there is no zero for "unknown". Calls do not overlap.
   */
  read(): Promise<MeterReading>;
  /** Ends the connection to the device, if there is one. */
  close(): Promise<void>;
}
