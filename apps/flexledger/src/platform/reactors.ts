/** The process managers of all platforms, in the order in which they see each event. */
import type { RulePack } from '@flexledger/domain';
import type { OperatedGrid } from '@flexledger/grid-operations';
import {
  type ForecastRecorder,
  type SetpointCarrying,
  createGridProcess,
  createModelAdoption,
  createPodLocation,
  gridAsOf,
} from '@flexledger/dso-technical-platform';
import type { EventStore, Reactor } from '@flexledger/event-store';
import {
  type Agreements,
  type AwardsOfLog,
  type MarketSessions,
  createAgreementCertification,
  createClearingProcess,
  createOfferCarrying,
  createSettlementProcess,
} from '@flexledger/market-platform';
import type { Views } from '@flexledger/projections';
import type { Clock, Timers } from '@flexledger/runtime';
import type { Census } from '@flexledger/shared-customer-database';
import { createTsoProcess } from '@flexledger/tso-simulator';
import { type AggregatorParts, aggregatorReactors } from './aggregators';
import type { PlatformChain } from './chain';
import { dsoMarket } from './market-adapters';
import type { MarketKnowledge } from './market-knowledge';
import { forecastBasis } from './reference-data';
import { connectedCustomers, loadMetering, meteringSource } from './register-adapters';

export interface ReactorParts {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly views: Views;
  readonly chain: PlatformChain;
  readonly grid: OperatedGrid;
  readonly census: Census;
  readonly carrying: SetpointCarrying;
  readonly forecasts: ForecastRecorder;
  readonly sessions: MarketSessions;
  readonly awards: AwardsOfLog;
  readonly agreements: Agreements;
  readonly rules: RulePack;
  readonly knowledge: MarketKnowledge | undefined;
  readonly onProblem: (problem: string) => void;
}

/** Who sends when, in minutes after a gate opens. */
const DSO_MINUTES = 5;
/** Time for an operator to hold a planned request back. */
const DSO_REVIEW_MINUTES = 5;
const TSO_MINUTES = 15;

/** The process managers, and what they have to take up again that began before the live sessions. */
export interface PlatformProcesses {
  readonly reactors: readonly Reactor[];
  resume(): Promise<void>;
}

export function platformReactors(parts: ReactorParts): PlatformProcesses {
  const { store, clock, timers, views, chain, grid, census, carrying, sessions, rules } = parts;
  const { awards, knowledge, onProblem } = parts;
  const { documents } = views;
  const clearing = createClearingProcess({ store, sessions, clock, timers });
  const settlement = createSettlementProcess({
    store,
    sessions,
    metering: meteringSource(documents, rules),
    catchUp: async () => {
      await views.runner.catchUp();
    },
    tokens: chain.tokens,
    awards,
    clock,
    timers,
    onError: (sessionId, error) => onProblem(`settlement of ${sessionId}: ${String(error)}`),
  });
  const certification = createAgreementCertification({
    store,
    agreements: parts.agreements,
    ledger: chain.agreements,
    clock,
    timers,
    onError: (error) => onProblem(`certification of agreements: ${String(error)}`),
  });
  const gridProcess = createGridProcess({
    grid,
    gridOf: (modelDigest) => gridAsOf(store, grid, modelDigest),
    basis: forecastBasis(rules.timeZone, rules.baseline.holidays),
    market: dsoMarket(sessions, rules),
    recorder: parts.forecasts,
    customers: (deliveryDay) => connectedCustomers(documents, grid.gridId, deliveryDay),
    metering: loadMetering(documents, grid.gridId, rules),
    clock,
    timers,
    delayMinutes: DSO_MINUTES,
    reviewMinutes: DSO_REVIEW_MINUTES,
  });
  const reactors = [
    createModelAdoption(store, grid),
    createPodLocation(grid, census),
    ...gridProcess,
    createOfferCarrying({ sessions, rules }),
    ...(knowledge ? marketParties(parts, knowledge, settlement.dispute) : []),
    carrying.reactor,
    clearing.reactor,
    settlement.reactor,
    certification.reactor,
  ];
  const resume = async (): Promise<void> => {
    await certification.resume();
    await settlement.resume();
  };
  return { reactors, resume };
}

/** The parties that bid by themselves. */
function marketParties(
  parts: ReactorParts,
  { seed, tso, aggregators }: MarketKnowledge,
  dispute: AggregatorParts['dispute'],
): Reactor[] {
  const { sessions, timers, views } = parts;
  const tsoProcess = createTsoProcess({
    market: sessions,
    timers,
    seed,
    needs: async () => tso,
    delayMinutes: TSO_MINUTES,
  });
  const aggregatorParts = { ...parts, documents: views.documents, dispute };
  return [tsoProcess, ...aggregators.flatMap((own) => aggregatorReactors(aggregatorParts, own))];
}
