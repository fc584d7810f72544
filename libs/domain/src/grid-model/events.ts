import type { VoltageBand } from '../rule-pack/rule-pack';

/** A network model as published to the log, whole, so that an audit can solve it. Stream `gridModel-{gridId}`. */
export interface GridModelPublished {
  readonly type: 'GridModelPublished';
  readonly data: {
    readonly gridId: string;
    /** SHA-256 of the canonical JSON of `model`. */
    readonly digest: string;
    /** The model in the format `flexledger-grid/1` of libs/grid. */
    readonly model: object;
    /** Operating limits that stand above the model's, and why. */
    readonly limits: OperatingLimits;
  };
}

/** What the DSO counts as a violation; whole numbers so that they replay alike. */
export interface OperatingLimits {
  readonly vMinPerMille: number;
  readonly vMaxPerMille: number;
  /** Of buses above 1 kV; absent = the same as all. */
  readonly mediumVoltage?: VoltageBand;
  /** Highest loading of a line by id, in A; a line that is not listed has the model's rating. */
  readonly lineLimitA: Readonly<Record<string, number>>;
  /** Part of the model's rating that such a line may carry; absent = all of it. */
  readonly lineLimitPerMille?: number;
  /** Highest loading of any transformer, per mille of its rated power. */
  readonly transformerLimitPerMille: number;
  readonly note: string;
}

export const gridModelStream = (gridId: string): string => `gridModel-${gridId}`;
