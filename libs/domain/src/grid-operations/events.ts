import type { SessionKind } from '../rule-pack/calendar';

/**
 * What was measured of a grid in a quarter-hour: the mean of each quantity that its data server told, in columns. What
 * comes in after it was recorded, or more often, is recorded again and takes the place of the same quantity's mean.
 * Stream `gridOperations-{gridId}-{yyyy-mm-dd}`, by the UTC day of the quarter-hour.
 */
export interface OperationsMeasured {
  readonly type: 'OperationsMeasured';
  readonly data: {
    readonly gridId: string;
    /** ISO 8601 UTC; the quarter-hour that begins here. */
    readonly at: string;
    /** By quantity: its id, and what it is of, as in `flexledger-measurements/1`. */
    readonly ids: readonly string[];
    readonly kinds: readonly OperationalKind[];
    /** A bus, line or transformer of the model. */
    readonly places: readonly string[];
    /** The end of a line or transformer; null at a bus. */
    readonly sides: readonly ('from' | 'to' | null)[];
    readonly sources: readonly ('scada' | 'amr' | 'pmu' | 'pseudo')[];
    /** Mean and standard deviation of one value in millionths of the kind's unit: pu, degrees, MW, Mvar, kA. */
    readonly valuesMicro: readonly number[];
    readonly sigmasMicro: readonly number[];
    /** Values in the mean. */
    readonly counts: readonly number[];
  };
}

/** Kinds of measured quantities; the first four at a bus. */
export type OperationalKind =
  | 'vmPu'
  | 'vaDegree'
  | 'pInjectionMw'
  | 'qInjectionMvar'
  | 'pFlowMw'
  | 'qFlowMvar'
  | 'iKa'
  | 'iaDegree';

/**
 * Assets whose power flow is measured, by what they are to the grid (D3.3 C.7): what it is supplied by from above, what
 * supplies low voltage, lines between.
 */
export const ASSET_CATEGORIES = ['primarySubstation', 'secondarySubstation', 'line'] as const;
export type AssetCategory = (typeof ASSET_CATEGORIES)[number];

/**
 * The measured power flows of a quarter-hour beside those that follow from its forecasts, so that KPI_IT_03 is computed
 * from the log. Of a quarter-hour the last counts. Stream `assetFlows-{gridId}-{yyyy-mm-dd}`.
 */
export interface AssetFlowsCompared {
  readonly type: 'AssetFlowsCompared';
  readonly data: {
    readonly gridId: string;
    /** ISO 8601 UTC; the quarter-hour that begins here. */
    readonly at: string;
    /** Buses, lines and transformers of the model. */
    readonly assetIds: readonly string[];
    readonly categories: readonly AssetCategory[];
    /** Where it was measured: the end that power flows into; null of what is injected at a bus. */
    readonly sides: readonly ('from' | 'to' | null)[];
    readonly measuredW: readonly number[];
    /** For each session whose delivery it is in. */
    readonly forecasts: readonly {
      readonly sessionId: string;
      readonly horizon: SessionKind;
      readonly forecastId: string;
      readonly modelDigest: string;
      /** Power flow on the forecast; null where it has no solution or the model no such asset. */
      readonly flowW: readonly (number | null)[];
    }[];
  };
}

/** @param day UTC, `2026-03-17` */
export const gridOperationsStream = (gridId: string, day: string): string =>
  `gridOperations-${gridId}-${day}`;
export const assetFlowsStream = (gridId: string, day: string): string =>
  `assetFlows-${gridId}-${day}`;
