import type { Principal } from '@flexledger/identity';

/** The name under which a speaker stands in orders and rows; undefined where it has none. */
export function ownName({ role, partyId }: Principal): string | undefined {
  if (role === 'dso') return 'DSO';
  if (role === 'tso') return 'TSO';
  return role === 'aggregator' || role === 'customer' ? (partyId ?? undefined) : undefined;
}
