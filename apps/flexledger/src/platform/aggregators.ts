/** The aggregators in one process: each one's desk at the other platforms' ports, and what acts by itself. */
import {
  type AggregatorDesk,
  createBaselineDesk,
  createDispatchProcess,
  createDispatchReports,
  createForecastProcess,
  createOfferDesk,
  createOfferProcess,
  createSettlementCheck,
} from '@flexledger/aggregator-platform';
import type { RulePack, SettlementRow } from '@flexledger/domain';
import type { EventStore, Processor } from '@flexledger/event-store';
import type { MarketSessions, SettlementDispute } from '@flexledger/market-platform';
import type { SetpointsPort } from '@flexledger/ports';
import {
  type DocumentStore,
  findSettlementRows,
  getSession,
  getSettlement,
} from '@flexledger/projections';
import { type Clock, type Timers } from '@flexledger/runtime';
import { offerMarket, soldResults } from './market-adapters';
import type { AggregatorKnowledge } from './market-knowledge';
import { type Census, meteringSource, portfolioOf } from './register-adapters';

export interface DeskParts {
  readonly documents: DocumentStore;
  readonly census: Census;
  readonly marketPorts: MarketPlatform['ports'];
  readonly rules: RulePack;
}

export interface AggregatorParts extends DeskParts {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly setpoints: SetpointsPort;
  readonly dispute: PublishedSettlements['dispute'];
  readonly onProblem: (problem: string) => void;
}

/** When aggregators act, in minutes after a gate opens. */
const FORECAST_MINUTES = 1;
const OFFER_MINUTES = 30;
/** Part of the declared flexibility that is offered day-ahead. */
const DAY_AHEAD_SHARE_PER_MILLE = 700;

/** What an aggregator works with, by itself or by hand. */
export function aggregatorDesk(
  { documents, census, marketPorts, rules }: DeskParts,
  { aggregatorId, marginPerMille, pods }: AggregatorKnowledge,
): AggregatorDesk {
  const knowledge = new Map(Object.entries(pods));
  const portfolio = portfolioOf(documents, aggregatorId, knowledge);
  const { results } = marketPorts;
  const { timeZone } = rules;
  const policy = { marginPerMille, dayAheadSharePerMille: DAY_AHEAD_SHARE_PER_MILLE };
  const market = offerMarket(marketPorts);
  return {
    ...{ aggregatorId, portfolio, results, register: census },
    knowledgeOf: (podId) => knowledge.get(podId),
    baselines: createBaselineDesk({ aggregatorId, register: census, timeZone }),
    offers: createOfferDesk({ portfolio, policy, market, results, rules }),
    metering: meteringSource(documents, rules),
    settlements: { rowsOf: results.settledRows },
  };
}

/** What an aggregator does by itself. */
export function aggregatorProcessors(
  parts: AggregatorParts,
  own: AggregatorKnowledge,
): Processor[] {
  const { store, clock, timers, rules, dispute, onProblem } = parts;
  const { aggregatorId, portfolio, results, metering, baselines, offers, settlements } =
    aggregatorDesk(parts, own);
  const tell = (problem: string): void => onProblem(`${aggregatorId}: ${problem}`);
  return [
    createForecastProcess({
      ...{ portfolio, metering, timers, rules, delayMinutes: FORECAST_MINUTES },
      desk: baselines,
      onMissing: (day, podIds, reason) =>
        tell(`${podIds.length} PoDs without a baseline for ${day} (${podIds[0]} ...): ${reason}`),
    }),
    createOfferProcess({ aggregatorId, desk: offers, timers, delayMinutes: OFFER_MINUTES }),
    createDispatchProcess({
      ...{ portfolio, results, timers, rules },
      desk: parts.setpoints,
      reports: createDispatchReports({ store, clock }),
    }),
    createSettlementCheck({
      ...{ aggregatorId, results, metering, rules },
      settlements: {
        ...settlements,
        async dispute(disputed, context) {
          tell(toldDispute(disputed));
          await marketPorts.results.dispute(disputed, context);
        },
      },
    }),
  ];
}

function toldDispute({
  sessionId,
  correction,
  settledMicroEur,
  expectedMicroEur,
  rows,
}: SettlementDispute): string {
  const of = correction === 0 ? sessionId : `${sessionId}, correction ${correction},`;
  return (
    `the settlement of ${of} pays ${settledMicroEur} micro-euro, own computation ${expectedMicroEur}; ` +
    `PoD ${rows[0]!.podId}, ${rows[0]!.reason}`
  );
}
