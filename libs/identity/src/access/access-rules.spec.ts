/** Who may do what: each rule by example, then the laws that hold for every scope and role. */
import fc from 'fast-check';
import { type DataSet, USER_ROLES } from '@flexledger/domain';
import {
  type Principal,
  type Resource,
  type Role,
  type Scope,
  ROLES,
  SCOPES,
  USER_ROLE_SCOPES,
  isScope,
  may,
  partyOf,
  scopesByGrant,
  scopesOf,
  scopesOfUser,
} from './access-rules';

const allScopes = Object.keys(SCOPES) as Scope[];
const bearer = (actor: string, scopes: readonly Scope[] = allScopes): Principal => ({
  clientId: 'any',
  actor,
  scopes,
  ...partyOf(actor),
});
const dso = bearer('dso');
const tso = bearer('tso');
const agg1 = bearer('aggregator:AGG1');
const customer = bearer('customer:IT002E60776854');

describe('access rules', () => {
  it.each<[string, Principal, Scope, Resource, boolean]>([
    ['its own bid', agg1, 'offers:write', { aggregatorId: 'AGG1' }, true],
    ['a bid of another', agg1, 'offers:write', { aggregatorId: 'AGG2' }, false],
    ['a bid of nobody', agg1, 'offers:write', {}, false],
    ['a bid, being an operator', bearer('operator'), 'offers:write', {}, false],
    ['its own request', dso, 'requests:write', { requester: 'DSO' }, true],
    ['a request of the DSO, being the TSO', tso, 'requests:write', { requester: 'DSO' }, false],
    ['a request for the TSO, being an operator', bearer('operator'), 'requests:write', {}, true],
    ['a technical validation', dso, 'outcomes:validate', {}, true],
    ['a technical validation, being the TSO', tso, 'outcomes:validate', {}, false],
    ['its own results', agg1, 'results:read', { aggregatorId: 'AGG1' }, true],
    ['results of another', agg1, 'results:read', { aggregatorId: 'AGG2' }, false],
    ['the results it bought', tso, 'results:read', { requester: 'TSO' }, true],
    ['the results the DSO bought, as TSO', tso, 'results:read', { requester: 'DSO' }, false],
    ['all results', bearer('auditor'), 'results:read', {}, true],
    ['its own meter', customer, 'measurements:read', { podId: 'IT002E60776854' }, true],
    ['the meter next door', customer, 'measurements:read', { podId: 'IT002E00000001' }, false],
    ['the market, as DSO', dso, 'market:operate', {}, false],
    ['the market, as operator', bearer('operator'), 'market:operate', {}, true],
    ['its own users', agg1, 'users:write', { party: 'aggregator:AGG1' }, true],
    ['users of another', agg1, 'users:write', { party: 'aggregator:AGG2' }, false],
    ['users of any party, as operator', bearer('operator'), 'users:write', { party: 'dso' }, true],
    ['users of its own, as customer', customer, 'users:write', { party: customer.actor }, false],
    ['a party, being no operator', dso, 'parties:write', { party: 'dso' }, false],
  ])('%s: %#', (_, principal, action, resource, allowed) => {
    expect(may(principal, action, resource)).toBe(allowed);
  });

  it('deny what the token has no scope for, whatever the role may', () => {
    const reader = bearer('aggregator:AGG1', ['results:read']);
    expect(may(reader, 'results:read', { aggregatorId: 'AGG1' })).toBe(true);
    expect(may(reader, 'offers:write', { aggregatorId: 'AGG1' })).toBe(false);
  });

  describe('where an owner grants', () => {
    const granted = (scopes: readonly Scope[], ...reads: readonly string[]): Principal => ({
      ...bearer('aggregator:AGG1', scopes),
      granted: {
        has: (dataSet, source) => reads.includes(`${dataSet} of ${source}`),
        dataSets: () => reads.map((read) => read.split(' ')[0] as DataSet),
        caughtUp: async () => undefined,
      },
    });
    const own = { aggregatorId: 'AGG1', podId: 'P1' };

    it('open the data set of the source, and nothing else', () => {
      const reader = granted(['events:read'], 'measurements of P2', 'grid of grid');
      const read = (action: Scope, resource: Resource) => may(reader, action, resource);
      expect(scopesByGrant(reader)).toEqual(['measurements:read', 'grid:read']);
      expect(read('measurements:read', { podId: 'P2', dataSet: 'measurements' })).toBe(true);
      expect(read('measurements:read', { podId: 'P2', dataSet: 'livePower' })).toBe(false);
      expect(read('measurements:read', { podId: 'P2' })).toBe(false);
      expect(read('measurements:read', { podId: 'P3', dataSet: 'measurements' })).toBe(false);
      expect(read('grid:read', { dataSet: 'grid' })).toBe(true);
      // What of the grid no grant names: its meters, balancing of communities.
      expect(read('grid:read', {})).toBe(false);
      expect(read('grid:write', { dataSet: 'grid' })).toBe(false);
    });

    it('give a token no scope for what is read by right', () => {
      const reader = granted(['events:read'], 'measurements of P2');
      expect(may(reader, 'measurements:read', { ...own, dataSet: 'measurements' })).toBe(false);
      const whole = granted(['measurements:read'], 'measurements of P2');
      expect(may(whole, 'measurements:read', own)).toBe(true);
    });

    it('open nothing to a token that may not follow events, and lacks the scope', () => {
      const reader = granted(['market:read'], 'measurements of P2');
      expect(scopesByGrant(reader)).toEqual([]);
      expect(may(reader, 'measurements:read', { podId: 'P2', dataSet: 'measurements' })).toBe(
        false,
      );
    });
  });

  it('give no party the things of another, whatever its scopes', () => {
    const writes = scopesOf('aggregator');
    fc.assert(
      fc.property(
        fc.constantFrom(
          ...writes.filter((scope) => !['market:read', 'access:write'].includes(scope)),
        ),
        fc.string({ minLength: 1 }),
        fc.string({ minLength: 1 }),
        (action, one, other) => {
          fc.pre(one !== other);
          expect(may(bearer(`aggregator:${one}`), action, { aggregatorId: other })).toBe(false);
        },
      ),
    );
  });

  it('know every scope by its name and nothing else', () => {
    expect(allScopes.every(isScope)).toBe(true);
    expect(isScope('toString')).toBe(false);
    expect(isScope('offers:writes')).toBe(false);
  });

  it('give every role something and every scope to someone', () => {
    const given = new Set(ROLES.flatMap((role: Role) => scopesOf(role)));
    expect([...given].sort()).toEqual([...allScopes].sort());
    expect(ROLES.every((role) => scopesOf(role).length > 0)).toBe(true);
  });
});

describe('roles of users', () => {
  const roles = Object.keys(USER_ROLES) as (keyof typeof USER_ROLES)[];

  it.each(roles)('%s may nothing that its party may not', (role) => {
    const ofParty = scopesOf(USER_ROLES[role]);
    expect(USER_ROLE_SCOPES[role].filter((scope) => !ofParty.includes(scope))).toEqual([]);
    expect(USER_ROLE_SCOPES[role]).not.toEqual([]);
  });

  /** Who may change what: a row a scope that writes, beside what its role's own party reads. */
  it.each<[string, readonly string[]]>([
    ['market:operate', ['market-administrator']],
    ['pods:write', ['market-administrator', 'aggregator']],
    ['pods:locate', ['dso', 'dsotp-administrator']],
    ['availability:write', ['market-administrator', 'aggregator', 'ap-operator', 'customer']],
    ['requests:write', ['market-administrator', 'dso', 'tso']],
    ['offers:write', ['aggregator', 'ap-operator']],
    ['outcomes:validate', ['dso']],
    ['settlements:dispute', ['aggregator']],
    ['setpoints:write', ['aggregator', 'ap-operator']],
    ['agreements:write', ['aggregator', 'customer']],
    ['access:write', ['dso', 'tso', 'aggregator', 'customer']],
    ['grid:write', ['dso', 'dsotp-administrator']],
    ['parties:write', ['market-administrator']],
    ['users:write', ['market-administrator', 'dsotp-administrator', 'tso', 'aggregator']],
    ['persons:write', ['market-administrator', 'aggregator']],
    ['persons:read', ['market-administrator', 'aggregator']],
    ['processors:read', ['market-administrator', 'access-layer-administrator', 'market-authority']],
  ])('%s is for %j alone', (scope, holders) => {
    const having = roles.filter((role) => USER_ROLE_SCOPES[role].includes(scope as Scope));
    expect(having.sort()).toEqual([...holders].sort());
  });

  it('add up, each scope once', () => {
    const both = scopesOfUser(['dso', 'dsotp-administrator']);
    expect(new Set(both).size).toBe(both.length);
    expect(both).toEqual(scopesOf('dso'));
    expect(scopesOfUser([])).toEqual([]);
  });
});

describe('a party', () => {
  it('is read from the name that stands in events', () => {
    expect(partyOf('dso')).toEqual({ role: 'dso', partyId: null });
    expect(partyOf('aggregator:AGG1')).toEqual({ role: 'aggregator', partyId: 'AGG1' });
    expect(partyOf('node:a:b')).toEqual({ role: 'node', partyId: 'a:b' });
  });

  it.each(['', 'king', 'king:1', 'aggregator', 'aggregator:', 'customer'])(
    'is refused where it names nobody: "%s"',
    (actor) => expect(() => partyOf(actor)).toThrow(RangeError),
  );
});
