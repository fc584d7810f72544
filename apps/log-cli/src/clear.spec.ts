/** One problem, cleared and traded off: what a person or a script gets to read. */
import {
  DEFAULT_OBJECTIVES,
  OBJECTIVE_FUNCTIONS,
  parseClearingInstance,
  randomClearingDocument,
} from '@flexledger/domain';
import { clearInstance, paretoOfInstance } from './clear';
import { OBJECTIVE_NAMES, clearCommand } from './clear.command';

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

it('names the objectives that there are, and trades off those that are usual', () => {
  expect(OBJECTIVE_NAMES).toEqual(OBJECTIVE_FUNCTIONS);
  expect(clearCommand().opts()['objectives']).toEqual(DEFAULT_OBJECTIVES);
});

describe('the Pareto front of an instance', () => {
  it('begins with the cheapest, which is what clearing chooses', async () => {
    const { points } = await paretoOfInstance(instance, 1);
    const cleared = await clearInstance(instance);
    expect(points[0]!.costWMtuPrice).toBe(cleared.costWMtuPrice);
    const servedW = (parts: readonly { quantityW: number }[]): number =>
      parts.reduce((sum, { quantityW }) => sum + quantityW, 0);
    expect(points.length).toBeGreaterThan(1);
    for (const { allocation } of points) {
      expect(servedW(allocation)).toBe(cleared.dsoServedWMtu + cleared.tsoServedWMtu);
    }
  });

  it('is the same for the same seed, which it names', async () => {
    const front = await paretoOfInstance(instance, 7);
    expect(await paretoOfInstance(instance, 7)).toEqual(front);
    expect(front.seed).toBe(7);
  });
});

describe('a cost beyond what a number holds exactly', () => {
  const quantityW = 2 ** 30;
  const prices = [2 ** 31 - 1, 2 ** 31 - 3];
  const active = { product: 'P', direction: 'up' };
  const large = parseClearingInstance({
    mtus: 1,
    podLimits: Object.fromEntries(
      prices.map((_, pod) => [`POD${pod}`, { upW: quantityW, downW: 0 }]),
    ),
    requests: [
      { id: 'r', requester: 'DSO', ...active, pods: ['POD0', 'POD1'], quantityW: [2 ** 31 - 1] },
    ],
    offers: prices.map((priceMicroEurPerKwh, pod) => ({
      ...{
        id: `o${pod}`,
        pod: `POD${pod}`,
        pom: 'POM',
        kind: 'single',
        divisible: true,
        ...active,
      },
      quantityW: [quantityW],
      priceMicroEurPerKwh: [priceMicroEurPerKwh],
    })),
  });
  const cost = String(
    BigInt(prices[1]!) * BigInt(quantityW) + BigInt(prices[0]!) * BigInt(quantityW - 1),
  );

  it('is printed digit by digit', async () => {
    expect(BigInt(Number(cost))).not.toBe(BigInt(cost));
    expect((await clearInstance(large)).costWMtuPrice).toBe(cost);
    for (const { allocation, costWMtuPrice } of (await paretoOfInstance(large, 1)).points) {
      const parts = allocation.map(
        (part) => BigInt(part.quantityW) * BigInt(prices[Number(part.offerId.slice(1))]!),
      );
      expect(costWMtuPrice).toBe(String(parts.reduce((sum, part) => sum + part, 0n)));
    }
  });
});
