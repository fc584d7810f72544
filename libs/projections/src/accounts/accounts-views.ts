/**
 * Parties, users and clients as they stand, for lists. Who may sign in is never read from here but from
 * their streams, which are never behind.
 */
import type {
  ClientData,
  ClientEvent,
  PartyEvent,
  PersonEvent,
  UserData,
  UserEvent,
} from '@flexledger/domain';
import type { Recorded, View } from '../view';

/** When an account was made, and whether it is on. */
interface Standing {
  readonly status: 'enabled' | 'disabled';
  /** Why it is off; null while it is on. */
  readonly disabledBecause: string | null;
  readonly since: string;
}

export interface PartyDocument extends Standing {
  readonly party: string;
  readonly name: string | null;
}
export type UserDocument = UserData & Standing;
export type ClientDocument = ClientData & Standing;

export interface PersonDocument {
  readonly personId: string;
  readonly holder: string;
  readonly status: 'recorded' | 'erased';
  readonly keptUntil: string;
  /** As the last event has it; null once erased. */
  readonly sealed: string | null;
}

const enabled = { status: 'enabled', disabledBecause: null } as const;
const disabled = (reason: string) => ({ status: 'disabled', disabledBecause: reason }) as const;

export const partiesView: View<PartyDocument, Recorded<PartyEvent>> = {
  name: 'parties',
  version: 1,
  types: ['PartyRegistered', 'PartyDisabled', 'PartyEnabled'],
  indexes: ['status'],
  keysOf: ({ data }) => [data.party],
  evolve(doc, event) {
    if (event.type === 'PartyRegistered') {
      const { party, name } = event.data;
      return { party, name, ...enabled, since: event.occurredAt };
    }
    if (!doc) return doc;
    return event.type === 'PartyDisabled'
      ? { ...doc, ...disabled(event.data.reason) }
      : { ...doc, ...enabled };
  },
};

export const usersView: View<UserDocument, Recorded<UserEvent>> = {
  name: 'users',
  version: 1,
  types: ['UserCreated', 'UserRolesChanged', 'UserDisabled', 'UserEnabled'],
  indexes: ['party', 'status'],
  keysOf: ({ data }) => [data.userId],
  evolve(doc, event) {
    if (event.type === 'UserCreated') {
      const { userId, party, roles } = event.data;
      return { userId, party, roles, ...enabled, since: event.occurredAt };
    }
    if (!doc) return doc;
    switch (event.type) {
      case 'UserRolesChanged':
        return { ...doc, roles: event.data.roles };
      case 'UserDisabled':
        return { ...doc, ...disabled(event.data.reason) };
      case 'UserEnabled':
        return { ...doc, ...enabled };
      default:
        return doc;
    }
  },
};

export const clientsView: View<ClientDocument, Recorded<ClientEvent>> = {
  name: 'clients',
  version: 1,
  types: ['ClientRegistered', 'ClientDisabled', 'ClientEnabled'],
  indexes: ['party', 'status'],
  keysOf: ({ data }) => [data.clientId],
  evolve(doc, event) {
    if (event.type === 'ClientRegistered') {
      const { clientId, party, scopes, redirectUris } = event.data;
      return { clientId, party, scopes, redirectUris, ...enabled, since: event.occurredAt };
    }
    if (!doc) return doc;
    switch (event.type) {
      case 'ClientDisabled':
        return { ...doc, ...disabled(event.data.reason) };
      case 'ClientEnabled':
        return { ...doc, ...enabled };
      default:
        return doc;
    }
  },
};

export const personsView: View<PersonDocument, Recorded<PersonEvent>> = {
  name: 'persons',
  version: 1,
  types: ['PersonRecorded', 'PersonErased'],
  indexes: ['holder', 'status', 'keptUntil'],
  keysOf: ({ data }) => [data.personId],
  evolve(doc, event) {
    if (event.type === 'PersonErased') return doc && { ...doc, status: 'erased', sealed: null };
    const { personId, holder, sealed, keptUntil } = event.data;
    return { personId, holder, status: 'recorded', keptUntil, sealed };
  },
};

/** All of them. */
export const accountViews = [partiesView, usersView, clientsView, personsView] as const;
