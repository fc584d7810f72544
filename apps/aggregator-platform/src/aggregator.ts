import type { MeteringSource, RulePack } from '@flexledger/domain';
import {
  type MeasurementsPort,
  type OrdersPort,
  type RegisterPort,
  type ResultsPort,
  type SetpointsPort,
  meteringSource,
} from '@flexledger/ports';
import {
  type BaselineDeclarations,
  createBaselineDeclarations,
} from './baselines/baseline-declarations';
import { type PortfolioOffers, createPortfolioOffers } from './offer-building/portfolio-offers';
import type { AggregatorPolicy } from './policy';
import type { AggregatorKnowledge } from './portfolio/aggregator-knowledge';
import type { OwnKnowledge, Portfolio } from './portfolio/portfolio';
import { portfolioOf } from './portfolio/portfolio-of-register';

/** The other platforms as one aggregator reaches them: over HTTP each call carries its own token. */
export interface AggregatorPorts {
  readonly register: Pick<RegisterPort, 'submit' | 'podsOf' | 'baselines'>;
  readonly measurements: Pick<MeasurementsPort, 'quarterHours'>;
  readonly orders: Pick<OrdersPort, 'offerFlexibility' | 'withdrawOffers' | 'standingOffers'>;
  readonly results: ResultsPort;
  readonly setpoints: SetpointsPort;
}

/** What one aggregator works with, by itself or by hand; nothing of it reaches another's customers. */
export interface Aggregator {
  readonly aggregatorId: string;
  readonly portfolio: Portfolio;
  /** What it knows of a customer's plant; absent without. */
  knowledgeOf(podId: string): OwnKnowledge | undefined;
  readonly baselines: BaselineDeclarations;
  readonly offers: PortfolioOffers;
  /** Baselines, measurements and sales of its PoDs. */
  readonly metering: MeteringSource;
  readonly ports: AggregatorPorts;
}

/** Puts one together; nothing is asked of the ports before it is used. */
export function createAggregator(
  { aggregatorId, marginPerMille, pods }: AggregatorKnowledge,
  ports: AggregatorPorts,
  rules: RulePack,
  policy: Pick<AggregatorPolicy, 'dayAheadSharePerMille'>,
): Aggregator {
  const { register, measurements, orders, results } = ports;
  const { timeZone } = rules;
  const knowledge = new Map(Object.entries(pods));
  const portfolio = portfolioOf(register, aggregatorId, knowledge);
  // Whatever was sold of its PoDs it has sold itself, so its own results are all there is.
  const salesOn = (deliveryDay: string) => results.resultsOf(aggregatorId, deliveryDay);
  return {
    aggregatorId,
    portfolio,
    knowledgeOf: (podId) => knowledge.get(podId),
    baselines: createBaselineDeclarations({ aggregatorId, register, timeZone }),
    offers: createPortfolioOffers({
      portfolio,
      marginPerMille,
      dayAheadSharePerMille: policy.dayAheadSharePerMille,
      orders,
      results,
      rules,
    }),
    metering: meteringSource({ register, measurements, salesOn }, timeZone),
    ports,
  };
}
