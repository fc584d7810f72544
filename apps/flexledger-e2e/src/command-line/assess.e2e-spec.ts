/**
 * The scalability assessment: a day lived through by platforms in processes of their own, from whose flow logs the
 * tables come; and a session of more PoDs than a day is lived through with.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AssessmentReport } from '@flexledger/assess';
import { type BuiltCli, buildCli } from './built-cli';

jest.setTimeout(180_000);

let cli: BuiltCli;
let out: string;
beforeAll(async () => {
  cli = await buildCli();
  out = mkdtempSync(path.join(tmpdir(), 'flexledger-assess-out-'));
});
afterAll(() => {
  cli.remove();
  rmSync(out, { recursive: true });
});

/** What passes between the market, its DSO and its aggregators: those of a session without a day around it. */
const OF_A_SESSION = [18, 19, 21, 22, 23];
/** Of D2.16; 15 (nothing is sent before the day begins) and 26 (both read one log) are not measured. */
const MEASURED = [16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 27];

it('measures each flow of a day, each platform, and says what no day was lived through with', async () => {
  const told = await cli.run('assess', '--stages', '4,2000', '--out', out, '--json');
  expect(told.code).toBe(0);
  const { stages, flows, uses } = JSON.parse(told.stdout) as AssessmentReport;
  expect(stages).toMatchObject([
    { pods: 4, form: 'lived', dates: ['2026-03-17'] },
    { pods: 2_000, form: 'generated', process: { peakMb: expect.any(Number) as number } },
  ]);
  const of = (pods: number) =>
    flows.flatMap(({ table, cells }) =>
      cells.some((cell) => cell.pods === pods && cell.ours && cell.ours[1] > 0) ? [table] : [],
    );
  expect(of(4)).toEqual(MEASURED);
  expect(of(2_000)).toEqual(OF_A_SESSION);
  expect(uses.map(({ platform }) => platform)).toEqual(['MP', 'BAL', 'DSOTP', 'SCD', 'AP', 'TSO']);
  for (const use of uses) {
    expect(use.cpuMeanPercent).toBeGreaterThan(0);
    expect(use.ramMeanMb).toBeGreaterThan(50);
    expect(use.uptimePercent).toBe(100);
  }
  expect(readdirSync(out).sort()).toEqual(['assessment.csv', 'assessment.html']);
  expect(readFileSync(path.join(out, 'assessment.html'), 'utf8')).toContain('2000 PoDs (generated');
});

it.each(['none', '0', '12,12', '5000000'])(
  'refuses the stages %s, and says which there can be',
  async (stages) => {
    const told = await cli.run('assess', '--stages', stages);
    expect(told.code).not.toBe(0);
    expect(told.stderr).toContain('give different numbers of PoDs');
  },
);
