import { roleName, signedInBy } from './token';

const tokenOf = (claims: object): string =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

it('reads who has signed in, and what they may', () => {
  const who = signedInBy(
    tokenOf({ sub: 'agg1.trader', party: 'aggregator:AGG1', scope: 'offers:write' }),
  );
  expect(who).toEqual({
    userId: 'agg1.trader',
    party: 'aggregator:AGG1',
    role: 'aggregator',
    partyId: 'AGG1',
    scopes: ['offers:write'],
  });
  expect(roleName(who!)).toBe('Aggregator AGG1');
  expect(roleName({ role: 'dso', partyId: null })).toBe('DSO');
});

it.each(['', 'a.b.c', 'no token', tokenOf({ sub: 'x' })])('%j is no token of ours', (text) => {
  expect(signedInBy(text)).toBeUndefined();
});
