/** What lists show of parties, users, clients and persons, event by event. */
import type { RecordedEvent } from '@flexledger/domain';
import type { AnyView } from '../view';
import { clientsView, partiesView, personsView, usersView } from './accounts-views';

const AT = '2026-03-17T10:00:00.000Z';

function fold(view: AnyView, ...events: readonly (readonly [string, object])[]): unknown {
  let doc: object | undefined;
  for (const [type, data] of events) {
    const event = { type, data, occurredAt: AT } as RecordedEvent;
    const [key] = view.keysOf(event);
    doc = view.evolve(doc, event, key!, 0);
  }
  return doc;
}

const off = (id: object) => ({ ...id, reason: 'left' });
const on = { status: 'enabled', disabledBecause: null, since: AT };
const isOff = { status: 'disabled', disabledBecause: 'left', since: AT };

it('a party', () => {
  const party = { party: 'aggregator:AGG1' };
  const registered = ['PartyRegistered', { ...party, name: 'One' }] as const;
  expect(fold(partiesView, registered)).toEqual({ ...party, name: 'One', ...on });
  const disabled = ['PartyDisabled', off(party)] as const;
  expect(fold(partiesView, registered, disabled)).toEqual({ ...party, name: 'One', ...isOff });
  expect(fold(partiesView, registered, disabled, ['PartyEnabled', party])).toMatchObject(on);
});

it('a user', () => {
  const user = { userId: 'u' };
  const created = ['UserCreated', { ...user, party: 'dso', roles: ['dso'] }] as const;
  const roles = ['dsotp-administrator'];
  const changed = ['UserRolesChanged', { ...user, roles }] as const;
  expect(fold(usersView, created, changed)).toEqual({ ...user, party: 'dso', roles, ...on });
  expect(fold(usersView, created, ['UserDisabled', off(user)])).toMatchObject(isOff);
  expect(
    fold(usersView, created, ['UserDisabled', off(user)], ['UserEnabled', user]),
  ).toMatchObject(on);
});

it('a client', () => {
  const data = { clientId: 'c', party: 'dso', scopes: ['market:read'], redirectUris: [] };
  const registered = ['ClientRegistered', data] as const;
  expect(fold(clientsView, registered)).toEqual({ ...data, ...on });
  const disabled = ['ClientDisabled', off({ clientId: 'c' })] as const;
  expect(fold(clientsView, registered, disabled)).toEqual({ ...data, ...isOff });
  expect(
    fold(clientsView, registered, disabled, ['ClientEnabled', { clientId: 'c' }]),
  ).toMatchObject(on);
});

it('a person, of whom nothing is left once erased', () => {
  const data = { personId: 'p', holder: 'dso', sealed: 'xyz', keptUntil: '2036-01-01' };
  const recorded = ['PersonRecorded', data] as const;
  expect(fold(personsView, recorded)).toEqual({ ...data, status: 'recorded' });
  expect(fold(personsView, recorded, ['PersonErased', off({ personId: 'p' })])).toEqual({
    ...data,
    sealed: null,
    status: 'erased',
  });
});

it.each([
  [partiesView, 'PartyDisabled', { party: 'dso', reason: 'x' }],
  [usersView, 'UserDisabled', { userId: 'u', reason: 'x' }],
  [clientsView, 'ClientDisabled', { clientId: 'c', reason: 'x' }],
  [personsView, 'PersonErased', { personId: 'p', reason: 'x' }],
] as const)('nothing of what is not there: %#', (view, type, data) => {
  expect(fold(view as AnyView, [type, data])).toBeUndefined();
});
