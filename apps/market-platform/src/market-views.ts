import {
  type AnyView,
  baselinesView,
  bidsView,
  customerForecastsView,
  measurementsView,
  offersView,
  outcomesView,
  podRegisterView,
  recruitmentView,
  requestsView,
  sessionsView,
  settlementRowsView,
  settlementsView,
} from '@flexledger/projections';

/** The read models that the market's interface, its ports and its indicators are answered from. */
export const marketViews: readonly AnyView[] = [
  podRegisterView,
  recruitmentView,
  sessionsView,
  requestsView,
  offersView,
  bidsView,
  outcomesView,
  settlementsView,
  settlementRowsView,
  // Of the indicators only.
  baselinesView,
  measurementsView,
  customerForecastsView,
];
