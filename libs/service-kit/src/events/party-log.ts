import type { RecordedEvent } from '@flexledger/domain';
import type { EventFilter, EventStore } from '@flexledger/event-store';
import type { Principal } from '@flexledger/identity';
import { disabledOfLog } from '../access/disabled-speakers';
import { type DataGrants, grantsOfLog } from '../data-access/grants';
import { isParty, typesShownTo } from './events-by-role';
import { ownersOfLog } from './ownership';
import { type ShownEvent, shownOf } from './visible-events';

/** The log as each of its readers is shown it. */
export interface PartyLog {
  readonly store: EventStore;
  /** What owners of data have granted. Who reads what stands in the log already catches up with them first. */
  readonly grants: DataGrants;
  /** What a principal is shown of an event of the log; undefined when nothing. */
  shown(principal: Principal, event: RecordedEvent): Promise<ShownEvent | undefined>;
  /** Whether its party, client or user is disabled now, by what the log holds up to a position or more. */
  isDisabled(principal: Principal, position: number): Promise<boolean>;
}

/** Shows a log to its readers; what it has to know of owners it reads when it first needs it. */
export function partyLog(store: EventStore): PartyLog {
  const owners = ownersOfLog(store);
  const grants = grantsOfLog(store);
  return {
    store,
    grants,
    isDisabled: disabledOfLog(store),
    async shown(principal, event) {
      if (isParty(principal.role)) {
        await Promise.all([owners.upTo(event.position), grants.upTo(event.position)]);
      }
      return shownOf(principal, event, owners, grants);
    },
  };
}

/** A filter without the types of which the principal is shown nothing, so that they are not read. */
export function narrowedFor({ role }: Principal, filter: EventFilter): EventFilter {
  if (!isParty(role)) return filter;
  const shown = typesShownTo(role);
  const { types: wanted = shown } = filter;
  return { ...filter, types: shown.filter((type) => wanted.includes(type)) };
}
