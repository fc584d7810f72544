import { MTU_MS } from '@flexledger/domain';
import { seededRandom, VirtualClock } from '@flexledger/runtime';
import * as fc from 'fast-check';
import { FREE } from '../ems/ems-driver';
import {
  CONTROL_ERROR_W,
  type PlantScenario,
  livingPlant,
  simulatedPlant,
} from './simulated-plant';

// Goal: no watt-hour appears or is lost, whenever the meter is read and whatever is asked of the plant.

const startMs = Date.parse('2026-03-17T00:00:00Z');
const reach = { upW: 1_000, downW: 1_000, upVar: 500, downVar: 500 };
const counters = { withdrawnTotalWh: 5_000, injectedTotalWh: 70 };

function plantOf(naturalW: number[], change: Partial<PlantScenario> = {}, seed = 'test') {
  const clock = new VirtualClock(startMs);
  const naturalVar = naturalW.map(() => 0);
  const scenario = { startMs, naturalW, naturalVar, reach, counters, ...change };
  return { clock, plant: simulatedPlant(scenario, clock, seededRandom(seed, 'plant')) };
}

describe('a plant left alone', () => {
  it('counts reactive energy by quadrant, where its meter does; the net is theirs', async () => {
    const naturalVar = [40, -40, 80, -80];
    const { clock, plant } = plantOf([400, 400, -800, -800], { naturalVar, countsQuadrants: true });
    await clock.advanceTo(startMs + 4 * MTU_MS);
    expect(plant.reading()).toMatchObject({
      reactiveTotalVarh: 0,
      quadrantTotals: {
        inductiveWithdrawnVarh: 10,
        capacitiveWithdrawnVarh: 10,
        capacitiveInjectedVarh: 20,
        inductiveInjectedVarh: 20,
      },
    });
    expect(plantOf([400]).plant.reading().quadrantTotals).toBeUndefined();
  });

  it('counts its natural power, each direction on its own counter', async () => {
    const { clock, plant } = plantOf([400, -800, 10]);
    const film = [plant.reading()];
    for (let mtu = 1; mtu <= 3; mtu += 1) {
      await clock.advanceTo(startMs + mtu * MTU_MS);
      film.push(plant.reading());
    }
    expect(film.map((r) => [r.withdrawnTotalWh, r.injectedTotalWh, r.powerW])).toEqual([
      [5_000, 70, 400],
      [5_100, 70, -800],
      [5_100, 270, 10],
      [5_102, 270, 10], // 2.5 Wh, of which 2 are whole
    ]);
  });

  it('counts the same however often and whenever it is read', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -9_000, max: 9_000 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 0, max: 8 * MTU_MS }), { maxLength: 20 }),
        async (naturalW, offsets) => {
          const naturalVar = naturalW.map((powerW) => 300 - powerW);
          const { clock, plant } = plantOf(naturalW, { naturalVar });
          const endMs = startMs + naturalW.length * MTU_MS;
          for (const offsetMs of [...offsets].sort((a, b) => a - b)) {
            if (startMs + offsetMs >= endMs) break;
            await clock.advanceTo(startMs + offsetMs);
            plant.reading();
          }
          await clock.advanceTo(endMs);
          const quarterWh = (powers: number[]): number =>
            Math.floor(powers.reduce((sum, power) => sum + power, 0) / 4);
          expect(plant.reading()).toMatchObject({
            withdrawnTotalWh: 5_000 + quarterWh(naturalW.map((w) => Math.max(0, w))),
            injectedTotalWh: 70 + quarterWh(naturalW.map((w) => Math.max(0, -w))),
            reactiveTotalVarh: quarterWh(naturalVar),
          });
        },
      ),
    );
  });
});

describe('a plant under a target', () => {
  it('follows it with an error of about 100 W, and is its own master again when let go', async () => {
    const count = 400;
    const { clock, plant } = plantOf(Array<number>(count).fill(2_000));
    await plant.ems.apply({ powerW: 1_500, reactiveVar: null });
    const errors: number[] = [];
    for (let mtu = 0; mtu < count - 1; mtu += 1) {
      errors.push(plant.reading().powerW - 1_500);
      await clock.advanceTo(startMs + (mtu + 1) * MTU_MS);
    }
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    const deviation = Math.sqrt(
      errors.reduce((sum, e) => sum + (e - mean) ** 2, 0) / errors.length,
    );
    expect(Math.abs(mean)).toBeLessThan(20);
    expect(Math.abs(deviation - CONTROL_ERROR_W)).toBeLessThan(10);
    await plant.ems.apply(FREE);
    expect(plant.reading().powerW).toBe(2_000);
  });

  it('goes no further than it can', async () => {
    const { plant } = plantOf([2_000, 2_000]);
    await plant.ems.apply({ powerW: -9_000, reactiveVar: null });
    expect(plant.reading().powerW).toBe(1_000);
    await plant.ems.apply({ powerW: 9_000, reactiveVar: null });
    expect(plant.reading().powerW).toBe(3_000);
  });

  it('moves reactive power on its own', async () => {
    const { clock, plant } = plantOf([0, 0], { naturalVar: [0, 0] });
    await plant.ems.apply({ powerW: null, reactiveVar: -5_000 });
    await clock.advanceTo(startMs + MTU_MS);
    expect(plant.reading()).toMatchObject({ reactiveTotalVarh: -125, withdrawnTotalWh: 5_000 });
  });

  it('splits an MTU in which the target changes by time', async () => {
    const { clock, plant } = plantOf([1_000], { reach: { ...reach, upW: 0, downW: 0 } });
    const half = { ...reach, upW: 1_000, downW: 0 };
    const moved = plantOf([1_000], { reach: half });
    for (const each of [{ clock, plant }, moved]) {
      await each.clock.advanceTo(startMs + MTU_MS / 2);
      await each.plant.ems.apply({ powerW: -99_999, reactiveVar: null });
      await each.clock.advanceTo(startMs + MTU_MS);
    }
    expect(plant.reading().withdrawnTotalWh).toBe(5_250); // cannot move
    expect(moved.plant.reading().withdrawnTotalWh).toBe(5_125); // at 0 W for the second half
  });

  it('errs alike for equal seeds, whatever was asked in between', async () => {
    const powerAtThirdMtu = async (firstTargetW: number | null): Promise<number> => {
      const { clock, plant } = plantOf([0, 0, 0], {}, 'seed');
      await plant.ems.apply({ powerW: firstTargetW, reactiveVar: null });
      await clock.advanceTo(startMs + 2 * MTU_MS);
      await plant.ems.apply({ powerW: 200, reactiveVar: null });
      return plant.reading().powerW;
    };
    expect(await powerAtThirdMtu(null)).toBe(await powerAtThirdMtu(-500));
  });
});

describe('a plant', () => {
  it('has no power outside its scenario', async () => {
    const { clock, plant } = plantOf([1]);
    await clock.advanceTo(startMs + MTU_MS + 1);
    expect(() => plant.reading()).toThrow(
      'The simulated plant lives from 2026-03-17T00:00:00.000Z',
    );
  });

  it('needs reactive power for every MTU', () => {
    expect(() => plantOf([1, 2], { naturalVar: [0] })).toThrow('as many MTUs of naturalVar (1)');
  });
});

describe('a plant that lives on', () => {
  it('goes on from the counters that its meter showed, for ever', async () => {
    const clock = new VirtualClock(startMs);
    const shown = { withdrawnTotalWh: 5_000, injectedTotalWh: 70, reactiveTotalVarh: 30 };
    const naturalIn = (mtu: number) => ({ powerW: mtu % 2 === 0 ? 400 : -800, reactiveVar: 40 });
    const scenario = { startMs, naturalIn, reach, counters: shown };
    const plant = livingPlant(scenario, clock, seededRandom(1, 'plant'));
    expect(plant.reading()).toMatchObject(shown);
    await clock.advanceTo(startMs + 2_000 * MTU_MS);
    expect(plant.reading()).toEqual({
      withdrawnTotalWh: 5_000 + 1_000 * 100,
      injectedTotalWh: 70 + 1_000 * 200,
      reactiveTotalVarh: 30 + 2_000 * 10,
      powerW: 400,
    });
  });

  it('errs as a scenario of the same powers does', async () => {
    const clock = new VirtualClock(startMs);
    const naturalW = [0, 500, 1_000];
    const naturalVar = [0, 0, 0];
    const common = { startMs, reach, counters };
    const bounded = simulatedPlant(
      { ...common, naturalW, naturalVar },
      clock,
      seededRandom(1, 'plant'),
    );
    const naturalIn = (mtu: number) => ({ powerW: mtu * 500, reactiveVar: 0 });
    const living = livingPlant({ ...common, naturalIn }, clock, seededRandom(1, 'plant'));
    await clock.advanceTo(startMs + 2 * MTU_MS);
    for (const { ems } of [bounded, living]) await ems.apply({ powerW: 700, reactiveVar: 0 });
    expect(living.reading()).toEqual(bounded.reading());
    expect(living.reading().powerW).not.toBe(700);
  });
});
