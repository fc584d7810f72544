import { documentKey } from '../document-key';
import {
  type DocumentStore,
  getOne,
  type Page,
  type PageRequest,
  type Where,
} from '../document-store';
import { type AssetFlowsDocument, assetFlowsView } from './asset-flows-view';
import {
  type CustomerForecastDocument,
  customerForecastKey,
  customerForecastsView,
} from './customer-forecasts-view';
import { type GridStateDocument, gridStateKey, gridStateView } from './grid-state-view';
import { type StateEstimateDocument, stateEstimatesView } from './state-estimates-view';

export function getGridState(
  documents: DocumentStore,
  gridId: string,
  sessionId: string,
): Promise<GridStateDocument | undefined> {
  return getOne(documents, gridStateView, gridStateKey(gridId, sessionId));
}

/** Grid states, the latest forecast first. @throws InvalidQuery */
export function findGridStates(
  documents: DocumentStore,
  where: Where<GridStateDocument> = {},
  page: PageRequest = {},
): Promise<Page<GridStateDocument>> {
  return documents.find(gridStateView, {
    where,
    orderBy: 'computedAt',
    descending: true,
    ...page,
  });
}

/** One estimated state of a grid. */
export function getStateEstimate(
  documents: DocumentStore,
  gridId: string,
  estimateId: string,
): Promise<StateEstimateDocument | undefined> {
  return getOne(documents, stateEstimatesView, documentKey(gridId, estimateId));
}

/** Estimated states, that of the latest instant first. @throws InvalidQuery */
export function findStateEstimates(
  documents: DocumentStore,
  where: Where<StateEstimateDocument> = {},
  page: PageRequest = {},
): Promise<Page<StateEstimateDocument>> {
  return documents.find(stateEstimatesView, { where, orderBy: 'at', descending: true, ...page });
}

/** What was forecast of PoDs for a session, in their order; undefined where nothing was. */
export function getCustomerForecasts(
  documents: DocumentStore,
  sessionId: string,
  podIds: readonly string[],
): Promise<(CustomerForecastDocument | undefined)[]> {
  const ids = podIds.map((podId) => customerForecastKey(sessionId, podId));
  return documents.getMany(customerForecastsView, ids);
}

/** Forecasts of customers, by session and PoD. @throws InvalidQuery */
export function findCustomerForecasts(
  documents: DocumentStore,
  where: Where<CustomerForecastDocument> = {},
  page: PageRequest = {},
): Promise<Page<CustomerForecastDocument>> {
  return documents.find(customerForecastsView, { where, ...page });
}

/** Measured power flows of a session beside those forecast, by quarter-hour. @throws InvalidQuery */
export function findAssetFlows(
  documents: DocumentStore,
  where: Where<AssetFlowsDocument> = {},
  page: PageRequest = {},
): Promise<Page<AssetFlowsDocument>> {
  return documents.find(assetFlowsView, { where, orderBy: 'at', ...page });
}
