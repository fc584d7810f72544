/** What the DSO forecast of each customer for each session, one document a session and PoD. */
import type { GridForecastEvent } from '@flexledger/domain';
import { documentKey } from '../document-key';
import type { Recorded, View } from '../view';

export interface CustomerForecastDocument {
  readonly sessionId: string;
  readonly podId: string;
  readonly gridId: string;
  readonly forecastId: string;
  /** W by MTU of the session, withdrawal positive. */
  readonly forecastW: readonly number[];
}

type CustomersForecast = Recorded<Extract<GridForecastEvent, { type: 'CustomersForecast' }>>;

export const customerForecastsView: View<CustomerForecastDocument, CustomersForecast> = {
  name: 'customer-forecasts',
  version: 1,
  types: ['CustomersForecast'],
  indexes: ['sessionId', 'podId'],
  keysOf: ({ data }) => data.podIds.map((podId) => customerForecastKey(data.sessionId, podId)),
  evolve: (_, { data }, _key, index) => {
    const { sessionId, gridId, forecastId, podIds, forecastW } = data;
    return {
      sessionId,
      podId: podIds[index]!,
      gridId,
      forecastId,
      forecastW: forecastW[index] ?? [],
    };
  },
};

export const customerForecastKey = (sessionId: string, podId: string): string =>
  documentKey(sessionId, podId);
