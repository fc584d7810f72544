/** The process managers of all platforms, in the order in which they see each event. */
import type { RulePack } from '@flexledger/domain';
import {
  type ForecastRecorder,
  type OperatedGrid,
  type SetpointCarrying,
  createGridProcess,
  createModelAdoption,
  createPodLocation,
  gridAsOf,
} from '@flexledger/dso-technical-platform';
import type { EventStore, Reactor } from '@flexledger/event-store';
import type { MarketPlatform } from '@flexledger/market-platform';
import type { Views } from '@flexledger/projections';
import type { Clock, Timers } from '@flexledger/runtime';
import type { Census } from '@flexledger/shared-customer-database';
import { createTsoProcess } from '@flexledger/tso-simulator';
import { aggregatorReactors } from './aggregators';
import { dsoMarket } from './market-adapters';
import type { MarketKnowledge } from './market-knowledge';
import { forecastBasis } from './reference-data';
import { connectedCustomers, loadMetering } from './register-adapters';

export interface ReactorParts {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly views: Views;
  readonly grid: OperatedGrid;
  readonly census: Census;
  readonly carrying: SetpointCarrying;
  readonly forecasts: ForecastRecorder;
  readonly market: MarketPlatform;
  readonly rules: RulePack;
  readonly knowledge: MarketKnowledge | undefined;
  readonly onProblem: (problem: string) => void;
}

/** Who sends when, in minutes after a gate opens. */
const DSO_MINUTES = 5;
/** Time for an operator to hold a planned request back. */
const DSO_REVIEW_MINUTES = 5;
const TSO_MINUTES = 15;

/** The process managers of this process. */
export function platformReactors(parts: ReactorParts): Reactor[] {
  const { store, clock, timers, views, grid, census, carrying, market, rules, knowledge } = parts;
  const { documents } = views;
  const gridProcess = createGridProcess({
    grid,
    gridOf: (modelDigest) => gridAsOf(store, grid, modelDigest),
    basis: forecastBasis(rules.timeZone, rules.baseline.holidays),
    market: dsoMarket(market.ports),
    recorder: parts.forecasts,
    customers: (deliveryDay) => connectedCustomers(documents, grid.gridId, deliveryDay),
    metering: loadMetering(documents, grid.gridId, rules),
    clock,
    timers,
    delayMinutes: DSO_MINUTES,
    reviewMinutes: DSO_REVIEW_MINUTES,
  });
  return [
    createModelAdoption(store, grid),
    createPodLocation(grid, census),
    ...gridProcess,
    ...market.processors,
    ...(knowledge ? marketParties(parts, knowledge) : []),
    carrying.reactor,
  ];
}

/** The parties that bid by themselves. */
function marketParties(
  parts: ReactorParts,
  { seed, tso, aggregators }: MarketKnowledge,
): Reactor[] {
  const { market, timers, views } = parts;
  const marketPorts = market.ports;
  const tsoProcess = createTsoProcess({
    market: marketPorts.orders,
    timers,
    seed,
    needs: async () => tso,
    delayMinutes: TSO_MINUTES,
  });
  const aggregatorParts = { ...parts, documents: views.documents, marketPorts };
  return [tsoProcess, ...aggregators.flatMap((own) => aggregatorReactors(aggregatorParts, own))];
}
