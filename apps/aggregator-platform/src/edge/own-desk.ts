import type { Principal, Scope } from '@flexledger/identity';
import { requireAccess } from '@flexledger/service-kit';
import { ForbiddenException } from '@nestjs/common';
import type { AggregatorDesk, AggregatorServices } from './aggregator-services';

/** The desk of who speaks: an aggregator, and its own. @throws ForbiddenException for any other */
export function ownDesk(
  services: AggregatorServices,
  speaker: Principal,
  action: Scope,
): AggregatorDesk {
  const { role, partyId, actor } = speaker;
  if (role !== 'aggregator' || partyId === null) {
    throw new ForbiddenException(`${actor} is no aggregator; a portfolio is its aggregator's own.`);
  }
  requireAccess(speaker, action, { aggregatorId: partyId });
  return services.deskOf(partyId);
}
