import { GRID_SOURCE, type RecordedEvent, ownerOfSource } from '@flexledger/domain';
import { type Principal, type Resource, may } from '@flexledger/identity';
import type { DataGrants } from '../data-access/grants';
import { type OwnedBy, isParty, lineOf, shownTo } from './events-by-role';
import type { Owners } from './ownership';

/** An event as a party is shown it. */
export interface ShownEvent {
  readonly event: RecordedEvent;
  /** Rows of others are left out, if there were any; the hash is that of the whole event. */
  readonly isPartial: boolean;
}

/**
 * What a principal is shown of an event, by `EVENTS_BY_ROLE` and by what the owners of data have granted;
 * undefined when nothing. A grant shows what was recorded since it was given, while it stands: who follows
 * the log was then shown all of it, and none of it is told later to be missing.
 *
 * Of an event with rows of many it is shown its own rows. How many there were besides is not told:
 * a part without a row of its own is left out like one that there is not, but for the last one, also
 * where it is the only one, which says that the whole stands.
 *
 * @param owners knows everything up to the event
 * @param grants the same, or more: as they stand now
 */
export function shownOf(
  principal: Principal,
  event: RecordedEvent,
  owners: Owners,
  grants: Pick<DataGrants, 'grantedSince'>,
): ShownEvent | undefined {
  const { role } = principal;
  if (!isParty(role)) {
    return may(principal, 'events:read') ? { event, isPartial: false } : undefined;
  }
  if (!principal.scopes.includes('events:read')) return undefined;
  const shown = shownTo(role, event.type);
  if (shown === 'all') return { event, isPartial: false };
  if (shown === 'ownRows') return ownRowsOf(principal, event, owners);
  const isShown =
    (shown === 'own' && isOwn(principal, event, owners)) || isGranted(principal, event, grants);
  return isShown ? { event, isPartial: false } : undefined;
}

function isOwn(principal: Principal, event: RecordedEvent, owners: Owners): boolean {
  const ownedBy = lineOf(event.type)!.ownedBy!;
  if (ownedBy === 'party') {
    const { party } = event.data as { readonly party?: string };
    return party === principal.actor;
  }
  if (ownedBy === 'access') {
    const { source, reader } = event.data as { readonly source: string; readonly reader: string };
    return [ownerOfSource(source), reader].includes(principal.actor);
  }
  if (ownedBy === 'user') {
    const { userId } = event.data as { readonly userId: string | null };
    if (userId !== null && userId !== principal.userId) return false;
    return may(principal, 'events:read', ownerOf('named', event, event.data, owners));
  }
  return may(principal, 'events:read', ownerOf(ownedBy, event, event.data, owners));
}

function isGranted(
  { actor }: Principal,
  { type, data, position }: RecordedEvent,
  grants: Pick<DataGrants, 'grantedSince'>,
): boolean {
  const dataSet = lineOf(type)?.dataSet;
  if (dataSet === undefined) return false;
  const { podId } = data as { readonly podId?: string };
  const source = dataSet === 'grid' ? GRID_SOURCE : podId;
  const since = source === undefined ? undefined : grants.grantedSince(actor, dataSet, source);
  return since !== undefined && since < position;
}

function ownRowsOf(
  principal: Principal,
  event: RecordedEvent,
  owners: Owners,
): ShownEvent | undefined {
  const data = { ...event.data } as Record<string, unknown>;
  let own = 0;
  for (const [list, ownedBy] of Object.entries(lineOf(event.type)!.rows!)) {
    const all = data[list];
    const rows = (Array.isArray(all) ? (all as readonly object[]) : []).filter((row) =>
      may(principal, 'events:read', ownerOf(ownedBy, event, row, owners)),
    );
    data[list] = rows;
    own += rows.length;
  }
  const { part } = data as { readonly part?: { readonly index: number; readonly of: number } };
  const endsWhole = part === undefined || part.index === part.of - 1;
  return own > 0 || endsWhole ? { event: { ...event, data }, isPartial: true } : undefined;
}

/** Whose an event is, or a row of it. */
function ownerOf(
  ownedBy: Exclude<OwnedBy, 'party' | 'access' | 'user'>,
  { position, data }: RecordedEvent,
  owned: object,
  owners: Owners,
): Resource {
  const { sessionId } = data as { readonly sessionId?: string };
  const named = owned as Resource & { readonly requestId?: string };
  switch (ownedBy) {
    case 'named':
      return onlyKnown(named);
    case 'pod':
    case 'agreement': {
      const { podId } = named as { readonly podId: string };
      const aggregatorId =
        ownedBy === 'pod'
          ? owners.aggregatorOfPod(podId, position)
          : owners.aggregatorOfAgreement(podId, position);
      return onlyKnown({ podId, aggregatorId: named.aggregatorId ?? aggregatorId });
    }
    case 'request':
      return onlyKnown({
        requester: named.requester ?? owners.requesterOf(sessionId!, named.requestId!),
      });
  }
}

function onlyKnown({
  aggregatorId,
  requester,
  podId,
}: { readonly [Key in keyof Resource]: Resource[Key] | undefined }): Resource {
  return {
    ...(aggregatorId === undefined ? {} : { aggregatorId }),
    ...(requester === undefined ? {} : { requester }),
    ...(podId === undefined ? {} : { podId }),
  };
}
