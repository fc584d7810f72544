import { type CommandContext, contextOf } from '@flexledger/event-store';
import { type Principal, type Scope, documentDigest } from '@flexledger/identity';
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

/**
 * Who asks by HTTP, and under which id: the `Idempotency-Key` of the request, or, without one, the
 * digest of what is asked, so that the same request sent twice is the same command.
 */
export function commandContext(
  speaker: Principal,
  about: string,
  idempotencyKey: string | undefined,
  asked: object,
): CommandContext {
  const id = idempotencyKey ?? documentDigest(asked);
  return contextOf(`http/${speaker.clientId}/portfolio/${about}/${id}`, about, speaker.actor);
}
