/** Rows of a year -> the page of its report. */
import { EMPTY_TALLY, KPIS, type KpiRow, customerRows, tallyRows } from '@flexledger/domain';
import { kpiReport } from './kpi-report';

const counts = { contacted: 10, accepted: 5, active: 4, usedApp: 1 };
const ofDay = (id: string): KpiRow[] => [
  ...customerRows({ scope: 'day', id }, counts),
  ...tallyRows({ scope: 'day', id }, EMPTY_TALLY),
];
const total: KpiRow[] = [
  ...customerRows({ scope: 'total', id: '' }, counts),
  ...tallyRows({ scope: 'total', id: '' }, EMPTY_TALLY),
];

it('has each indicator with its target, the value of the year and whether it is met', () => {
  const rows = [...ofDay('2026-03-17'), ...ofDay('2026-03-18'), ...total];
  const page = kpiReport({ year: 2026, rows, excluded: [] });
  for (const { id, name } of KPIS) expect(page).toContain(`<h2>${id}: ${name}</h2>`);
  expect(page).toContain('2 delivery days');
  expect(page).toContain('at most 25.00 %');
  // Recruited: 50 % against 10 %; active by offers: 80 % against 100 %.
  expect(page).toMatch(/all<\/td><td class="n">50\.00 %.*met<\/td>/);
  expect(page).toMatch(/offers<\/td><td class="n">80\.00 %.*missed<\/td>/);
  expect(page).toContain('<polyline');
  expect(page).toContain('nothing that was sold has been measured and settled');
});

it('shows what people wrote as text, never as markup', () => {
  const excluded = [
    {
      podId: 'IT002E60776854',
      reason: '<script>alert(1)</script>',
      excludedBy: 'operator',
      excludedAt: '2026-03-17T10:00:00.000Z',
    },
  ];
  const page = kpiReport({ year: 2026, rows: total, excluded });
  expect(page).toContain('&lt;script&gt;');
  expect(page).not.toContain('<script');
});
