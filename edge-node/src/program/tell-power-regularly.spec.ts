import { VirtualClock } from '@flexledger/runtime';
import { requirePowerEvery, tellPowerRegularly } from './tell-power-regularly';

// Goal: the power is told at whole seconds of the clock for as long as the node runs, whatever goes wrong once.

it('is told at whole multiples, also after a failure, until it is ended', async () => {
  const clock = new VirtualClock(4_500);
  const toldMs: number[] = [];
  const problems: string[] = [];
  const stop = tellPowerRegularly(
    {
      tellPower: async () => {
        toldMs.push(clock.nowMs());
        if (toldMs.length === 2) throw new Error('no meter');
      },
    },
    {
      name: 'POD',
      clock,
      timers: clock,
      everyMs: 2_000,
      onProblem: (problem) => problems.push(problem),
    },
  );
  await clock.advanceTo(10_500);
  stop();
  await clock.advanceTo(20_000);
  expect(toldMs).toEqual([6_000, 8_000, 10_000]);
  expect(problems).toEqual(['POD: its power: Error: no meter']);
});

it.each([999, 10_001, NaN])('every %d ms is refused by name', (everyMs) => {
  expect(() => requirePowerEvery(everyMs)).toThrow(
    `Power is told every 1000 to 10000 ms, not every ${everyMs} ms.`,
  );
});

it.each([1_000, 10_000])('every %d ms is taken', (everyMs) => {
  expect(() => requirePowerEvery(everyMs)).not.toThrow();
});
