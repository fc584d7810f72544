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
import type { PlantCosts } from './costs/plant-costs';
import type { Portfolio } from './portfolio/portfolio';
import { portfolioOf } from './portfolio/portfolio-of-register';

/** The other platforms as one aggregator reaches them: over HTTP each call carries its own token. */
export interface AggregatorPorts {
  readonly register: Pick<RegisterPort, 'submit' | 'podsOf' | 'baselines'>;
  readonly measurements: Pick<MeasurementsPort, 'quarterHours'>;
  readonly orders: Pick<
    OrdersPort,
    'offerFlexibility' | 'withdrawOffers' | 'standingOffers' | 'whyLost'
  >;
  readonly results: ResultsPort;
  readonly setpoints: SetpointsPort;
}

/** What one aggregator works with, by itself or by hand; nothing of it reaches another's customers. */
export interface Aggregator {
  readonly aggregatorId: string;
  readonly portfolio: Portfolio;
  /** Its own and the others' costs; it asks by its id. */
  readonly costs: PlantCosts;
  readonly baselines: BaselineDeclarations;
  readonly offers: PortfolioOffers;
  /** Baselines, measurements and sales of its PoDs. */
  readonly metering: MeteringSource;
  readonly ports: AggregatorPorts;
}

/** Puts one together; nothing is asked of the ports before it is used. */
export function createAggregator(
  aggregatorId: string,
  ports: AggregatorPorts,
  costs: PlantCosts,
  rules: RulePack,
  policy: Pick<AggregatorPolicy, 'dayAheadSharePerMille'>,
): Aggregator {
  const { register, measurements, orders, results } = ports;
  const { timeZone } = rules;
  const portfolio = portfolioOf(register, aggregatorId, costs, timeZone);
  // Whatever was sold of its PoDs it has sold itself, so its own results are all there is.
  const salesOn = (deliveryDay: string) => results.resultsOf(aggregatorId, deliveryDay);
  return {
    aggregatorId,
    portfolio,
    costs,
    baselines: createBaselineDeclarations({ aggregatorId, register, timeZone }),
    offers: createPortfolioOffers({
      portfolio,
      marginPerMille: () => costs.marginPerMilleOf(aggregatorId),
      dayAheadSharePerMille: policy.dayAheadSharePerMille,
      orders,
      results,
      rules,
    }),
    metering: meteringSource({ register, measurements, salesOn }, timeZone),
    ports,
  };
}
