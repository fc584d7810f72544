/**
 * Who has been disabled. A token is verified by its issuer's key alone and so outlives the disabling by
 * some minutes; what is sent for longer than a request (streams, webhooks) asks here.
 */
import type { ClientEvent, PartyEvent, UserEvent } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import type { Principal } from '@flexledger/identity';
import { foldOfLog } from '../events/fold-of-log';

/** Types of the events that disable and enable. */
export const STANDING_TYPES = [
  'PartyDisabled',
  'PartyEnabled',
  'ClientDisabled',
  'ClientEnabled',
  'UserDisabled',
  'UserEnabled',
] as const satisfies readonly (PartyEvent | ClientEvent | UserEvent)['type'][];

/**
 * Reads them from a log.
 *
 * @returns whether a principal's party, client or user is disabled as the log stands, at the position at
 *   least
 */
export function disabledOfLog(
  store: EventStore,
): (principal: Principal, position: number) => Promise<boolean> {
  const disabled = new Set<string>();
  const upTo = foldOfLog(store, STANDING_TYPES, ({ type, data }) => {
    const { party, clientId, userId } = data as Readonly<Record<string, string | undefined>>;
    const key = party ? keys.party(party) : clientId ? keys.client(clientId) : keys.user(userId!);
    if (type.endsWith('Disabled')) disabled.add(key);
    else disabled.delete(key);
  });
  return async ({ actor, clientId, userId }, position) => {
    await upTo(position);
    const client = userId === undefined ? clientId : clientId.slice(0, -(userId.length + 1));
    return (
      disabled.has(keys.party(actor)) ||
      disabled.has(keys.client(client)) ||
      (userId !== undefined && disabled.has(keys.user(userId)))
    );
  };
}

const keys = {
  party: (party: string): string => `party ${party}`,
  client: (clientId: string): string => `client ${clientId}`,
  user: (userId: string): string => `user ${userId}`,
};
