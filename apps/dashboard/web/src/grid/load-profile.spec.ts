import { forecastSum, measuredSum, profiledElements, typicalOf } from './load-profile';
import type { TreeBranch, TreeBus } from './tree';

const bus = (id: string): TreeBus => ({ id, index: 0, depth: 0, row: 0, distanceOhm: 0 });
const branch = (kind: TreeBranch['kind'], id: string, from: string, to: string): TreeBranch => ({
  kind,
  id,
  index: 0,
  from: bus(from),
  to: bus(to),
});
const pods = [
  { id: 'P1', bus: 'lv2' },
  { id: 'P2', bus: 'mv' },
];
const branches = [
  branch('line', 'l2', 'lv1', 'lv2'),
  branch('transformer', 't1', 'mv', 'lv1'),
  { ...branch('line', 'ring', 'lv1', 'other'), apart: 'open' as const },
  branch('transformer', 't2', 'mv', 'empty'),
];

it('is of the whole grid, of transformers with PoDs below them, and of each PoD', () => {
  const found = profiledElements({ branches }, pods);
  expect(found.map(({ name, podIds }) => [name, podIds])).toEqual([
    ['the whole grid', ['P1', 'P2']],
    ['transformer t1', ['P1']],
    ['P1', ['P1']],
    ['P2', ['P2']],
  ]);
});

it('sums what was measured, and has no sum where one was not', () => {
  const at = (mtu: number, withdrawnWh: number, injectedWh = 0) => ({
    mtuStartMs: mtu * 900_000,
    withdrawnWh,
    injectedWh,
  });
  expect(
    measuredSum(
      [
        [at(0, 100), at(1, 50)],
        [at(0, 0, 25), at(9, 1)],
      ],
      0,
      3,
    ),
  ).toEqual([300, null, null]);
  expect(measuredSum([], 0, 1)).toEqual([null]);
});

it('is typical as the mean of the days that are known', () => {
  expect(
    typicalOf([
      [100, null],
      [300, null],
    ]),
  ).toEqual([200, null]);
  expect(typicalOf([])).toEqual([]);
});

it('sums what customers were forecast to draw, and has no sum where one is left out', () => {
  const parts = [
    { podIds: ['P1'], forecastW: [[100, 200]] },
    {
      podIds: ['P2', 'P3'],
      forecastW: [
        [-50, 0],
        [1, 1],
      ],
    },
  ];
  expect(forecastSum(parts, ['P1', 'P2'], 2)).toEqual([50, 200]);
  expect(forecastSum(parts, ['P1', 'P9'], 2)).toEqual([null, null]);
  expect(forecastSum(parts, [], 1)).toEqual([null]);
});
