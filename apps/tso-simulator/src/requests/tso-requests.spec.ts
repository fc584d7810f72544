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

  it('asks for reactive power where it wants any, beside the same of active power', () => {
    const needs = [{ pom: 'PS-1', largestW: 10_000, largestVar: 4_000 }];
    const both = drawTsoRequests('x', 'dayAhead', 96, needs, seededRandom(7, 'tso'));
    const alone = drawTsoRequests(
      'x',
      'dayAhead',
      96,
      [{ pom: 'PS-1', largestW: 10_000 }],
      seededRandom(7, 'tso'),
    );
    expect(both.map(({ requestId, product }) => [requestId, product])).toEqual([
      ['TSO-PS-1-x', 'P'],
      ['TSO-Q-PS-1-x', 'Q'],
    ]);
    expect(both[0]).toEqual(alone[0]);
    expect(both[1]).toMatchObject({ requester: 'TSO', direction: 'up', scope: { pom: 'PS-1' } });
    expect(Math.max(...both[1]!.quantityW)).toBeLessThanOrEqual(4_000);
  });

  it('draws the same from the same seed', () => {
    expect(draw(7, 96)).toEqual(draw(7, 96));
    expect(draw(7, 96)).not.toEqual(draw(8, 96));
  });
});
