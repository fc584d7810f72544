/**
 * The state of a grid at one instant, estimated from what was measured. Computed in floating point,
 * recorded in integers with the digests of model and measurements, so that whoever holds both computes
 * it again. Stream `gridState-{gridId}-{yyyy-mm-dd}`, by the UTC day of the instant.
 */
export interface StateEstimated {
  readonly type: 'StateEstimated';
  readonly data: {
    /** Digest of what follows from nothing else: grid, model, instant, measurements, confidence. */
    readonly estimateId: string;
    readonly gridId: string;
    readonly modelDigest: string;
    /** ISO 8601 UTC; the state is the mean of the quarter-hour that begins here. */
    readonly at: string;
    /** SHA-256 of the canonical JSON of all measurements used, `flexledger-measurements/1`. */
    readonly measurementsDigest: string;
    /** How many of them came from where. */
    readonly sources: Readonly<Record<'scada' | 'amr' | 'pmu' | 'pseudo', number>>;
    /** Supplied buses, in the order of the model; the columns below are in this order. */
    readonly busIds: readonly string[];
    /** Voltage in millionths of the nominal, its angle in millionths of a degree. */
    readonly vmMicroPu: readonly number[];
    readonly vaMicroDegree: readonly number[];
    /** Standard deviations of both; the angle's is against the reference. */
    readonly vmSigmaMicroPu: readonly number[];
    readonly vaSigmaMicroDegree: readonly number[];
    readonly removed: readonly RemovedAsWrong[];
    /** Ids of measurements that nothing else can check. */
    readonly critical: readonly string[];
    readonly chiSquare: {
      readonly valueMicro: number;
      readonly degreesOfFreedom: number;
      /** The residuals are what noise brings. */
      readonly passed: boolean;
    };
  };
}

/** A measurement that contradicts the others too much to be noise. */
export interface RemovedAsWrong {
  readonly id: string;
  /** Residual in thousandths of its standard deviation. */
  readonly normalizedResidualMilli: number;
  /** Measurements that explain the residuals as well. */
  readonly indistinguishableFrom: readonly string[];
}

export const gridStateStream = (gridId: string, day: string): string =>
  `gridState-${gridId}-${day}`;
