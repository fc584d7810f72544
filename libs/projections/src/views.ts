import { activationsView } from './activations/activations-view';
import { dispatchesView } from './activations/dispatches-view';
import { certifierView } from './certification/certifier-view';
import { checkpointsView } from './certification/checkpoints-view';
import { customerForecastsView } from './grid-state/customer-forecasts-view';
import { gridStateView } from './grid-state/grid-state-view';
import { recruitmentView } from './kpis/recruitment-view';
import { stateEstimatesView } from './grid-state/state-estimates-view';
import { measurementsView } from './measurements/measurements-view';
import { rejectedPacketsView } from './measurements/rejected-packets-view';
import { bidsView } from './order-book/bids-view';
import { offersView } from './order-book/offers-view';
import { requestsView } from './order-book/requests-view';
import { outcomesView } from './outcomes/outcomes-view';
import { baselinesView } from './pod-register/baselines-view';
import { podRegisterView } from './pod-register/pod-register-view';
import { sessionsView } from './sessions/sessions-view';
import { settlementRowsView } from './settlements/settlement-rows-view';
import { settlementsView } from './settlements/settlements-view';
import type { AnyView } from './view';
import { weatherView } from './weather/weather-view';

/** Customers, their connections and contracts, and what was measured there: the shared customer database. */
export const registerViews: readonly AnyView[] = [
  podRegisterView,
  baselinesView,
  recruitmentView,
  measurementsView,
  activationsView,
];

/** Packets that were refused: the blockchain access layer. */
export const packetViews: readonly AnyView[] = [rejectedPacketsView];

/**
 * Sessions with everything that is asked, offered, cleared and paid in them: the market platform. It has
 * the register too, since agreements and wallets stand in it.
 */
export const marketViews: readonly AnyView[] = [
  sessionsView,
  requestsView,
  offersView,
  bidsView,
  outcomesView,
  settlementsView,
  settlementRowsView,
  podRegisterView,
];

/** An aggregator's portfolio, what it sold of it and what it was paid: the aggregator platform. */
export const portfolioViews: readonly AnyView[] = [
  podRegisterView,
  baselinesView,
  measurementsView,
  sessionsView,
  offersView,
  bidsView,
  settlementsView,
  settlementRowsView,
  dispatchesView,
];

/** The grid as it is, will be and was estimated, and the way of setpoints: the DSO's technical platform. */
export const gridViews: readonly AnyView[] = [
  gridStateView,
  stateEstimatesView,
  customerForecastsView,
  weatherView,
  activationsView,
  dispatchesView,
  sessionsView,
];

/** Checkpoints, anchors and who makes them: the certifier. */
export const certifierViews: readonly AnyView[] = [checkpointsView, certifierView];

/** What the indicators of the demonstration are computed from (`kpis/queries.ts`), whoever computes them. */
export const kpiViews: readonly AnyView[] = [
  podRegisterView,
  baselinesView,
  recruitmentView,
  sessionsView,
  requestsView,
  offersView,
  bidsView,
  outcomesView,
  settlementsView,
  settlementRowsView,
  measurementsView,
  customerForecastsView,
];

/** All read models, for a process that serves every platform from one file. */
export const allViews: readonly AnyView[] = [
  podRegisterView,
  baselinesView,
  recruitmentView,
  sessionsView,
  requestsView,
  offersView,
  bidsView,
  outcomesView,
  settlementsView,
  settlementRowsView,
  measurementsView,
  rejectedPacketsView,
  activationsView,
  dispatchesView,
  gridStateView,
  stateEstimatesView,
  customerForecastsView,
  weatherView,
  checkpointsView,
  certifierView,
];
