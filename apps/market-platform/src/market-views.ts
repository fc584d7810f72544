import {
  type AnyView,
  activationsView,
  bidsView,
  kpiViews,
  notificationReadsView,
  offersView,
  outcomesView,
  podRegisterView,
  recruitmentView,
  requestsView,
  sessionsView,
  settlementMechanismsView,
  settlementRowsView,
  settlementsView,
} from '@flexledger/projections';

/** The read models that the market's interface, its ports and its indicators are answered from. */
export const marketViews: readonly AnyView[] = [
  ...new Set([
    podRegisterView,
    recruitmentView,
    sessionsView,
    requestsView,
    offersView,
    bidsView,
    outcomesView,
    settlementsView,
    settlementRowsView,
    activationsView,
    notificationReadsView,
    settlementMechanismsView,
    ...kpiViews,
  ]),
];
