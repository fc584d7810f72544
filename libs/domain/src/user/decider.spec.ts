/** Users: of one party, with roles that such a party has, switched off and on. */
import { givenOf } from '../testing/decider-spec';
import { type UserCommand, userDecider } from './decider';
import type { UserEvent } from './events';

const given = givenOf(userDecider);
const userId = 'agg1.trader';
const party = 'aggregator:AGG1';
const create: UserCommand = {
  kind: 'createUser',
  userId,
  party,
  roles: ['ap-operator', 'aggregator', 'aggregator'],
};
const created: UserEvent = {
  type: 'UserCreated',
  data: { userId, party, roles: ['aggregator', 'ap-operator'] },
};
const disable: UserCommand = { kind: 'disableUser', userId, reason: 'left' };
const disabled: UserEvent = { type: 'UserDisabled', data: { userId, reason: 'left' } };

describe('a user', () => {
  it('is created, gets other roles and another password, is disabled and enabled', () => {
    given().when(create).then(created);
    given(created)
      .when({ kind: 'changeRoles', userId, roles: ['ap-operator'] })
      .then({ type: 'UserRolesChanged', data: { userId, roles: ['ap-operator'] } });
    given(created)
      .when({ kind: 'changePassword', userId })
      .then({ type: 'UserPasswordChanged', data: { userId } });
    given(created).when(disable).then(disabled);
    given(created, disabled)
      .when({ kind: 'enableUser', userId })
      .then({ type: 'UserEnabled', data: { userId } });
  });

  it('changes nothing when it is so already', () => {
    given(created)
      .when({ kind: 'changeRoles', userId, roles: ['ap-operator', 'aggregator'] })
      .then();
    given(created, disabled).when(disable).then();
    given(created).when({ kind: 'enableUser', userId }).then();
  });

  it('is created once', () => {
    given(created).when(create).thenRefused('user-exists');
  });

  it.each<[string, Partial<UserCommand>]>([
    ['a role that does not exist', { roles: ['king'] }],
    ['a role of everything', { roles: ['toString'] }],
    ['a role of another kind of party', { roles: ['aggregator', 'dso'] }],
    ['no role', { roles: [] }],
    ['a party that is none', { party: 'king' }],
    ['an address for an id', { userId: 'mario.rossi@example.com' }],
    ['no id', { userId: '' }],
    ['the id that stands for whoever asks', { userId: 'me' }],
    ['it in capitals, which addresses take for the same', { userId: 'Me' }],
  ])('is not created with %s', (_, deviation) => {
    given()
      .when({ ...create, ...deviation } as UserCommand)
      .thenRefused('user-malformed');
  });

  it('never gets a role that its party cannot have', () => {
    given(created)
      .when({ kind: 'changeRoles', userId, roles: ['market-administrator'] })
      .thenRefused('user-malformed');
  });

  it('that nobody knows is refused by name', () => {
    given().when(disable).thenRefused('user-unknown');
    given().when({ kind: 'changePassword', userId }).thenRefused('user-unknown');
  });
});
