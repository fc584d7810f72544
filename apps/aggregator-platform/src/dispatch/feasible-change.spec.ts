/** What plants can follow, limit by limit, and that no limit is ever broken. */
import type { PlantLimits } from '@flexledger/domain';
import fc from 'fast-check';
import { type PlantState, feasibleChange } from './feasible-change';

const free: PlantLimits = {
  responseMinutes: 0,
  startUpMinutes: 0,
  rampWPerMinute: null,
  energyWh: null,
};
const standing: PlantState = { lastChangeW: 0, movedWMtu: 0 };
const LEAD_MINUTES = 15;

function follow(
  wanted: readonly (number | null)[],
  limits: Partial<PlantLimits>,
  state: Partial<PlantState> = {},
) {
  const { mtus } = feasibleChange(wanted, { ...free, ...limits }, LEAD_MINUTES, {
    ...standing,
    ...state,
  });
  return mtus.map(({ changeW, cutBy }) => (cutBy ? [changeW, cutBy] : changeW));
}

describe('a plant', () => {
  it('without limits follows everything', () => {
    expect(follow([-500, null, 800, 0], {})).toEqual([-500, null, 800, 0]);
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
    expect(change).toEqual([-300, null, [-300, 'ramp']]);
  });

  it('whose energy ends sooner than it can come back is left to itself', () => {
    // 1,100 W·MTU: after 1,000 there are 100 left, but in an MTU it comes down to 700 only.
    const limits = { rampWPerMinute: 20, energyWh: 275 };
    expect(follow([-1_000, -1_000, -300], limits, { lastChangeW: -1_000 })).toEqual([
      -1_000,
      [null, 'energy'],
      [-100, 'energy'],
    ]);
  });

  it('goes on from where a window left it', () => {
    const limits = { ...free, rampWPerMinute: 20 };
    const { after } = feasibleChange([-500], limits, LEAD_MINUTES, standing);
    expect(after).toEqual({ lastChangeW: -300, movedWMtu: 300 });
  });
});

/** What a course of changes breaks, by the words of the limits alone. */
function broken(
  course: readonly (number | null)[],
  { responseMinutes, startUpMinutes, rampWPerMinute, energyWh }: PlantLimits,
  { lastChangeW, movedWMtu }: PlantState,
): string[] {
  const found: string[] = [];
  course.forEach((changeW, mtu) => {
    if (changeW === null) return;
    const before = mtu === 0 ? lastChangeW : (course[mtu - 1] ?? 0);
    const earlier = course.slice(0, mtu + 1).map((watts) => Math.abs(watts ?? 0));
    const moved = earlier.reduce((sum, watts) => sum + watts, movedWMtu);
    const known = LEAD_MINUTES + mtu * 15;
    const needed = responseMinutes + (before === 0 ? startUpMinutes : 0);
    if (changeW !== before && known < needed) found.push(`MTU ${mtu}: not ready`);
    if (rampWPerMinute !== null && Math.abs(changeW - before) > rampWPerMinute * 15) {
      found.push(`MTU ${mtu}: ramp`);
    }
    if (energyWh !== null && changeW !== 0 && moved > energyWh * 4)
      found.push(`MTU ${mtu}: energy`);
  });
  return found;
}

describe('whatever is wanted of whatever plant', () => {
  const limits: fc.Arbitrary<PlantLimits> = fc.record({
    responseMinutes: fc.nat(60),
    startUpMinutes: fc.nat(60),
    rampWPerMinute: fc.option(fc.integer({ min: 1, max: 100 })),
    energyWh: fc.option(fc.nat(2_000)),
  });
  const state: fc.Arbitrary<PlantState> = fc.record({
    lastChangeW: fc.oneof(fc.constant(0), fc.integer({ min: -2_000, max: 2_000 })),
    movedWMtu: fc.nat(4_000),
  });
  const watts = fc.integer({ min: -3_000, max: 3_000 });
  const wanted = fc.array(fc.option(watts), { maxLength: 16 });
  /** Courses that are likely to be feasible: little steps, held for a while. */
  const gentle = fc
    .array(fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 1, max: 4 })), {
      maxLength: 6,
    })
    .map((steps) => steps.flatMap(([tens, times]) => new Array<number>(times).fill(tens * 10)));

  it('what is asked breaks no limit', () => {
    fc.assert(
      fc.property(fc.oneof(wanted, gentle), limits, state, (course, limit, before) => {
        const { mtus } = feasibleChange(course, limit, LEAD_MINUTES, before);
        const asked = mtus.map(({ changeW }) => changeW);
        expect(broken(asked, limit, before)).toEqual([]);
      }),
    );
  });

  it('what is feasible is asked exactly, and is all that is not called cut', () => {
    let feasible = 0;
    fc.assert(
      fc.property(fc.oneof(wanted, gentle), limits, state, (course, limit, before) => {
        const { mtus } = feasibleChange(course, limit, LEAD_MINUTES, before);
        mtus.forEach(({ changeW, cutBy }, mtu) => {
          expect(cutBy === null).toBe(changeW === course[mtu]);
        });
        if (broken(course, limit, before).length > 0) return;
        feasible += course.length > 0 ? 1 : 0;
        expect(mtus.map(({ changeW }) => changeW)).toEqual(course);
      }),
    );
    expect(feasible).toBeGreaterThan(5);
  });
});
