/** What plants can follow, limit by limit, and that no limit is ever broken. */
import fc from 'fast-check';
import type { DispatchLimits } from '../portfolio/portfolio';
import { type PlantState, feasibleChange } from './feasible-change';

const free: DispatchLimits = {
  responseMinutes: 0,
  startUpMinutes: 0,
  rampWPerMinute: null,
  energyWh: null,
};
const standing: PlantState = { lastChangeW: 0, movedWMtu: 0, leadMinutes: 15 };

function follow(
  wanted: readonly (number | null)[],
  limits: Partial<DispatchLimits>,
  state: Partial<PlantState> = {},
) {
  const mtus = feasibleChange(wanted, { ...free, ...limits }, { ...standing, ...state });
  return mtus.map(({ changeW, cutBy }) => (cutBy ? [changeW, cutBy] : changeW));
}

describe('a plant', () => {
  it('without limits follows everything', () => {
    expect(follow([-500, null, 800, 0], {})).toEqual([-500, 0, 800, 0]);
  });

  it('that answers late misses the MTUs before its answer', () => {
    expect(follow([-500, -500, -500], { responseMinutes: 40 })).toEqual([
      [0, 'response'],
      [0, 'response'],
      -500,
    ]);
  });

  it('that answers late goes on as it did', () => {
    expect(follow([-500, -500], { responseMinutes: 20 }, { lastChangeW: -300 })).toEqual([
      [-300, 'response'],
      -500,
    ]);
  });

  it('that stands still has to start up; one that runs need not', () => {
    const slow = { responseMinutes: 5, startUpMinutes: 20 };
    expect(follow([-500, -500], slow)).toEqual([[0, 'startUp'], -500]);
    expect(follow([-500, -500], slow, { lastChangeW: -300 })).toEqual([-500, -500]);
  });

  it('with a ramp comes as near as it can in each MTU', () => {
    expect(follow([-500, -500, 200], { rampWPerMinute: 20 })).toEqual([
      [-300, 'ramp'],
      -500,
      [-200, 'ramp'],
    ]);
  });

  it('with little energy gives what is left of it on that day', () => {
    // 250 Wh are 1,000 W for an MTU; 300 were moved before.
    const state = { movedWMtu: 300 };
    expect(follow([-500, 500, -100], { energyWh: 250 }, state)).toEqual([
      -500,
      [200, 'energy'],
      [0, 'energy'],
    ]);
  });

  it('is free where nothing is wanted, and begins there again', () => {
    const change = follow([-300, null, -600], { rampWPerMinute: 20 });
    expect(change).toEqual([-300, 0, [-300, 'ramp']]);
  });

  it('never breaks a limit, and says of each MTU whether it follows', () => {
    const limits = fc.record({
      responseMinutes: fc.nat(60),
      startUpMinutes: fc.nat(60),
      rampWPerMinute: fc.option(fc.integer({ min: 1, max: 100 })),
      energyWh: fc.option(fc.nat(2_000)),
    });
    const state = fc.record({
      lastChangeW: fc.integer({ min: -2_000, max: 2_000 }),
      movedWMtu: fc.nat(4_000),
      leadMinutes: fc.constant(15),
    });
    const wanted = fc.array(fc.option(fc.integer({ min: -3_000, max: 3_000 })), { maxLength: 16 });
    fc.assert(
      fc.property(wanted, limits, state, (want, limit, at) => {
        const mtus = feasibleChange(want, limit, at);
        let last = at.lastChangeW;
        let moved = at.movedWMtu;
        mtus.forEach(({ changeW, cutBy }, mtu) => {
          const wish = want[mtu] ?? null;
          expect(cutBy === null).toBe(Math.abs(changeW - (wish ?? 0)) === 0);
          moved += Math.abs(changeW);
          if (wish !== null && limit.rampWPerMinute !== null) {
            const isCut = cutBy === 'energy';
            if (!isCut)
              expect(Math.abs(changeW - last)).toBeLessThanOrEqual(limit.rampWPerMinute * 15);
          }
          if (limit.energyWh !== null && changeW !== 0) {
            expect(moved).toBeLessThanOrEqual(Math.max(limit.energyWh * 4, at.movedWMtu));
          }
          last = changeW;
        });
      }),
    );
  });
});
