import { runSeed } from './run-seed';

/** A day takes seconds; the seed that shows the bug moves with any change of the product. */
jest.setTimeout(3_600_000);

it('a checkpoint that is stored before its effect is found within 200 seeds: a session does not end', async () => {
  const broken: string[] = [];
  for (let seed = 1; seed <= 200 && !broken.includes('sessions end'); seed += 1) {
    const { violations } = await runSeed({ seed, bug: 'early-checkpoint' });
    broken.push(...violations.map((one) => one.invariant));
  }
  expect(broken).toContain('sessions end');
});
