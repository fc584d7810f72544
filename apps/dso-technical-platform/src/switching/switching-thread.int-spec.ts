/** Power flows of a trial are solved beside the process: it answers others meanwhile, and the answer is the same. */
import { createWorkThread } from '@flexledger/runtime';
import { type SwitchPosition, compileGrid } from '@flexledger/grid';
import { OPEN, feederFile, forecastOf, operated } from '@flexledger/grid-operations';
import { type SwitchingJob, gridOfJob, work } from './switching-thread';
import { type SwitchingEffect, variantOf } from './variant-effect';

// A thread translates what it loads, on a machine that may be busy.

const BUSES = 400;
const file = feederFile(
  Array.from({ length: BUSES }, (_, parent) => ({ parent, rOhm: 0.0002 })),
  [[BUSES, 0]],
) as { lines: { id: string; inService: boolean }[] };
const grid = operated(
  {
    ...file,
    lines: file.lines.map((line) => ({ ...line, inService: line.id !== 'tie1' })),
  },
  { ...OPEN, lineLimitA: { l1: 100 } },
);
const loads = Object.fromEntries(
  Array.from({ length: BUSES }, (_, bus) => [`n${bus + 1}`, new Array<number>(96).fill(300)]),
);
const POSITIONS: readonly SwitchPosition[] = [
  { elementType: 'line', elementId: 'tie1', closed: true },
  { elementType: 'line', elementId: 'l200', closed: false },
];
const { network } = variantOf(grid, POSITIONS);
const job: SwitchingJob = {
  before: gridOfJob(grid),
  after: gridOfJob(grid, network),
  forecast: forecastOf(grid, 96, loads),
  sold: [],
};

it('says the same as in the process, which goes on meanwhile', async () => {
  const here = work(job);
  expect(here.ended.map(({ elementId }) => elementId)).toEqual(['l1']);
  expect(compileGrid(network).topology.nodeCount).toBe(grid.compiled.topology.nodeCount);
  const thread = createWorkThread<SwitchingJob, SwitchingEffect>({
    name: 'trial of switches',
    file: require.resolve('./switching-thread'),
    mostSeconds: 60,
    mostHeapMb: 1_000,
  });
  let turns = 0;
  const turning = setInterval(() => (turns += 1), 1);
  const apart = await thread.run(job);
  clearInterval(turning);
  expect(apart).toEqual(here);
  expect(turns).toBeGreaterThan(3);
});
