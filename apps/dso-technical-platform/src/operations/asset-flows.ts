/**
 * Measured power flows beside those forecast (D3.3 C.7): when the means of a quarter-hour are recorded, the forecasts of
 * the sessions that deliver in it are solved for it, and both go into the log.
 */
import {
  type AssetCategory,
  type AssetFlowsCompared,
  type Decider,
  type OperationsMeasured,
  MTU_MS,
  assetFlowsStream,
  canonicalJson,
  civilDay,
} from '@flexledger/domain';
import {
  type EventStore,
  type Processor,
  contextFrom,
  createCommandHandler,
} from '@flexledger/event-store';
import { type AssetPlace, categoryOf, forecastFlowsW } from '@flexledger/grid-operations';
import { type DocumentStore, allOf, findSessions } from '@flexledger/projections';
import type { Clock } from '@flexledger/runtime';
import type { ForecastRecorder } from '../forecast/record-forecast';
import type { OwnGrid } from '../grid-model/own-grid';
import type { MeanMeasurement } from './live-operations';
import type { OperationsRecorder } from './record-operations';

export interface AssetFlowsOptions {
  readonly gridId: string;
  readonly timeZone: string;
  readonly grid: Pick<OwnGrid, 'current' | 'asOf'>;
  readonly operations: Pick<OperationsRecorder, 'recorded'>;
  readonly forecasts: Pick<ForecastRecorder, 'recorded'>;
  readonly documents: DocumentStore;
  readonly caughtUp: () => Promise<void>;
  readonly store: EventStore;
  readonly clock: Clock;
}

type Compared = AssetFlowsCompared['data'];
type MeasuredAsset = AssetPlace & { readonly category: AssetCategory; readonly measuredW: number };

const decider: Decider<ReadonlyMap<string, Compared>, Compared, AssetFlowsCompared> = {
  initialState: new Map(),
  decide(compared, day) {
    const known = day.get(compared.at);
    const isSame = known !== undefined && canonicalJson(known) === canonicalJson(compared);
    return isSame ? [] : [{ type: 'AssetFlowsCompared', data: compared }];
  },
  evolve: (day, { data }) => new Map(day).set(data.at, data),
};

/** The processor; an instance that takes over, or is handed an event again, records the same once. */
export function createAssetFlows(options: AssetFlowsOptions): Processor {
  const { gridId, grid, operations, store, clock } = options;
  const handler = createCommandHandler<ReadonlyMap<string, Compared>, Compared, AssetFlowsCompared>(
    { store, clock, cachedStreams: 2, decider },
  );

  /** The recorded forecasts of sessions whose delivery holds an instant, with the power flow on them. */
  async function forecastOn(
    at: string,
    places: readonly AssetPlace[],
  ): Promise<Compared['forecasts']> {
    await options.caughtUp();
    const deliveryDay = civilDay(Date.parse(at), options.timeZone);
    const sessions = await allOf((page) => findSessions(options.documents, { deliveryDay }, page));
    const forecasts: Compared['forecasts'][number][] = [];
    for (const session of sessions) {
      const { sessionId, kind, deliveryStart, mtuCount } = session;
      const mtu = (Date.parse(at) - Date.parse(deliveryStart)) / MTU_MS;
      if (mtu < 0 || mtu >= mtuCount) continue;
      const forecast = (await options.forecasts.recorded(gridId, session))?.forecast;
      if (forecast?.missing !== 0) continue;
      const { forecastId, modelDigest } = forecast;
      const flowW = forecastFlowsW(await grid.asOf(modelDigest), forecast, mtu, places);
      forecasts.push({ sessionId, horizon: kind, forecastId, modelDigest, flowW });
    }
    return forecasts.sort((one, other) => (one.sessionId < other.sessionId ? -1 : 1));
  }

  return {
    name: 'dso/asset-flows',
    types: ['OperationsMeasured'],
    async handle(event) {
      const { gridId: measured, at } = event.data as OperationsMeasured['data'];
      if (measured !== gridId) return;
      const assets = await assetsIn(grid, [...(await operations.recorded(at)).values()]);
      if (assets.length === 0) return;
      const forecasts = await forecastOn(at, assets);
      if (forecasts.length === 0) return;
      const compared: Compared = {
        gridId,
        at,
        assetIds: assets.map(({ assetId }) => assetId),
        categories: assets.map(({ category }) => category),
        sides: assets.map(({ side }) => side),
        measuredW: assets.map(({ measuredW }) => measuredW),
        forecasts,
      };
      const stream = assetFlowsStream(gridId, at.slice(0, 'yyyy-mm-dd'.length));
      await handler.handle(stream, compared, contextFrom(event, 'dso/asset-flows', 'dso'));
    },
  };
}

/** Assets whose active power the control system measures, each once, by id. */
async function assetsIn(
  grid: Pick<OwnGrid, 'current'>,
  means: readonly MeanMeasurement[],
): Promise<MeasuredAsset[]> {
  const { network } = (await grid.current()).compiled;
  const assets = new Map<string, MeasuredAsset>();
  for (const mean of means) {
    if (mean.source !== 'scada' && mean.source !== 'pmu') continue;
    if (mean.kind !== 'pFlowMw' && mean.kind !== 'pInjectionMw') continue;
    const place: AssetPlace =
      'bus' in mean
        ? { assetId: mean.bus, side: null }
        : { assetId: mean.element, side: mean.side };
    const category = categoryOf(network, place.assetId);
    if (category === undefined) continue;
    // Measured at both ends, it is one asset.
    if (assets.get(place.assetId)?.side === 'from') continue;
    assets.set(place.assetId, { ...place, category, measuredW: Math.round(mean.value * 1e6) });
  }
  return [...assets.values()].sort((one, other) => (one.assetId < other.assetId ? -1 : 1));
}
