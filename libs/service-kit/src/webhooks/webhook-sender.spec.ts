/** A name is judged by what it resolves to when the connection is made. */
import type { LookupAddress } from 'node:dns';
import { guardedLookup, httpSender } from './webhook-sender';

const lookUp = (addresses: readonly string[], all: boolean) =>
  new Promise<unknown>((resolve) => {
    const found: LookupAddress[] = addresses.map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }));
    const lookup = guardedLookup('public', (_, __, done) => done(null, found));
    lookup('agg1.example', { all }, (error, ...answer) => resolve(error?.message ?? answer));
  });

it('lets public addresses through', async () => {
  expect(await lookUp(['93.184.216.34'], false)).toEqual(['93.184.216.34', 4]);
  expect(await lookUp(['93.184.216.34'], true)).toEqual([
    [{ address: '93.184.216.34', family: 4 }],
  ]);
});

it.each([[['10.0.0.1']], [['93.184.216.34', '::1']], [['169.254.169.254']]])(
  'refuses a name that resolves to %j',
  async (addresses) => {
    expect(await lookUp(addresses, true)).toMatch(/^agg1\.example is at /);
  },
);

it('sends nothing where the configuration has been narrowed since', async () => {
  const delivery = await httpSender('public')('http://127.0.0.1:9/', {}, '{}');
  expect(delivery).toEqual({ delivered: false, reason: 'The address must begin with https://.' });
});
