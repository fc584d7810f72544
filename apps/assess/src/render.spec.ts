/** The report as text of a terminal, as CSV and as a page. */
import { COLUMNS } from '@flexledger/terminal';
import { assessmentCsv, assessmentHtml, assessmentText } from './render';
import { assessmentReport } from './report';

const report = assessmentReport([
  ...[100, 1_500].map((pods) => ({
    pods,
    form: 'lived' as const,
    days: [
      {
        date: '2026-03-17',
        times: [
          { flow: 'flow3', kind: 'execution', platform: 'MP', durationMs: pods / 10 } as const,
        ],
        unpaired: 0,
        uses: {
          MP: { cpuMean: 0.01, cpuMost: 0.1, rssMeanBytes: 2e8, rssMostBytes: 3e8, uptime: 1 },
        },
        wallSeconds: 61.2,
      },
    ],
  })),
  {
    pods: 15_000,
    form: 'generated',
    days: [
      {
        date: '2026-03-17',
        times: [{ flow: 'flow3', kind: 'execution', platform: 'MP', durationMs: 1_500 } as const],
        unpaired: 0,
        uses: {},
        wallSeconds: 3,
      },
    ],
    process: { cpuSeconds: 4.25, peakMb: 512 },
  },
]);

it('fits a terminal, and says what was lived through and what was not', () => {
  const text = assessmentText(report);
  // A table's line as wide as a terminal; a sentence breaks where it likes.
  const wide = text.split('\n').filter((line) => line.startsWith('│') && line.length > COLUMNS);
  expect(wide).toEqual([]);
  expect(text).toContain('100 PoDs: 1 day lived through');
  expect(text).toContain('15000 PoDs: a day-ahead session of drawn bids at a market alone');
  expect(text).toContain('3 s, 4.25 s of CPU and at most 512 MB, client included');
});

it('has a line a table and stage in CSV, the seeds’ figures beside ours', () => {
  const lines = assessmentCsv(report).trimEnd().split('\n');
  expect(lines[0]).toMatch(
    /^table,what,kind,pods,least,mean,most,seedsLeast,seedsMean,seedsMost,unit/,
  );
  expect(lines.filter((line) => line.startsWith('18,'))).toEqual([
    '18,"Flow 3, execution: the market is cleared",execution,100,10,10,10,2221,8314,15810,ms,1',
    '18,"Flow 3, execution: the market is cleared",execution,1500,150,150,150,58317,101354,144669,ms,1',
    '18,"Flow 3, execution: the market is cleared",execution,15000,1500,1500,1500,,,,ms,1',
  ]);
  expect(lines.filter((line) => line.includes('CPU of MP'))).toHaveLength(2);
});

it('draws a figure for each table that has a time, and escapes what it writes', () => {
  const page = assessmentHtml(report);
  expect(page).toContain('the DSO’s execution by its text');
  expect(page.match(/<h2>Table \d+\./g)).toHaveLength(13);
  expect(page.match(/<svg /g)).toHaveLength(13);
  expect(page).toContain('>1500 here</text>');
});
