/** What a blockchain access layer decides by itself. */
export interface BlockchainAccessLayerPolicy {
  /** How far a quarter-hour may end after the platform's clock, ms; a node's clock may be fast. */
  readonly maxFutureMs: number;
  /** How long ago a quarter-hour may have begun, ms; a node that was cut off sends what it has kept. */
  readonly maxAgeMs: number;
  /**
   * Power above which a quarter-hour's mean is implausible whatever the register knows of a PoD, W: larger
   * connections are not in this market, and more in one is a fault of the meter.
   */
  readonly largestConnectionW: number;
  /** Nodes in the field, about; the months of so many are kept at hand. */
  readonly expectedNodes: number;
  /** How long packets wait to be recorded together, ms. */
  readonly flushEveryMs: number;
}

const DAY_MS = 86_400_000;

export const BLOCKCHAIN_ACCESS_LAYER_POLICY: BlockchainAccessLayerPolicy = {
  maxFutureMs: 60_000,
  maxAgeMs: 400 * DAY_MS,
  largestConnectionW: 1_000_000,
  expectedNodes: 10_000,
  flushEveryMs: 10,
};
