/** Network tariffs that reflect the expected state of a grid (FR-DSOTP-T-01). Stream `tariffs-{gridId}`. */
export interface TariffsPublished {
  readonly type: 'TariffsPublished';
  readonly data: {
    readonly gridId: string;
    /** Where they were worked out: the name of the file. */
    readonly source: string;
    /** SHA-256 of the canonical JSON of `tariffs`. */
    readonly digest: string;
    /** They replace those published before, all of them; by name, zone and time. */
    readonly tariffs: readonly NetworkTariff[];
  };
}

/** A price of the network's use in a period. */
export interface NetworkTariff {
  /** What it is of: withdrawal, feeding in, an ancillary service, as the DSO names it. */
  readonly tariffId: string;
  /** The part of the grid, a bus, line or transformer of the model; null is all of it. */
  readonly zone: string | null;
  /** ISO 8601 UTC. */
  readonly from: string;
  /** ISO 8601 UTC, not included. */
  readonly until: string;
  /** Below 0 where use is rewarded. */
  readonly priceMicroEurPerKwh: number;
}

export const tariffsStream = (gridId: string): string => `tariffs-${gridId}`;
