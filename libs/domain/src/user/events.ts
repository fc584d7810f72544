/**
 * People who sign in. An event holds no name, no address and no password, not even its hash: the id is
 * a pseudonym, and whom it stands for says a person's record. Stream `user-{userId}`.
 */
import type { PartyKind } from '../party/events';

/** What a user may be, and of which kind of party. What each may do: `USER_ROLE_SCOPES`. */
export const USER_ROLES = {
  'market-administrator': 'operator',
  'access-layer-administrator': 'operator',
  'market-authority': 'auditor',
  dso: 'dso',
  'dsotp-administrator': 'dso',
  tso: 'tso',
  aggregator: 'aggregator',
  'ap-operator': 'aggregator',
  customer: 'customer',
} as const satisfies Record<string, PartyKind>;
export type UserRole = keyof typeof USER_ROLES;

export type UserEvent =
  | { readonly type: 'UserCreated'; readonly data: UserData }
  | { readonly type: 'UserRolesChanged'; readonly data: UserRoles }
  | { readonly type: 'UserPasswordChanged'; readonly data: { readonly userId: string } }
  | { readonly type: 'UserDisabled'; readonly data: UserDisabling }
  | { readonly type: 'UserEnabled'; readonly data: { readonly userId: string } };

export interface UserRoles {
  readonly userId: string;
  readonly roles: readonly UserRole[];
}

export interface UserData extends UserRoles {
  /** The party the user speaks for. */
  readonly party: string;
}

export interface UserDisabling {
  readonly userId: string;
  readonly reason: string;
}

export const userStream = (userId: string): string => `user-${userId}`;
