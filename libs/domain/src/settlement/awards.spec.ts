/** Who gets what of a settlement: the shares of the agreement, and not a micro-euro lost or made. */
import fc from 'fast-check';
import { row } from '../testing/session-story';
import { type PodWallets, addAwards, netMicroEur } from './awards';
import type { SettlementRow } from './events';

const CUSTOMER = '0xC';
const AGGREGATOR = '0xA';

function wallets(share: number, penaltyShare: number, customerWallet = CUSTOMER): PodWallets {
  const terms = {
    podId: 'POD1',
    aggregatorId: 'AGG1',
    customerSharePerMille: share,
    customerPenaltySharePerMille: penaltyShare,
    aggregatorWallet: AGGREGATOR,
  };
  return { terms, customerWallet };
}

function settlementRow(paid: readonly number[], penalty: readonly number[], podId = 'POD1') {
  const none = paid.map(() => 0);
  return {
    ...row({ podId, acceptedW: none, priceMicroEurPerKwh: none }),
    baselineW: none,
    measuredW: none,
    deliveredW: none,
    paidMicroEur: paid,
    penaltyMicroEur: penalty,
  } satisfies SettlementRow;
}

const awards = (rows: readonly SettlementRow[], of: PodWallets): Record<string, number> =>
  Object.fromEntries(addAwards(new Map(), rows, () => of));

describe('an award', () => {
  it.each([
    ['shares the pay', wallets(800, 0), [1_000], [0], { [CUSTOMER]: 800, [AGGREGATOR]: 200 }],
    ['and the penalty', wallets(800, 500), [1_000], [200], { [CUSTOMER]: 700, [AGGREGATOR]: 100 }],
    ['gives all', wallets(1_000, 1_000), [600, 400], [0, 100], { [CUSTOMER]: 900 }],
    ['gives nothing', wallets(0, 0), [1_000], [100], { [AGGREGATOR]: 900 }],
    ['never takes from the customer', wallets(100, 1_000), [1_000], [500], { [AGGREGATOR]: 500 }],
    ['never takes from the aggregator', wallets(1_000, 0), [1_000], [500], { [CUSTOMER]: 500 }],
    ['of nothing is none', wallets(500, 500), [100], [100], {}],
    ['rounds half to even', wallets(500, 0), [5], [0], { [CUSTOMER]: 2, [AGGREGATOR]: 3 }],
  ])('%s', (_, of, paid, penalty, expected) => {
    expect(awards([settlementRow(paid, penalty)], of)).toEqual(expected);
  });

  it('adds to what the wallets have, and leaves the map it was given', () => {
    const before = new Map([
      [CUSTOMER, 5],
      ['0xOther', 7],
    ]);
    const after = addAwards(before, [settlementRow([100], [0])], () => wallets(1_000, 0));
    expect(Object.fromEntries(after)).toEqual({ [CUSTOMER]: 105, '0xOther': 7 });
    expect(before.get(CUSTOMER)).toBe(5);
  });

  it('is refused for a PoD without an agreement', () => {
    expect(() => addAwards(new Map(), [settlementRow([1], [0], 'POD9')], () => undefined)).toThrow(
      'PoD POD9 is settled but has no agreement',
    );
  });
});

describe('the sum of awards', () => {
  const perMille = fc.nat(1_000);
  const someRow = fc
    .array(fc.tuple(fc.nat(1e9), fc.nat(1_000)), { minLength: 1, maxLength: 4 })
    .map((mtus) =>
      settlementRow(
        mtus.map(([paid]) => paid),
        mtus.map(([paid, share]) => Math.floor((paid * share) / 1_000)),
      ),
    );

  it('is the sum of the settlements, and no award is negative', () => {
    fc.assert(
      fc.property(fc.array(someRow), perMille, perMille, (rows, share, penaltyShare) => {
        const given = Object.values(awards(rows, wallets(share, penaltyShare)));
        expect(given.reduce((sum, microEur) => sum + microEur, 0)).toBe(netMicroEur(rows));
        expect(given.every((microEur) => microEur > 0)).toBe(true);
      }),
    );
  });
});
