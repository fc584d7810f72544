import type { CommandContext } from '@flexledger/event-store';
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

/**
 * The name of a list of changes to the register. Under an `Idempotency-Key` a repeat is known for good;
 * without one only what follows straight after, since the same flag or baseline may be wanted again
 * after another.
 */
export async function listName(
  { log }: Pick<AggregatorServices, 'log'>,
  { commandId }: CommandContext,
  key: string | undefined,
): Promise<string> {
  return key === undefined ? `${commandId}/${await log.head()}` : commandId;
}
