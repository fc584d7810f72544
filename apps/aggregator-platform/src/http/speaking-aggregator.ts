import type { Principal, Scope } from '@flexledger/identity';
import { HttpQuery } from '@flexledger/service-kit';
import { ForbiddenException } from '@nestjs/common';
import type { Aggregator } from '../aggregator';
import type { AggregatorServices } from './aggregator-services';

/** The aggregator who speaks. @throws ForbiddenException for any other party */
export function speakingAggregator(
  services: Pick<AggregatorServices, 'aggregatorOf'>,
  { role, partyId, actor }: Principal,
): Aggregator {
  if (role !== 'aggregator' || partyId === null) {
    throw new ForbiddenException(`${actor} is no aggregator; a portfolio is its aggregator's own.`);
  }
  return services.aggregatorOf(partyId);
}

/** What an aggregator asks of its own. @throws ForbiddenException for any other party */
export function ownQuery<Result>(
  services: Pick<AggregatorServices, 'aggregatorOf'>,
  speaker: Principal,
  action: Scope,
  run: (own: Aggregator) => Promise<Result>,
): HttpQuery<Result> {
  const own = speakingAggregator(services, speaker);
  const { aggregatorId } = own;
  return new HttpQuery({
    needs: { speaker, action, owner: { aggregatorId } },
    run: () => run(own),
  });
}
