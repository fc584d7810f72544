/** Events of parties, users, clients and persons in any order, those that no decider would give included. */
import fc, { type Arbitrary } from 'fast-check';
import { events } from './market-log';
import type { LoggedEvent } from './recorded-log';

const party = fc.constantFrom('dso', 'aggregator:AGG1', 'customer:IT002E00000001');
const userId = fc.constantFrom('u1', 'u2');
const clientId = fc.constantFrom('c1', 'c2');
const personId = fc.constantFrom('p1', 'p2');
const reason = fc.constantFrom('because', 'so');
const roles = fc.constantFrom(['dso'], ['aggregator', 'ap-operator']);

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
  ...events(({ personId: id }) => `person-${id as string}`, {
    PersonRecorded: { personId, holder: party, sealed: reason, keptUntil: reason },
    PersonErased: { personId, reason },
  }),
];
