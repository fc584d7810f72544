/** The parties of this market, for tokens that another issuer gives. */
import type { PartyEvent } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { foldOfLog } from '../events/fold-of-log';

const TYPES = [
  'PartyRegistered',
  'PartyDisabled',
  'PartyEnabled',
] as const satisfies readonly PartyEvent['type'][];

/** @returns whether a party is registered and not disabled, as the log stands when it is asked */
export function membersOfLog(store: EventStore): (party: string) => Promise<boolean> {
  const members = new Set<string>();
  const upTo = foldOfLog(store, TYPES, ({ type, data }) => {
    const { party } = data as { readonly party: string };
    if (type === 'PartyDisabled') members.delete(party);
    else members.add(party);
  });
  return async (party) => {
    await upTo(await store.head());
    return members.has(party);
  };
}
