/** One problem, cleared and traded off: what a person or a script gets to read. */
import { parseClearingInstance, randomClearingDocument } from '@flexledger/domain';
import { clearInstance, paretoOfInstance } from './clear';

const instance = parseClearingInstance(
  randomClearingDocument({
    seed: 4,
    mtus: 2,
    pods: 8,
    requests: 4,
    offers: 16,
    scopes: 'nested',
    hasCaps: false,
    hardShare: 0,
    hasReactive: false,
    priceLevels: 30,
  }),
);

describe('the Pareto front of an instance', () => {
  it('begins with the cheapest, which is what clearing chooses', async () => {
    const { points } = paretoOfInstance(instance, 1);
    const cleared = await clearInstance(instance);
    expect(points[0]!.costWMtuPrice).toBe(cleared.costWMtuPrice);
    const servedW = (parts: readonly { quantityW: number }[]): number =>
      parts.reduce((sum, { quantityW }) => sum + quantityW, 0);
    expect(points.length).toBeGreaterThan(1);
    for (const { allocation } of points) {
      expect(servedW(allocation)).toBe(cleared.dsoServedWMtu + cleared.tsoServedWMtu);
    }
  });

  it('is the same for the same seed, which it names', () => {
    expect(paretoOfInstance(instance, 7)).toEqual(paretoOfInstance(instance, 7));
    expect(paretoOfInstance(instance, 7).seed).toBe(7);
  });
});
