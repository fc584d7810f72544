/** The bench of fronts, where the peer cannot be had: ours is measured, the peer skipped by name. */
import { benchPareto } from './bench-pareto';

it('finds all but all of the exact fronts, and says why there is no peer', async () => {
  const { results } = await benchPareto(() => undefined, undefined, '/dev/null/nowhere');
  const ours = results.filter(({ program }) => program === 'flexledger');
  expect(ours.map(({ offers }) => offers)).toEqual([12, 20]);
  for (const { dominatedPerMille } of ours) {
    expect(dominatedPerMille).toBeGreaterThan(980);
    expect(dominatedPerMille).toBeLessThanOrEqual(1000);
  }
  const peers = results.filter(({ program }) => program === 'pymoo');
  expect(peers.map(({ seconds, skipped }) => [seconds, typeof skipped])).toEqual([
    [null, 'string'],
    [null, 'string'],
  ]);
});
