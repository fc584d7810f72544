import { accountViews } from './accounts/accounts-views';
import { activationsView } from './activations/activations-view';
import { dataAccessView } from './data-access/data-access-view';
import { dispatchesView } from './activations/dispatches-view';
import { alarmsView } from './alarms/alarms-view';
import { certifierView } from './certification/certifier-view';
import { checkpointsView } from './certification/checkpoints-view';
import { balancingJobsView } from './balancing/balancing-jobs-view';
import { derControlRunsView } from './der-control/der-control-runs-view';
import { biddersView } from './costs/bidders-view';
import { unitCostsView } from './costs/unit-costs-view';
import { assetFlowsView } from './grid-state/asset-flows-view';
import { customerForecastsView } from './grid-state/customer-forecasts-view';
import { gridStateView } from './grid-state/grid-state-view';
import { appActivityView } from './kpis/app-activity-view';
import { kpiExclusionsView } from './kpis/kpi-exclusions-view';
import { recruitmentView } from './kpis/recruitment-view';
import { stateEstimatesView } from './grid-state/state-estimates-view';
import { measurementsView } from './measurements/measurements-view';
import { rejectedPacketsView } from './measurements/rejected-packets-view';
import { notificationReadsView } from './notifications/notification-reads-view';
import { bidsView } from './order-book/bids-view';
import { offersView } from './order-book/offers-view';
import { requestsView } from './order-book/requests-view';
import { outcomesView } from './outcomes/outcomes-view';
import { anomaliesView } from './pod-register/anomalies-view';
import { baselinesView } from './pod-register/baselines-view';
import { lightNodesView } from './pod-register/light-nodes-view';
import { podRegisterView } from './pod-register/pod-register-view';
import { sessionsView } from './sessions/sessions-view';
import { settlementMechanismsView } from './settlement-mechanisms/settlement-mechanisms-view';
import { settlementRowsView } from './settlements/settlement-rows-view';
import { settlementsView } from './settlements/settlements-view';
import type { AnyView } from './view';
import { weatherView } from './weather/weather-view';

/** What the indicators of the demonstration are computed from (`kpis/queries.ts`), whoever computes them. */
export const kpiViews: readonly AnyView[] = [
  podRegisterView,
  baselinesView,
  recruitmentView,
  appActivityView,
  kpiExclusionsView,
  sessionsView,
  requestsView,
  offersView,
  bidsView,
  outcomesView,
  settlementsView,
  settlementRowsView,
  measurementsView,
  customerForecastsView,
  assetFlowsView,
];

/** All read models, for a process that serves every platform from one file. */
export const allViews: readonly AnyView[] = [
  podRegisterView,
  baselinesView,
  lightNodesView,
  anomaliesView,
  unitCostsView,
  biddersView,
  recruitmentView,
  appActivityView,
  kpiExclusionsView,
  settlementMechanismsView,
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
  alarmsView,
  gridStateView,
  stateEstimatesView,
  customerForecastsView,
  assetFlowsView,
  weatherView,
  balancingJobsView,
  derControlRunsView,
  notificationReadsView,
  checkpointsView,
  certifierView,
  dataAccessView,
  ...accountViews,
];
