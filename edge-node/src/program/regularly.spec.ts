import { VirtualClock } from '@flexledger/runtime';
import { regularly } from './regularly';

// Goal: what is regular happens at whole multiples of the clock for as long as the node runs, whatever goes
// wrong once.

it('is done at whole multiples, also after a failure, until it is ended', async () => {
  const clock = new VirtualClock(4_500);
  const doneMs: number[] = [];
  const problems: string[] = [];
  const stop = regularly(
    async () => {
      doneMs.push(clock.nowMs());
      if (doneMs.length === 2) throw new Error('no meter');
    },
    {
      name: 'power/POD',
      clock,
      timers: clock,
      everyMs: 2_000,
      onProblem: (problem) => problems.push(problem),
    },
  );
  await clock.advanceTo(10_500);
  stop();
  await clock.advanceTo(20_000);
  expect(doneMs).toEqual([6_000, 8_000, 10_000]);
  expect(problems).toEqual(['power/POD: Error: no meter']);
});
