/**
 * Who may do what. A token's scope says which kind of thing its bearer may do; the rule of the
 * bearer's role says on whose things: everyone's, or only its own. Both must agree, and what no rule
 * allows is denied, but for what the owner of data has granted its party (ADR 23). Pure, so that REST, streams and exports filter alike.
 */
import {
  type DataSet,
  GRID_SOURCE,
  type Requester,
  USER_ROLES,
  type UserRole,
} from '@flexledger/domain';

/** Every scope with what it allows; the names stand in tokens and in the OpenAPI documents. */
export const SCOPES = {
  'market:read': 'Read the calendar, sessions and indicators',
  'market:operate': 'Run the market: schedule and cancel sessions, export datasets',
  'pods:read': 'Read the register of PoDs',
  'pods:write': 'Register, change and unregister PoDs, declare flexibility and baselines',
  'pods:locate': 'Say which node and primary substation a PoD hangs under',
  'pods:qualify': 'Qualify or refuse the services of a PoD',
  'availability:write': 'Switch the availability of a PoD on and off',
  'requests:write': 'Send and withdraw requests for flexibility',
  'offers:write': 'Send and withdraw offers of flexibility',
  'orders:read': 'Read requests and offers',
  'outcomes:read': 'Read market outcomes that wait for technical validation',
  'outcomes:validate': 'Answer market outcomes with a technical validation',
  'results:read': 'Read published results',
  'settlements:read': 'Read settlements',
  'settlements:dispute': 'Say that one comes to another settlement',
  'setpoints:write': 'Send setpoints',
  'setpoints:read': 'Read setpoints and their acknowledgements',
  'measurements:read': 'Read measurements',
  'agreements:write': 'Propose, accept and end agreements',
  'agreements:read': 'Read agreements',
  'access:write': 'Ask for, grant and revoke access to data',
  'access:read': 'Read who reads which data',
  'grid:write': 'Publish grid models, measurements of the grid and weather',
  'grid:read': 'Read grid models, forecasts, violations and estimated states',
  'events:read': 'Follow the stream of events',
  'processors:read': 'See how far processors are and what they halted at',
  'parties:read': 'Read the register of parties',
  'parties:write': 'Register, disable and enable parties',
  'users:write': 'List, create and change the users and clients of a party',
  'persons:read': 'Read who somebody is',
  'persons:write': 'Record and erase who somebody is',
} as const satisfies Record<string, string>;

export type Scope = keyof typeof SCOPES;

/** What a party is in the market. An aggregator, customer, node and platform also has an id. */
export const ROLES = [
  'dso',
  'tso',
  'aggregator',
  'customer',
  'node',
  'operator',
  'auditor',
  'platform',
] as const;
export type Role = (typeof ROLES)[number];

/** A party as events name it (`actor`): `dso`, `aggregator:AGG1`, `customer:IT002E60776854`. */
export interface Party {
  readonly role: Role;
  /** Aggregator id, PoD of a customer or node, name of a platform; null where the role says all. */
  readonly partyId: string | null;
}

/** Who speaks, as a verified token says it. */
export interface Principal extends Party {
  /** The client that asks, with the user where one has signed in: `desk/agg1.trader`. */
  readonly clientId: string;
  /** Who has signed in; absent where a machine speaks for its party. */
  readonly userId?: string;
  /** `role` and `partyId` as one text, the form that stands in events. */
  readonly actor: string;
  readonly scopes: readonly Scope[];
  /** When its token ends, epoch milliseconds; absent where it has none. */
  readonly expiresAtMs?: number;
  /** What owners of data have granted its party; absent where nobody was asked for it. */
  readonly granted?: GrantedReads;
}

/** What a party reads by grants of the owners, as far as the log was read. */
export interface GrantedReads {
  /** Whether a grant is in force. @param source code of a PoD, or `grid` */
  has(dataSet: DataSet, source: string): boolean;
  /** Those of which it was granted any. */
  dataSets(): readonly DataSet[];
  /** Resolves once everything is known that stood in the log when it was called. */
  caughtUp(): Promise<void>;
}

/** Whose thing an action touches; an owner that is not named is nobody's own. */
export interface Resource {
  readonly aggregatorId?: string;
  readonly requester?: Requester;
  readonly podId?: string;
  /** A party by its text, whose users, clients and records are meant. */
  readonly party?: string;
  /** What of the PoD, or of the grid, is read, where its owner can grant it to others. */
  readonly dataSet?: DataSet;
}

type Reach = 'all' | 'own';

const everyone: Record<Role, Reach> = {
  dso: 'all',
  tso: 'all',
  aggregator: 'all',
  customer: 'all',
  node: 'all',
  operator: 'all',
  auditor: 'all',
  platform: 'all',
};
const traders = { dso: 'own', tso: 'own', aggregator: 'own' } as const;
const overseers = { operator: 'all', auditor: 'all' } as const;

const RULES: Record<Scope, Partial<Record<Role, Reach>>> = {
  'market:read': everyone,
  'market:operate': { operator: 'all' },
  'pods:read': {
    dso: 'all',
    tso: 'all',
    platform: 'all',
    aggregator: 'own',
    customer: 'own',
    ...overseers,
  },
  'pods:write': { aggregator: 'own', operator: 'all' },
  'pods:qualify': { dso: 'all', tso: 'all' },
  'pods:locate': { dso: 'all' },
  'availability:write': { aggregator: 'own', customer: 'own', operator: 'all' },
  'requests:write': { dso: 'own', tso: 'own', operator: 'all' },
  'offers:write': { aggregator: 'own' },
  'orders:read': { ...traders, ...overseers },
  'outcomes:read': { dso: 'all', ...overseers },
  'outcomes:validate': { dso: 'all' },
  'results:read': { ...traders, customer: 'own', ...overseers },
  'settlements:read': { ...traders, customer: 'own', ...overseers },
  'settlements:dispute': { aggregator: 'own' },
  'setpoints:write': { aggregator: 'own' },
  'setpoints:read': {
    dso: 'all',
    platform: 'all',
    aggregator: 'own',
    customer: 'own',
    node: 'own',
    ...overseers,
  },
  'measurements:read': {
    dso: 'all',
    tso: 'all',
    platform: 'all',
    aggregator: 'own',
    customer: 'own',
    ...overseers,
  },
  'agreements:write': { aggregator: 'own', customer: 'own' },
  'agreements:read': { aggregator: 'own', customer: 'own', platform: 'all', ...overseers },
  'access:write': { ...traders, customer: 'own' },
  'access:read': { ...traders, customer: 'own', ...overseers },
  'grid:write': { dso: 'all' },
  'grid:read': { dso: 'all', ...overseers },
  'events:read': { ...traders, customer: 'own', node: 'own', platform: 'all', ...overseers },
  'processors:read': overseers,
  'parties:read': { ...traders, customer: 'own', ...overseers },
  'parties:write': { operator: 'all' },
  'users:write': { ...traders, operator: 'all' },
  'persons:read': { aggregator: 'own', operator: 'all' },
  'persons:write': { aggregator: 'own', operator: 'all' },
};

const reads = (role: Role): Scope[] => scopesOf(role).filter((scope) => scope.endsWith(':read'));

/**
 * What a user may do, by its role; never more than its party may. Most roles are all that their party
 * may; the others are of people who do one thing of it (D3.3 A.1.3.3, A.2.2.3, A.3.2.3, A.4.3.3).
 */
export const USER_ROLE_SCOPES: Readonly<Record<UserRole, readonly Scope[]>> = {
  'market-administrator': scopesOf('operator'),
  'access-layer-administrator': [
    'market:read',
    'pods:read',
    'measurements:read',
    'setpoints:read',
    'events:read',
    'processors:read',
  ],
  'market-authority': scopesOf('auditor'),
  dso: without(scopesOf('dso'), 'users:write'),
  'dsotp-administrator': [...reads('dso'), 'pods:locate', 'grid:write', 'users:write'],
  tso: scopesOf('tso'),
  aggregator: scopesOf('aggregator'),
  // Runs the platform for the aggregator: bids and dispatches, and binds it to nobody.
  'ap-operator': [
    ...without(reads('aggregator'), 'agreements:read', 'persons:read'),
    'availability:write',
    'offers:write',
    'setpoints:write',
  ],
  customer: scopesOf('customer'),
};

/** Every scope of a user with these roles, each once, in the order of `SCOPES`. */
export function scopesOfUser(roles: readonly UserRole[]): Scope[] {
  const held = new Set(roles.flatMap((role) => USER_ROLE_SCOPES[role]));
  return (Object.keys(SCOPES) as Scope[]).filter((scope) => held.has(scope));
}

function without(scopes: readonly Scope[], ...left: readonly Scope[]): Scope[] {
  return scopes.filter((scope) => !left.includes(scope));
}

/** True when a principal may do `action` to a resource. A list is filtered row by row. */
export function may(principal: Principal, action: Scope, resource: Resource = {}): boolean {
  const { scopes, role } = principal;
  const reach = scopes.includes(action) ? RULES[action][role] : undefined;
  if (reach === 'all' || (reach === 'own' && owns(principal, resource))) return true;
  return isGranted(principal, action, resource);
}

/** The scope by which each data set is read, by right or by grant. */
const SCOPE_OF_DATA_SET: Readonly<Record<DataSet, Scope>> = {
  measurements: 'measurements:read',
  livePower: 'measurements:read',
  baselines: 'pods:read',
  setpoints: 'setpoints:read',
  grid: 'grid:read',
};

/**
 * Scopes that grants to its party open: for what was granted alone, and to a principal that may follow its party's
 * events at all.
 */
export function scopesByGrant({ scopes, granted }: Principal): Scope[] {
  if (!granted || !scopes.includes('events:read')) return [];
  return granted.dataSets().map((dataSet) => SCOPE_OF_DATA_SET[dataSet]);
}

/** True where the owner of the data lets the principal's party read what the resource names. */
function isGranted(principal: Principal, action: Scope, { podId, dataSet }: Resource): boolean {
  const { granted, scopes } = principal;
  if (!granted || dataSet === undefined || SCOPE_OF_DATA_SET[dataSet] !== action) return false;
  if (!scopes.includes(action) && !scopes.includes('events:read')) return false;
  const source = dataSet === 'grid' ? GRID_SOURCE : podId;
  return source !== undefined && granted.has(dataSet, source);
}

/** Roles that read a data set by the rules of the market, each all of it or its own. */
export function readersByRight(dataSet: DataSet): readonly Role[] {
  return rolesWith(SCOPE_OF_DATA_SET[dataSet]);
}

/** Roles that can be given a scope, each for everyone's things or its own. */
export function rolesWith(scope: Scope): readonly Role[] {
  return ROLES.filter((role) => RULES[scope][role] !== undefined);
}

/** Every scope that a role can be given. */
export function scopesOf(role: Role): Scope[] {
  return (Object.keys(SCOPES) as Scope[]).filter((scope) => RULES[scope][role] !== undefined);
}

/** True for the name of a scope. */
export function isScope(name: string): name is Scope {
  return Object.hasOwn(SCOPES, name);
}

/** True for the name of a user's role. */
export function isUserRole(name: string): name is UserRole {
  return Object.hasOwn(USER_ROLES, name);
}

/**
 * Reads a party from its text.
 *
 * @throws RangeError when the role does not exist, or lacks the id that it needs
 */
export function partyOf(actor: string): Party {
  const [role, ...rest] = actor.split(':');
  const partyId = rest.join(':') || null;
  if (!isRole(role)) {
    throw new RangeError(`"${actor}" names no party; its role must be one of ${ROLES.join(', ')}`);
  }
  if (partyId === null && ROLES_WITH_ID.includes(role)) {
    throw new RangeError(`"${actor}" lacks an id; write ${role}:ID`);
  }
  return { role, partyId };
}

const ROLES_WITH_ID: readonly Role[] = ['aggregator', 'customer', 'node', 'platform'];

function isRole(name: string | undefined): name is Role {
  return ROLES.includes(name as Role);
}

function owns({ role, partyId, actor }: Principal, resource: Resource): boolean {
  if (resource.party !== undefined) return resource.party === actor;
  switch (role) {
    case 'dso':
      return resource.requester === 'DSO';
    case 'tso':
      return resource.requester === 'TSO';
    case 'aggregator':
      return partyId !== null && resource.aggregatorId === partyId;
    case 'customer':
    case 'node':
      return partyId !== null && resource.podId === partyId;
    default:
      return false;
  }
}
