import {
  type AnyView,
  baselinesView,
  bidsView,
  dispatchesView,
  measurementsView,
  offersView,
  podRegisterView,
  sessionsView,
  settlementsView,
} from '@flexledger/projections';

/**
 * The read models that the aggregators' controllers read: customers, baselines and measurements of a
 * portfolio, sessions, its offers (which count by their bids), settlements with their disputes, and
 * what was dispatched. What aggregators act upon comes through their ports.
 */
export const aggregatorViews: readonly AnyView[] = [
  podRegisterView,
  baselinesView,
  measurementsView,
  sessionsView,
  offersView,
  bidsView,
  settlementsView,
  dispatchesView,
];
