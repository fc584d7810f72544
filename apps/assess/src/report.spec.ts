/** The report: spreads of the days' means, growth by stage, the seeds' figures where they had as many PoDs. */
import type { FlowTime } from './flow-times';
import { type MeasuredDay, type MeasuredStage, assessmentReport, growthOf } from './report';
import type { Spread } from './seeds';

const clearing = (durationMs: number): FlowTime => ({
  flow: 'flow3',
  kind: 'execution',
  platform: 'MP',
  durationMs,
});

const day = (date: string, ...times: FlowTime[]): MeasuredDay => ({
  date,
  times,
  unpaired: 1,
  uses: {
    MP: { cpuMean: 0.004, cpuMost: 0.02, rssMeanBytes: 2e8, rssMostBytes: 3e8, uptime: 0.99 },
  },
  wallSeconds: 10,
});

const stage = (pods: number, ...days: MeasuredDay[]): MeasuredStage => ({
  pods,
  form: 'lived',
  days,
});

it('has one value a day, the mean of its sessions, and least, mean and most of the days', () => {
  const { flows, stages } = assessmentReport([
    stage(100, day('2026-03-17', clearing(2), clearing(4)), day('2026-03-18', clearing(9))),
  ]);
  expect(stages).toEqual([
    {
      pods: 100,
      form: 'lived',
      dates: ['2026-03-17', '2026-03-18'],
      wallSeconds: 20,
      unpaired: 2,
    },
  ]);
  const table18 = flows.find(({ table }) => table === 18)!;
  expect(table18.cells).toEqual([{ pods: 100, ours: [3, 6, 9], seeds: [2_221, 8_314, 15_810] }]);
  expect(flows.find(({ table }) => table === 20)!.cells).toEqual([
    { pods: 100, ours: null, seeds: [151.7, 419.8, 743.7] },
  ]);
});

it('has no figures of the seeds where they had another number of PoDs', () => {
  const { flows, uses } = assessmentReport([stage(30, day('2026-03-17', clearing(1)))]);
  expect(flows.find(({ table }) => table === 18)!.cells[0]!.seeds).toBeNull();
  expect(uses).toEqual([
    {
      platform: 'MP',
      tables: '9, 10',
      pods: 30,
      cpuMeanPercent: expect.closeTo(0.4, 9),
      cpuMostPercent: 2,
      ramMeanMb: 200,
      ramMostMb: 300,
      uptimePercent: 99,
      seeds: null,
    },
  ]);
});

const cells = (...points: [number, number][]) =>
  points.map(([pods, ms]) => ({ pods, ours: [ms, ms, ms] as Spread }));

it.each([
  [
    'linear from 1,500 on, whatever small stages cost',
    cells([12, 50], [1_500, 10], [15_000, 100]),
    1,
  ],
  ['quadratic', cells([100, 1], [1_500, 225]), 2],
  ['constant', cells([1_500, 7], [15_000, 7], [150_000, 7]), 0],
])('grows %s', (_, measured, exponent) => {
  const growth = growthOf(measured)!;
  expect(growth.exponent).toBeCloseTo(exponent, 9);
  expect(growth.exponentOfNLogN).toBeGreaterThan(1);
  expect(growth.exponentOfNLogN).toBeLessThan(1.25);
});

it('says nothing of growth with a single stage', () => {
  expect(growthOf(cells([12, 1], [100, 2]))).toBeNull();
});

it('takes growth of stages that were measured alike: a day’s mean and a single session are no points of one curve', () => {
  const generated = (pods: number, ms: number): MeasuredStage => ({
    ...stage(pods, day('2026-03-17', clearing(ms))),
    form: 'generated',
  });
  const lived = [100, 1_500].map((pods) => stage(pods, day('2026-03-17', clearing(pods ** 0.5))));
  const growthWith = (...more: MeasuredStage[]) =>
    assessmentReport([...lived, ...more]).flows.find(({ table }) => table === 18)!.growth!;
  const larger = [generated(10_000, 10), generated(100_000, 100)] as const;
  expect(growthWith(...larger).exponent).toBeCloseTo(1, 9);
  expect(growthWith(...larger)).toMatchObject({ fromPods: 10_000, toPods: 100_000 });
  expect(growthWith(larger[0]).exponent).toBeCloseTo(0.5, 9);
});
