import { checkAllocation, type RuleName } from './check';
import { columnsFromInstance } from './columns';
import type { MtuAllocation } from './merit-order';
import { smallInstance } from './testing/small-instance';

/** Goal: each broken rule is named. Method: one instance, one wrong allocation for each rule. */
const offers = [
  { pod: 'A', quantityW: [100, 100, 100], priceMicroEurPerKwh: [5, 5, 5] },
  { pod: 'A', quantityW: [950, 950, 950], priceMicroEurPerKwh: [7, 7, 7] },
  { pod: 'B', quantityW: [200, 200, 200], priceMicroEurPerKwh: [50, 50, 50], divisible: false },
  { pod: 'C', quantityW: [300, 300, 300], priceMicroEurPerKwh: [1, 1, 1], minQuantityW: 250 },
  { pod: 'E', quantityW: [100, 100, 100], priceMicroEurPerKwh: [2, 2, 2] },
  { pod: 'A', direction: 'down', quantityW: [60, 60, 60], priceMicroEurPerKwh: [3, 3, 3] },
  {
    pod: 'D',
    kind: 'block',
    divisible: false,
    quantityW: 70,
    priceMicroEurPerKwh: 4,
    durationMtus: 2,
    window: [0, 2],
  },
  {
    pod: 'D',
    kind: 'block',
    divisible: true,
    quantityW: 70,
    priceMicroEurPerKwh: 4,
    durationMtus: 2,
    window: [1, 2],
  },
];
const columns = columnsFromInstance(
  smallInstance(
    [
      { quantityW: [1500, 1500, 1500] },
      { requester: 'TSO', quantityW: [90, 90, 90], priceCapMicroEurPerKwh: 20 },
      { direction: 'down', quantityW: [60, 60, 60] },
    ],
    offers,
  ),
);

type Row = readonly [offer: number, request: number, quantityW: number];

function allocation(...mtus: readonly (readonly Row[])[]): MtuAllocation[] {
  return Array.from({ length: columns.mtus }, (_, mtu) => ({
    offer: Uint32Array.from(mtus[mtu] ?? [], ([offer]) => offer),
    request: Uint32Array.from(mtus[mtu] ?? [], ([, request]) => request),
    quantityW: Int32Array.from(mtus[mtu] ?? [], ([, , quantityW]) => quantityW),
  }));
}

describe('checkAllocation', () => {
  it('holds a PoD to the limit of each MTU where limits differ', () => {
    const instance = smallInstance(
      [{ quantityW: [100, 100] }],
      [{ pod: 'A', quantityW: [100, 100], priceMicroEurPerKwh: [5, 5] }],
      { A: { upW: [60, 100], downW: 0 } },
    );
    const all = { offer: Uint32Array.of(0), request: Uint32Array.of(0) };
    const { violations } = checkAllocation(columnsFromInstance(instance), [
      { ...all, quantityW: Int32Array.of(61) },
      { ...all, quantityW: Int32Array.of(100) },
    ]);
    expect(violations).toEqual([
      { rule: 'podLimitExceeded', mtu: 0, row: null, detail: 'PoD 0: 61 of 60 W' },
    ]);
  });

  it('finds nothing wrong with a feasible one, and sums its objective', () => {
    const good = allocation(
      [
        [0, 0, 40],
        [0, 1, 60],
        [1, 0, 900],
        [2, 0, 200],
        [3, 0, 250],
      ],
      [
        [6, 0, 70],
        [7, 0, 33],
      ],
      [
        [6, 0, 70],
        [7, 0, 33],
      ],
    );
    const { violations, totals } = checkAllocation(columns, good);
    expect(violations).toEqual([]);
    expect(totals).toEqual({
      dsoServedWMtu: 40 + 900 + 200 + 250 + 2 * (70 + 33),
      tsoServedWMtu: 60,
      costWMtuPrice: BigInt(100 * 5 + 900 * 7 + 200 * 50 + 250 + 2 * (70 + 33) * 4),
      reliabilityWMtu: BigInt(500 * (60 + 40 + 900 + 200 + 250 + 2 * (70 + 33))),
    });
  });

  const broken: [RuleName, string, MtuAllocation[]][] = [
    ['rowOutOfRange', 'an unknown offer', allocation([[99, 0, 5]])],
    ['rowOutOfRange', 'an unknown request', allocation([[0, 99, 5]])],
    ['rowOutOfRange', 'nothing accepted', allocation([[0, 0, 0]])],
    ['rowOutOfRange', 'an MTU too few', allocation().slice(1)],
    [
      'rowsNotAscending',
      'a part twice',
      allocation([
        [0, 0, 5],
        [0, 0, 5],
      ]),
    ],
    [
      'rowsNotAscending',
      'rows out of order',
      allocation([
        [1, 0, 5],
        [0, 0, 5],
      ]),
    ],
    ['wrongMarket', 'up for down', allocation([[0, 2, 5]])],
    ['outOfScope', 'a PoD under another PoM', allocation([[4, 0, 5]])],
    ['capExceeded', 'a price above the cap', allocation([[2, 1, 200]])],
    [
      'offerOverAccepted',
      'more than offered, in two parts',
      allocation([
        [0, 0, 60],
        [0, 1, 60],
      ]),
    ],
    ['requestOverServed', 'more than asked for', allocation([[0, 1, 91]])],
    [
      'podLimitExceeded',
      'more than the PoD has',
      allocation([
        [0, 0, 100],
        [1, 0, 901],
      ]),
    ],
    [
      'podUpAndDown',
      'both directions at once',
      allocation([
        [0, 0, 5],
        [5, 2, 5],
      ]),
    ],
    ['notAllOrNothing', 'half of a discrete offer', allocation([[2, 0, 100]])],
    ['notAllOrNothing', 'half of a block', allocation([[6, 0, 35]], [[6, 0, 35]])],
    ['belowMinimum', 'less than the minimum', allocation([[3, 0, 249]])],
    ['blockBroken', 'a block cut short', allocation([[6, 0, 70]])],
    [
      'blockBroken',
      'a block that runs too long',
      allocation([[6, 0, 70]], [[6, 0, 70]], [[6, 0, 70]]),
    ],
    ['blockBroken', 'a block with a hole', allocation([[6, 0, 70]], [], [[6, 0, 70]])],
    ['blockBroken', 'a block that changes its level', allocation([], [[7, 0, 50]], [[7, 0, 51]])],
    ['offerOverAccepted', 'a block outside its window', allocation([[7, 0, 70]], [[7, 0, 70]])],
  ];

  it.each(broken)('names %s: %s', (rule, _what, wrong) => {
    expect(checkAllocation(columns, wrong).violations.map((v) => v.rule)).toContain(rule);
  });

  it('sums exactly beyond 2^53', () => {
    const most = 2 ** 31 - 1;
    const requests = [{ quantityW: Array.from({ length: 40 }, () => most) }];
    const row = { quantityW: requests[0]!.quantityW, priceMicroEurPerKwh: requests[0]!.quantityW };
    const large = columnsFromInstance(
      smallInstance(requests, [{ pod: 'A', ...row }], { A: { upW: most, downW: 0 } }),
    );
    const rows = {
      offer: Uint32Array.of(0),
      request: Uint32Array.of(0),
      quantityW: Int32Array.of(most),
    };
    const { totals, violations } = checkAllocation(
      large,
      Array.from({ length: 40 }, () => rows),
    );
    expect(violations).toEqual([]);
    expect(totals.costWMtuPrice).toBe(40n * BigInt(most) * BigInt(most));
  });
});
