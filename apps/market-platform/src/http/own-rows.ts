import type { Requester } from '@flexledger/domain';
import { type Principal, type Scope, may } from '@flexledger/identity';
import { ForbiddenException } from '@nestjs/common';

/** The owners that rows of the market can name. */
export interface RowOwner {
  readonly aggregatorId?: string;
  readonly requester?: Requester;
  readonly podId?: string;
}

/**
 * The condition under which a list shows a principal only what it may see: none for those who may
 * see everything, its own rows for the others.
 *
 * @param owners by which the rows of this list name their owner
 * @throws ForbiddenException when no row of the list can be the principal's own
 */
export function ownRows(
  principal: Principal,
  action: Scope,
  owners: readonly (keyof RowOwner)[],
): RowOwner {
  if (may(principal, action)) return {};
  const own = ownerOf(principal);
  const [owner] = Object.keys(own) as (keyof RowOwner)[];
  if (owner && owners.includes(owner) && may(principal, action, own)) return own;
  throw new ForbiddenException(`${principal.actor} has no right to ${action} here.`);
}

function ownerOf({ role, partyId }: Principal): RowOwner {
  switch (role) {
    case 'dso':
      return { requester: 'DSO' };
    case 'tso':
      return { requester: 'TSO' };
    case 'aggregator':
      return { aggregatorId: partyId! };
    case 'customer':
    case 'node':
      return { podId: partyId! };
    default:
      return {};
  }
}
