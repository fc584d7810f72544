/** The simulated TSO asks within its needs, and the same seed asks the same. */
import { seededRandom } from '@flexledger/runtime';
import fc from 'fast-check';
import { drawTsoRequests } from './tso-requests';

const draw = (seed: number, mtuCount: number) =>
  drawTsoRequests(
    'realTime-x',
    'realTime',
    mtuCount,
    [{ pom: 'PS-1', largestW: 10_000 }],
    seededRandom(seed, 'tso'),
  );

describe('drawTsoRequests', () => {
  it('asks one PoM for up to its need, in whole tens of watts, on any length of session', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(12, 16, 20, 92, 96, 100), (seed, mtuCount) => {
        for (const request of draw(seed, mtuCount)) {
          expect(request.requester).toBe('TSO');
          expect(request.scope).toEqual({ pom: 'PS-1' });
          expect(request.quantityW).toHaveLength(mtuCount);
          for (const watts of request.quantityW) {
            expect(watts).toBeGreaterThanOrEqual(0);
            expect(watts).toBeLessThanOrEqual(10_000);
            expect(watts % 10).toBe(0);
          }
        }
      }),
    );
  });

  it('draws the same from the same seed', () => {
    expect(draw(7, 96)).toEqual(draw(7, 96));
    expect(draw(7, 96)).not.toEqual(draw(8, 96));
  });
});
