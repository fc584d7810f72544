import { type Decider, DomainError, type Violation } from '../log/decider';
import { idViolations, refuse, refuseReason } from '../party/account';
import { partyKindOf } from '../party/decider';
import { USER_ROLES, type UserEvent, type UserRole } from './events';

export type UserCommand =
  | {
      readonly kind: 'createUser';
      readonly userId: string;
      readonly party: string;
      readonly roles: readonly string[];
    }
  | { readonly kind: 'changeRoles'; readonly userId: string; readonly roles: readonly string[] }
  | { readonly kind: 'changePassword'; readonly userId: string }
  | { readonly kind: 'disableUser'; readonly userId: string; readonly reason: string }
  | { readonly kind: 'enableUser'; readonly userId: string };

export type UserState =
  | { readonly status: 'none' }
  | {
      readonly status: 'enabled' | 'disabled';
      readonly party: string;
      readonly roles: readonly UserRole[];
    };

/** Created once for one party; roles, password and whether it may sign in change. */
export const userDecider: Decider<UserState, UserCommand, UserEvent> = {
  initialState: { status: 'none' },
  decide,
  evolve,
};

function decide(command: UserCommand, state: UserState): UserEvent[] {
  const { userId } = command;
  if (command.kind === 'createUser') return create(command, state);
  if (state.status === 'none') throw unknownUser(userId);
  switch (command.kind) {
    case 'changeRoles': {
      const violations = roleViolations(state.party, command.roles);
      refuse('user-malformed', `User ${userId}`, violations);
      const roles = sorted(command.roles);
      return same(roles, state.roles)
        ? []
        : [{ type: 'UserRolesChanged', data: { userId, roles } }];
    }
    case 'changePassword':
      return [{ type: 'UserPasswordChanged', data: { userId } }];
    case 'disableUser': {
      const { reason } = command;
      refuseReason(reason);
      if (state.status === 'disabled') return [];
      return [{ type: 'UserDisabled', data: { userId, reason } }];
    }
    case 'enableUser':
      return state.status === 'enabled' ? [] : [{ type: 'UserEnabled', data: { userId } }];
  }
}

function create(
  command: Extract<UserCommand, { kind: 'createUser' }>,
  state: UserState,
): UserEvent[] {
  const { userId, party } = command;
  const violations = [
    ...idViolations('userId', userId),
    ...ownNameViolations(userId),
    ...roleViolations(party, command.roles),
  ];
  refuse('user-malformed', `User "${userId}"`, violations);
  const roles = sorted(command.roles);
  if (state.status === 'none') return [{ type: 'UserCreated', data: { userId, party, roles } }];
  throw new DomainError(
    'user-exists',
    `There is a user ${userId} already, of ${state.party}; choose another id.`,
  );
}

/** `users/me` is who asks, in whatever case an address is written. */
function ownNameViolations(userId: string): Violation[] {
  const reason = 'stands for whoever asks; choose another';
  return userId.toLowerCase() === 'me' ? [{ field: 'userId', reason }] : [];
}

function roleViolations(party: string, roles: readonly string[]): Violation[] {
  const kind = partyKindOf(party);
  if (kind === undefined) {
    const reason = 'must be dso, tso, operator, auditor, aggregator:ID or customer:POD';
    return [{ field: 'party', reason }];
  }
  const fitting = Object.entries(USER_ROLES).flatMap(([role, of]) => (of === kind ? [role] : []));
  const choice = `choose of ${fitting.join(', ')}`;
  if (roles.length === 0) return [{ field: 'roles', reason: `names no role; ${choice}` }];
  return roles
    .filter((role) => !fitting.includes(role))
    .map((role) => ({
      field: 'roles',
      reason: Object.hasOwn(USER_ROLES, role)
        ? `holds ${role}, which is no role of ${party}; ${choice}`
        : `holds "${role}", which is no role; ${choice}`,
    }));
}

/** Each once, in the order of their names: the same roles are the same list. */
function sorted(roles: readonly string[]): readonly UserRole[] {
  return [...new Set(roles as readonly UserRole[])].sort();
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.join() === other.join();
}

/** @returns the error for a user that nobody has created */
export function unknownUser(userId: string): DomainError {
  return new DomainError('user-unknown', `There is no user ${userId}; create it first.`);
}

function evolve(state: UserState, event: UserEvent): UserState {
  if (event.type === 'UserCreated') {
    const { party, roles } = event.data;
    return { status: 'enabled', party, roles };
  }
  if (state.status === 'none') return state;
  switch (event.type) {
    case 'UserRolesChanged':
      return { ...state, roles: event.data.roles };
    case 'UserDisabled':
      return { ...state, status: 'disabled' };
    case 'UserEnabled':
      return { ...state, status: 'enabled' };
    default:
      return state;
  }
}
