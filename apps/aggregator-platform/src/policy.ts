/** When aggregators act by themselves, how much they offer, and how long they try. */
export interface AggregatorPolicy {
  /** Baselines are forecast so many minutes after a day-ahead gate opens. */
  readonly forecastMinutes: number;
  /** Bids leave so many minutes after a gate opens. */
  readonly offerMinutes: number;
  /** Part of the declared flexibility that is offered day-ahead, per mille; the rest is kept for real time. */
  readonly dayAheadSharePerMille: number;
  /** A node is silent when it has been cut off for so many minutes. */
  readonly silentMinutes: number;
  /** A quarter-hour is measured so many minutes after its end. */
  readonly measuredMinutes: number;
  /**
   * Pauses in ms before what failed is tried again, at least one; the last one is repeated until the
   * gate closes or the window is over.
   */
  readonly retryPausesMs: readonly number[];
  /**
   * Sessions whose delivery began so many days ago are looked at again when an instance begins: their
   * timers are armed anew. Older ones are over.
   */
  readonly liveDays: number;
  /** Origins (`https://files.example.org`) from which an aggregator may import time series. */
  readonly importFrom: readonly string[];
}

/** What holds where the configuration says nothing. */
export const AGGREGATOR_POLICY: AggregatorPolicy = {
  forecastMinutes: 1,
  offerMinutes: 30,
  dayAheadSharePerMille: 700,
  silentMinutes: 15,
  measuredMinutes: 2,
  retryPausesMs: [1_000, 5_000, 15_000, 60_000],
  liveDays: 3,
  importFrom: [],
};
