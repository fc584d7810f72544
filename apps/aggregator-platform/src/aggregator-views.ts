import {
  type AnyView,
  alarmsView,
  baselinesView,
  biddersView,
  bidsView,
  dispatchesView,
  measurementsView,
  offersView,
  podRegisterView,
  sessionsView,
  settlementsView,
  unitCostsView,
} from '@flexledger/projections';

/**
 * The read models of the aggregators' controllers: customers, baselines and measurements of a portfolio,
 * sessions, its offers (which count by their bids), settlements with their disputes, and what was
 * dispatched, and alarms. Of what aggregators act upon they hold the costs; the rest comes through their ports.
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
  alarmsView,
  unitCostsView,
  biddersView,
];
