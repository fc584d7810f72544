import { podIdOf } from '@flexledger/domain';
import { seededRandom } from '@flexledger/runtime';
import fc from 'fast-check';
import { drawRequests } from './market-log';

it('of any number of PoDs, each request drawn asks for some of them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 12, max: 20_000 }), (pods) => {
      const known = new Set(Array.from({ length: pods }, (_, index) => podIdOf(index)));
      for (const { scope } of drawRequests(pods, seededRandom(pods, 'test'))) {
        if ('pom' in scope) continue;
        expect(scope.podIds.length).toBeGreaterThan(0);
        expect(scope.podIds.every((podId) => known.has(podId))).toBe(true);
      }
    }),
    { numRuns: 30 },
  );
});
