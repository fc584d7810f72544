import {
  type AnyView,
  assetFlowsView,
  dataAccessView,
  activationsView,
  balancingJobsView,
  derControlRunsView,
  gridStateView,
  outcomesView,
  sessionsView,
  stateEstimatesView,
  weatherView,
} from '@flexledger/projections';

/** What the DSO folds from the log for itself: its grid's states and weather, and how the market stands. */
export const dsoViews: readonly AnyView[] = [
  dataAccessView,
  gridStateView,
  assetFlowsView,
  stateEstimatesView,
  weatherView,
  sessionsView,
  outcomesView,
  activationsView,
  balancingJobsView,
  derControlRunsView,
];
