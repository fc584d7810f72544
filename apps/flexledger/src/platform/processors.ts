/** The process managers of all platforms, in the order in which they see each event. */
import { openAggregatorPlatform } from '@flexledger/aggregator-platform';
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
import { type EventStore, type Processor, oneAfterAnother } from '@flexledger/event-store';
import {
  type Agreements,
  type AwardsOfLog,
  type MarketSessions,
  createAgreementCertification,
  createClearingProcess,
  createOfferCarrying,
  createSettlementProcess,
} from '@flexledger/market-platform';
import type { SetpointsPort } from '@flexledger/ports';
import type { Views } from '@flexledger/projections';
import type { Clock, Timers } from '@flexledger/runtime';
import { createTsoProcess } from '@flexledger/tso-simulator';
import { type AggregatorParts, aggregatorProcessors } from './aggregators';
import type { PlatformChain } from './chain';
import type { MarketKnowledge } from './market-knowledge';
import { forecastBasis } from './reference-data';
import { type Census, connectedCustomers, loadMetering, meteringSource } from './register-adapters';

export interface ProcessorParts {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly views: Views;
  readonly grid: OperatedGrid;
  readonly census: Census;
  readonly setpoints: SetpointsPort;
  readonly carrying: SetpointCarrying;
  readonly forecasts: ForecastRecorder;
  readonly market: MarketPlatform;
  readonly rules: RulePack;
  readonly knowledge: MarketKnowledge | undefined;
  readonly onProblem: (problem: string) => void;
}

/** The process managers, and what they have to take up again that began before the live sessions. */
export interface PlatformProcesses {
  readonly processors: readonly Processor[];
  resume(): Promise<void>;
}

export function platformProcessors(parts: ProcessorParts): PlatformProcesses {
  const { store, clock, timers, views, chain, grid, census, carrying, sessions, rules } = parts;
  const { awards, knowledge, onProblem } = parts;
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
  const processors = [
    oneAfterAnother('dso/grid', [
      createModelAdoption(store, grid),
      createPodLocation(grid, census),
      ...gridProcess,
    ]),
    createOfferCarrying({ sessions, rules }),
    ...(knowledge ? marketParties(parts, knowledge, settlement.dispute) : []),
    carrying.processor,
    clearing.processor,
    settlement.processor,
    certification.processor,
  ];
  const resume = async (): Promise<void> => {
    await certification.resume();
    await settlement.resume();
    await aggregators.resume();
  };
  return { processors, resume };
}

/** The parties that bid by themselves. */
function marketParties(
  parts: ProcessorParts,
  { seed, tso, aggregators }: MarketKnowledge,
  dispute: AggregatorParts['dispute'],
): Processor[] {
  const { sessions, timers, views } = parts;
  const tsoProcess = createTsoProcess({
    market: marketPorts.orders,
    timers,
    seed,
    needs: async () => tso,
    delayMinutes: TSO_MINUTES,
  });
  const aggregatorParts = { ...parts, documents: views.documents, dispute };
  return [tsoProcess, ...aggregators.flatMap((own) => aggregatorProcessors(aggregatorParts, own))];
}
