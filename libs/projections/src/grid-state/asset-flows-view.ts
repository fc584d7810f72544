/** Measured power flows beside those forecast, one document a session and quarter-hour. */
import type { AssetCategory, AssetFlowsCompared, SessionKind } from '@flexledger/domain';
import { documentKey } from '../document-key';
import type { Recorded, View } from '../view';

export interface AssetFlowsDocument {
  readonly sessionId: string;
  readonly gridId: string;
  /** The quarter-hour that begins here. */
  readonly at: string;
  readonly horizon: SessionKind;
  readonly forecastId: string;
  readonly assets: readonly AssetFlow[];
}

/** One asset; powers flow into it at its side, or are injected at a bus. */
export interface AssetFlow {
  readonly assetId: string;
  readonly category: AssetCategory;
  readonly side: 'from' | 'to' | null;
  readonly measuredW: number;
  /** null where the forecast has no solution, or its grid no such asset. */
  readonly forecastW: number | null;
}

export const assetFlowsView: View<AssetFlowsDocument, Recorded<AssetFlowsCompared>> = {
  name: 'asset-flows',
  version: 1,
  types: ['AssetFlowsCompared'],
  indexes: ['sessionId', 'gridId', 'at'],
  keysOf: ({ data: { gridId, at, forecasts } }) =>
    forecasts.map(({ sessionId }) => documentKey(gridId, sessionId, at)),
  evolve(_doc, { data }, _key, index) {
    const { gridId, at, assetIds, categories, sides, measuredW, forecasts } = data;
    const { sessionId, horizon, forecastId, flowW } = forecasts[index]!;
    const assets = assetIds.map((assetId, asset) => ({
      assetId,
      category: categories[asset]!,
      side: sides[asset] ?? null,
      measuredW: measuredW[asset]!,
      forecastW: flowW[asset] ?? null,
    }));
    return { sessionId, gridId, at, horizon, forecastId, assets };
  },
};
