/** Events of parties, users, clients, persons and who reads what, in any order, those that no decider would give included. */
import fc, { type Arbitrary } from 'fast-check';
import { events } from './market-log';
import type { LoggedEvent } from './recorded-log';

const party = fc.constantFrom('dso', 'aggregator:AGG1', 'customer:IT002E00000001');
const userId = fc.constantFrom('u1', 'u2');
const clientId = fc.constantFrom('c1', 'c2');
const personId = fc.constantFrom('p1', 'p2');
const reason = fc.constantFrom('because', 'so');
const roles = fc.constantFrom(['dso'], ['aggregator', 'ap-operator']);

const source = fc.constantFrom('IT002E00000001', 'grid');
const dataSets = fc.constantFrom(['measurements'], ['baselines', 'setpoints']);

export const accountEvents: readonly Arbitrary<LoggedEvent>[] = [
  ...events(({ party: id }) => `party-${id as string}`, {
    PartyRegistered: { party, name: fc.option(reason) },
    PartyDisabled: { party, reason },
    PartyEnabled: { party },
  }),
  ...events(({ userId: id }) => `user-${id as string}`, {
    UserCreated: { userId, party, roles },
    UserRolesChanged: { userId, roles },
    UserPasswordChanged: { userId },
    UserDisabled: { userId, reason },
    UserEnabled: { userId },
  }),
  ...events(({ clientId: id }) => `client-${id as string}`, {
    ClientRegistered: {
      clientId,
      party: fc.option(party),
      scopes: fc.constant(['market:read']),
      redirectUris: fc.constant([]),
    },
    ClientSecretRotated: { clientId },
    ClientDisabled: { clientId, reason },
    ClientEnabled: { clientId },
  }),
  ...events(({ source: id }) => `data-access-${id as string}`, {
    DataAccessRequested: { source, reader: party, dataSets, purpose: reason },
    DataAccessGranted: { source, reader: party, owner: party, dataSets, salt: reason },
    DataAccessRevoked: { source, reader: party, owner: party, reason, salt: reason },
    DataAccessRefused: { source, reader: party, owner: party, reason },
  }),
  ...events(({ personId: id }) => `person-${id as string}`, {
    PersonRecorded: { personId, holder: party, sealed: reason, keptUntil: reason },
    PersonErased: { personId, reason },
  }),
];
