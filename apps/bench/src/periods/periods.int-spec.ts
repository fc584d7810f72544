import path from 'node:path';
import { inTemporaryFolder } from '../leave-nothing';
import { measurePeriods } from './measure-periods';

it('a period is read whole, hot, from the archive, and of the previous calendar year', async () => {
  const reads = await inTemporaryFolder((folder) =>
    measurePeriods({
      path: path.join(folder, 'log.sqlite'),
      pods: 3,
      quarterHours: 200,
      nowMs: Date.parse('2026-03-17T10:00:00Z'),
    }),
  );
  expect(reads.map(({ month, standsIn, packets }) => [month, standsIn, packets])).toEqual([
    ['2026-03', 'log', 200],
    ['2026-02', 'log', 200],
    ['2026-01', 'archive', 200],
    ['2025-01', 'archive', 200],
  ]);
  for (const { medianMs, worstMs } of reads) {
    expect(medianMs).toBeGreaterThan(0);
    expect(worstMs).toBeGreaterThanOrEqual(medianMs);
  }
});

it('in January the last year’s begins twelve months before', async () => {
  const reads = await inTemporaryFolder((folder) =>
    measurePeriods({
      path: path.join(folder, 'log.sqlite'),
      pods: 1,
      quarterHours: 10,
      nowMs: Date.parse('2026-01-17T10:00:00Z'),
    }),
  );
  expect(reads.map(({ month, standsIn }) => `${month} ${standsIn}`)).toEqual([
    '2026-01 log',
    '2025-12 log',
    '2025-11 archive',
    '2025-01 archive',
  ]);
});
