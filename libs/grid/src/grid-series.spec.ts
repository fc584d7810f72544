/**
 * Goal: a day's profiles through a grid give the voltages and loadings computed elsewhere for every
 * step.
 */
import { gridSeries, parseProfiles, type DayResult } from './grid-series';
import { parseNetwork } from './model/parse-network';
import { describeReference, referenceJson } from './testing/reference-grids';
import { substation } from './testing/small-grids';

interface ProfilesFile {
  days: { id: string; expected: Omit<DayResult, 'id' | 'notConverged'> }[];
}

describeReference('five days of simbench-lv-rural1 (skipped without ../shared)', () => {
  it('equal the reference in every step', () => {
    const network = parseNetwork(referenceJson('simbench-lv-rural1'));
    const file = referenceJson<ProfilesFile>('simbench-lv-rural1.profiles');
    const { days } = gridSeries(network, parseProfiles(file, network));
    expect(days.map((day) => day.id)).toEqual(file.days.map((day) => day.id));
    days.forEach((day, index) => {
      const { expected } = file.days[index]!;
      expect(day.notConverged).toEqual([]);
      expect(largestDifference(day.busVmPu.flat(), expected.busVmPu.flat())).toBeLessThan(1e-8);
      expect(
        largestDifference(day.lineLoadingPercent.flat(), expected.lineLoadingPercent.flat()),
      ).toBeLessThan(1e-5);
      expect(
        largestDifference(day.transformerLoadingPercent, expected.transformerLoadingPercent),
      ).toBeLessThan(1e-5);
      expect(largestDifference(day.externalGridPMw, expected.externalGridPMw)).toBeLessThan(1e-8);
      expect(largestDifference(day.externalGridQMvar, expected.externalGridQMvar)).toBeLessThan(
        1e-8,
      );
      expect(largestDifference(day.totalLossesMw, expected.totalLossesMw)).toBeLessThan(1e-9);
    });
  });
});

function largestDifference(
  actual: readonly (number | null)[],
  expected: readonly (number | null)[],
): number {
  expect(actual).toHaveLength(expected.length);
  // NaN, which a null would give, fails the comparison that follows.
  return expected.reduce<number>(
    (largest, value, index) => Math.max(largest, Math.abs((actual[index] ?? NaN) - value!)),
    0,
  );
}

describe('a profiles file', () => {
  const network = parseNetwork(substation());
  const file = (): Record<string, unknown> => ({
    schema: 'reference-grid-profiles/1',
    grid: 'substation',
    stepMinutes: 15,
    steps: 2,
    loadIds: ['load-d', 'load-b'],
    generatorIds: [],
    busIds: ['d', 'mv'],
    lineIds: ['l4', 'l1'],
    days: [
      {
        id: 'monday',
        externalGridVmPu: 1.03,
        loadPMw: [
          [0.01, 0.02],
          [0.03, 0.04],
        ],
        loadQMvar: [
          [0, 0],
          [0, 0],
        ],
        generatorPMw: [[], []],
        generatorQMvar: [[], []],
      },
    ],
  });

  it('sets the order of the results, and leaves elements it does not name at their own values', () => {
    const { days } = gridSeries(network, parseProfiles(file(), network));
    const [{ busVmPu, lineLoadingPercent, externalGridPMw }] = days as [DayResult];
    expect(busVmPu.map((row) => row[1])).toEqual([
      expect.closeTo(1.03, 12),
      expect.closeTo(1.03, 12),
    ]);
    expect(lineLoadingPercent[0]).toEqual([null, expect.any(Number)]);
    // Two profiled loads, the third at its own 20 kW, the PV at its own 30 kW, and losses of some 2 kW.
    expect(externalGridPMw[0]).toBeCloseTo(0.01 + 0.02 + 0.02 - 0.03, 2);
    expect(externalGridPMw[1]! - externalGridPMw[0]!).toBeGreaterThan(0.04);
  });

  it.each<[string, (edited: Record<string, unknown>) => void, RegExp]>([
    ['another grid', (edited) => (edited['grid'] = 'other'), /grid is "other"/],
    ['an unknown load', (edited) => (edited['loadIds'] = ['x', 'y']), /loadIds has "x"/],
    [
      'an id named twice',
      (edited) => (edited['busIds'] = ['a', 'a']),
      /busIds has "a", unknown or twice/,
    ],
    ['a missing row', (edited) => (edited['steps'] = 3), /day "monday": loadPMw has no 3 rows/],
    ['half a step', (edited) => (edited['steps'] = 1.5), /steps is 1.5. Give a whole number/],
    [
      'a value that is none',
      (edited) => ((edited['days'] as { loadPMw: unknown[][] }[])[0]!.loadPMw[1]![0] = 'x'),
      /day "monday": loadPMw\[1\] for "load-d" is no finite number/,
    ],
  ])('is refused by name with %s', (_, edit, message) => {
    const edited = file();
    edit(edited);
    expect(() => parseProfiles(edited, network)).toThrow(message);
  });
});
