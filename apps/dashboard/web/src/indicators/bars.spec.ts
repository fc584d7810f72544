import { barGroups } from './bars';

const row = (id: string, direction: 'up' | 'down', valueBasisPoints: number | null) => ({
  kpi: 'KPI_PR_03' as const,
  name: 'Flexibility Availability',
  scope: 'session' as const,
  id,
  product: 'P' as const,
  direction,
  horizon: null,
  activity: null,
  category: null,
  valueBasisPoints,
  periods: 96,
  targetBasisPoints: 2_000,
  meetsTarget: null,
  note: valueBasisPoints === null ? 'nothing was offered' : null,
});

it('puts the directions of a session side by side, and leaves out what has no value at all', () => {
  const rows = [
    row('s1', 'up', 2_500),
    row('s1', 'down', null),
    row('s2', 'up', null),
    { ...row('2026-03-17', 'up', 9), scope: 'day' as const },
  ];
  expect(barGroups(rows, 'KPI_PR_03', 'session')).toEqual([
    {
      id: 's1',
      bars: [
        { of: 'active, up', direction: 'up', value: 2_500, note: null },
        { of: 'active, down', direction: 'down', value: null, note: 'nothing was offered' },
      ],
    },
  ]);
  expect(barGroups(rows, 'KPI_IT_02', 'session')).toEqual([]);
});
