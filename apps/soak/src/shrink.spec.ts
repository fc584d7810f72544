import type { Fault } from './faults/fault';
import { shrunk } from './shrink';

const faults = Array.from({ length: 20 }, (_, atMs): Fault => {
  return { atMs, kind: 'powerCut', count: 1, downMs: 1 };
});

it.each([[[3]], [[0, 19]], [[4, 5, 11]], [[]]])(
  'leaves out all faults but %j, which the failure needs',
  async (needed) => {
    const fails = async (kept: readonly Fault[]): Promise<boolean> =>
      needed.every((atMs) => kept.some((fault) => fault.atMs === atMs));
    const kept = await shrunk(faults, fails, 1_000);
    expect(kept.map(({ atMs }) => atMs)).toEqual(needed);
  },
);

it('ends after so many worlds, with what still fails', async () => {
  let runs = 0;
  const kept = await shrunk(faults, async () => (runs += 1) < 0, 7);
  expect(runs).toBeLessThanOrEqual(7);
  expect(kept).toEqual(faults);
});
