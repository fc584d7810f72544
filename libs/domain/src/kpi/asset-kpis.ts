/** KPI_IT_03 by measured power flows (D3.3 C.7): of the assets of a category in each MTU, then over MTUs. */
import type { AssetCategory } from '../grid-operations/events';
import type { SessionKind } from '../rule-pack/calendar';
import { divideHalfEven } from '../units/units';
import { NO_RATIO, type RatioMean, basisPoints, withPeriod } from './ratio-mean';
import { type AssetHorizon, EMPTY_TALLY } from './session-kpis';

/** What was measured of an asset in one MTU, and what had been forecast; null = nothing. */
export interface ComparedFlow {
  readonly category: AssetCategory;
  readonly measuredW: number;
  readonly forecastW: number | null;
}

/** @param mtus of one session that have measured flows, each with its assets */
export function assetForecastErrors(
  kind: SessionKind,
  mtus: Iterable<readonly ComparedFlow[]>,
): Readonly<Record<AssetHorizon, RatioMean>> {
  const means = new Map<AssetHorizon, RatioMean>();
  for (const flows of mtus) {
    const ratios = new Map<AssetHorizon, number[]>();
    for (const { category, measuredW, forecastW } of flows) {
      if (forecastW === null) continue;
      const ratio = basisPoints(Math.abs(measuredW - forecastW), Math.abs(measuredW));
      // Nothing flows: an error cannot be said as a share of it.
      if (ratio === undefined) continue;
      const key: AssetHorizon = `${category}/${kind}`;
      ratios.set(key, [...(ratios.get(key) ?? []), ratio]);
    }
    for (const [key, ofAssets] of ratios) {
      const sum = ofAssets.reduce((total, ratio) => total + BigInt(ratio), 0n);
      const mean = Number(divideHalfEven(sum, BigInt(ofAssets.length)));
      means.set(key, withPeriod(means.get(key) ?? NO_RATIO, mean));
    }
  }
  return { ...EMPTY_TALLY.assetForecast, ...Object.fromEntries(means) };
}
