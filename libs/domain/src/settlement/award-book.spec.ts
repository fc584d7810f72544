/**
 * Tokens and settlements: one after another by example, then the law over random days that the audit
 * and ADR 0007 rest on. A wallet is a letter; PoD A belongs to customer a, B to b, both to agg.
 */
import fc from 'fast-check';
import { row } from '../testing/session-story';
import { type AwardBook, type AwardBookEvent, type DueAward, createAwardBook } from './award-book';
import { netMicroEur } from './awards';
import type { SettlementRow } from './events';

const details = {
  aggregatorId: 'AGG1',
  customerKind: 'household' as const,
  contractedPowerW: 3_000,
  annualEnergyKwh: 2_000,
  pvPeakW: 0,
};
const registered = (podId: string, wallet: string): AwardBookEvent => ({
  type: 'PodRegistered',
  data: { podId, ...details, wallet },
});
const proposed = (podId: string, share: number, penaltyShare = 0): AwardBookEvent => ({
  type: 'AgreementProposed',
  data: {
    podId,
    aggregatorId: 'AGG1',
    aggregatorWallet: '0xAGG',
    customerSharePerMille: share,
    customerPenaltySharePerMille: penaltyShare,
  },
});
const accepted = (podId: string): AwardBookEvent => ({
  type: 'AgreementAccepted',
  data: { podId },
});

/** A PoD's row with its pay and penalty. */
function settled(podId: string, paid: number, penalty = 0): SettlementRow {
  return {
    ...row({ podId, acceptedW: [0], priceMicroEurPerKwh: [0] }),
    baselineW: [0],
    measuredW: [0],
    deliveredW: [0],
    paidMicroEur: [paid],
    penaltyMicroEur: [penalty],
  };
}
const computed = (
  sessionId: string,
  correction: number,
  rows: readonly SettlementRow[],
  part = { index: 0, of: 1 },
): AwardBookEvent => ({
  type: 'SettlementComputed',
  data: { sessionId, correction, part, inputDigest: '', rows },
});
const published = (sessionId: string, rows: readonly SettlementRow[]): AwardBookEvent => ({
  type: 'ResultPublished',
  data: { sessionId, part: { index: 0, of: 1 }, rows },
});
const awardedAs = (due: DueAward): AwardBookEvent => {
  const { sessionId, correction, amountMicroEur, carriedMicroEur, cumulative } = due;
  const proof = { distributionRoot: '', txHash: '', blockNumber: 1 };
  const sums = { amountMicroEur, carriedMicroEur, accounts: cumulative.size };
  return { type: 'TokensAwarded', data: { sessionId, correction, ...sums, ...proof } };
};

function bookAfter(...events: readonly AwardBookEvent[]): AwardBook {
  const book = createAwardBook();
  for (const event of events) book.take(event);
  return book;
}
/** Awards everything that is due. */
function awardAll(book: AwardBook): DueAward[] {
  const awards: DueAward[] = [];
  for (let due = book.due(); due; due = book.due()) {
    awards.push(due);
    book.take(awardedAs(due));
  }
  return awards;
}
const contracts = [
  registered('A', '0xa'),
  registered('B', '0xb'),
  ...['A', 'B'].flatMap((podId) => [proposed(podId, 700, 500), accepted(podId)]),
];
/** Amount, carried and leaves of each award. */
const told = (awards: readonly DueAward[]) =>
  awards.map(({ amountMicroEur, carriedMicroEur, cumulative }) => [
    amountMicroEur,
    carriedMicroEur,
    Object.fromEntries(cumulative),
  ]);

const changed: AwardBookEvent = {
  type: 'ContractsChanged',
  data: {
    chainId: 1,
    former: { anchorContract: '0x1', tokenContract: '0x2', agreementContract: '0x3' },
    lastAnchor: { size: 1, root: '', txHash: '', blockNumber: 1 },
    next: {
      anchorContract: { address: '0x4', codeHash: '' },
      tokenContract: { address: '0x5', codeHash: '' },
      agreementContract: { address: '0x6', codeHash: '' },
      admin: '',
    },
    reason: 'contracts of another release',
    statement: '',
  },
};

describe('in another token contract', () => {
  it('the leaves begin at nothing, and what was awarded before is not awarded again', () => {
    const book = bookAfter(...contracts, computed('s1', 0, [settled('A', 100)]));
    awardAll(book);
    expect(book.tokenContract()).toBeUndefined();
    book.take(changed);
    expect(book.tokenContract()).toBe('0x5');
    book.take(computed('s2', 0, [settled('A', 10)]));
    expect(told(awardAll(book))).toEqual([[10, 0, { '0xa': 7, '0xagg': 3 }]]);
    expect(Object.fromEntries(book.leaves())).toEqual({ '0xa': 7, '0xagg': 3 });
    expect(book.awardedTo('0xa')).toBe(77);
  });

  it('a correction of what was awarded before awards what it adds', () => {
    const book = bookAfter(...contracts, computed('s1', 0, [settled('A', 100)]));
    awardAll(book);
    book.take(changed);
    book.take(computed('s1', 1, [settled('A', 150)]));
    expect(told(awardAll(book))).toEqual([[50, 0, { '0xa': 35, '0xagg': 15 }]]);
  });

  it('what was given too much before is earned before anything is awarded', () => {
    const book = bookAfter(...contracts, computed('s1', 0, [settled('A', 100)]));
    awardAll(book);
    book.take(changed);
    book.take(computed('s1', 1, [settled('A', 40)]));
    book.take(computed('s2', 0, [settled('A', 80)]));
    expect(told(awardAll(book))).toEqual([
      [0, 60, { '0xa': 0, '0xagg': 0 }],
      [20, 0, { '0xa': 14, '0xagg': 6 }],
    ]);
  });
});

describe('settlements are awarded', () => {
  it('in the order in which they were computed, each adding to the leaves', () => {
    const book = bookAfter(
      ...contracts,
      computed('s1', 0, [settled('A', 100)]),
      computed('s2', 0, [settled('A', 10), settled('B', 200)]),
    );
    expect(told(awardAll(book))).toEqual([
      [100, 0, { '0xa': 70, '0xagg': 30 }],
      [210, 0, { '0xa': 77, '0xb': 140, '0xagg': 93 }],
    ]);
    expect(book.due()).toBeUndefined();
  });

  it('with their last part', () => {
    const book = bookAfter(
      ...contracts,
      computed('s1', 0, [settled('A', 60)], { index: 0, of: 2 }),
    );
    expect(book.due()).toBeUndefined();
    book.take(computed('s1', 0, [settled('A', 40)], { index: 1, of: 2 }));
    expect(book.due()?.amountMicroEur).toBe(100);
  });

  it('not at all where they come to nothing', () => {
    expect(awardAll(bookAfter(...contracts, computed('s1', 0, [])))).toEqual([]);
    expect(awardAll(bookAfter(...contracts, computed('s1', 0, [settled('A', 5, 5)])))).toEqual([]);
  });

  it('by the terms under which they were sold, whatever is agreed afterwards', () => {
    const book = bookAfter(
      ...contracts,
      published('s1', [settled('A', 0)]),
      proposed('A', 0),
      accepted('A'),
      published('s2', [settled('A', 0)]),
      computed('s1', 0, [settled('A', 100)]),
      computed('s2', 0, [settled('A', 100)]),
    );
    const wallets = awardAll(book).map(({ cumulative }) => cumulative.get('0xa'));
    expect(wallets).toEqual([70, 70]);
  });

  it('by the terms that were accepted, not by those that are proposed only', () => {
    const sold = published('s1', [settled('A', 0)]);
    const book = bookAfter(...contracts, proposed('A', 0), sold);
    book.take(computed('s1', 0, [settled('A', 100)]));
    expect(awardAll(book)[0]!.cumulative.get('0xa')).toBe(70);
  });

  it('to the customer who had the PoD when it sold, who may have left since', () => {
    const book = bookAfter(
      ...contracts,
      published('s1', [settled('A', 0)]),
      registered('A', '0xnewcomer'),
      published('s2', [settled('A', 0)]),
      computed('s1', 0, [settled('A', 100)]),
      computed('s2', 0, [settled('A', 10)]),
    );
    expect(told(awardAll(book)).at(-1)![2]).toEqual({ '0xa': 70, '0xnewcomer': 7, '0xagg': 33 });
  });

  it('to the aggregator that sold, also when the customer has gone to another', () => {
    const other = { ...proposed('A', 500).data, aggregatorId: 'AGG2', aggregatorWallet: '0xOTHER' };
    const book = bookAfter(
      ...contracts,
      { type: 'AgreementProposed', data: other } as AwardBookEvent,
      accepted('A'),
      published('s1', [settled('A', 0)]),
      computed('s1', 0, [settled('A', 100)]),
      computed('s2', 0, [{ ...settled('A', 100), aggregatorId: 'AGG2' }]),
    );
    expect(told(awardAll(book))).toEqual([
      [100, 0, { '0xa': 70, '0xagg': 30 }],
      [100, 0, { '0xa': 120, '0xagg': 30, '0xother': 50 }],
    ]);
  });

  it('when their PoDs have an agreement; until then they wait, and hold up no other', () => {
    const book = bookAfter(
      registered('A', '0xa'),
      registered('B', '0xb'),
      proposed('B', 500),
      accepted('B'),
      computed('s1', 0, [settled('A', 100)]),
      computed('s2', 0, [settled('B', 10)]),
    );
    expect(told(awardAll(book))).toEqual([[10, 0, { '0xb': 5, '0xagg': 5 }]]);
    expect([book.waitsFor('s1'), book.waitsFor('s2')]).toEqual(['A', undefined]);
    book.take(proposed('A', 1_000));
    expect(book.due()).toBeUndefined();
    book.take(accepted('A'));
    expect(told(awardAll(book))).toEqual([[100, 0, { '0xa': 100, '0xb': 5, '0xagg': 5 }]]);
    expect(book.waitsFor('s1')).toBeUndefined();
  });

  it('to one account, however its address is written', () => {
    const book = bookAfter(
      registered('A', '0xAB'),
      registered('B', '0xab'),
      ...['A', 'B'].flatMap((podId) => [proposed(podId, 1_000), accepted(podId)]),
      computed('s1', 0, [settled('A', 1), settled('B', 2)]),
    );
    expect(told(awardAll(book))).toEqual([[3, 0, { '0xab': 3 }]]);
  });
});

describe('a correction', () => {
  const first = [...contracts, computed('s1', 0, [settled('A', 100)])];

  it('that finds more mints what it adds', () => {
    const book = bookAfter(...first);
    awardAll(book);
    book.take(computed('s1', 1, [settled('A', 150)]));
    expect(told(awardAll(book))).toEqual([[50, 0, { '0xa': 105, '0xagg': 45 }]]);
  });

  it('that finds as much mints nothing and is awarded all the same', () => {
    const book = bookAfter(...first);
    awardAll(book);
    book.take(computed('s1', 1, [settled('A', 100)]));
    expect(told(awardAll(book))).toEqual([[0, 0, { '0xa': 70, '0xagg': 30 }]]);
  });

  it('that finds less shrinks no leaf: what is too much is carried, and earned before more is minted', () => {
    const book = bookAfter(...first);
    awardAll(book);
    book.take(computed('s1', 1, [settled('A', 40)]));
    expect(told(awardAll(book))).toEqual([[0, 60, { '0xa': 70, '0xagg': 30 }]]);
    book.take(computed('s2', 0, [settled('A', 50)]));
    expect(told(awardAll(book))).toEqual([[0, 10, { '0xa': 70, '0xagg': 30 }]]);
    book.take(computed('s3', 0, [settled('A', 30)]));
    expect(told(awardAll(book))).toEqual([[20, 0, { '0xa': 84, '0xagg': 36 }]]);
  });

  it('may take from one wallet and give to another', () => {
    // 70 % of 200 less half of a penalty of 160 leaves the customer 60, the aggregator none of 40.
    const book = bookAfter(...first);
    awardAll(book);
    book.take(computed('s1', 1, [settled('A', 200, 160)]));
    expect(told(awardAll(book))).toEqual([[0, 60, { '0xa': 70, '0xagg': 30 }]]);
  });

  it('pays no second wallet: where the customer has another by then, the first goes on', () => {
    const book = bookAfter(...first);
    awardAll(book);
    book.take(registered('A', '0xother'));
    book.take(proposed('A', 100));
    book.take(accepted('A'));
    book.take(computed('s1', 1, [settled('A', 150)]));
    expect(told(awardAll(book))).toEqual([[50, 0, { '0xa': 105, '0xagg': 45 }]]);
  });

  it('before the first is awarded comes after it', () => {
    const book = bookAfter(...first, computed('s1', 1, [settled('A', 150)]));
    expect(
      awardAll(book).map(({ correction, amountMicroEur }) => [correction, amountMicroEur]),
    ).toEqual([
      [0, 100],
      [1, 50],
    ]);
  });

  it('of what came to nothing is its first award', () => {
    const book = bookAfter(...contracts, computed('s1', 0, [settled('A', 0)]));
    expect(awardAll(book)).toEqual([]);
    book.take(computed('s1', 1, [settled('A', 10)]));
    expect(told(awardAll(book))).toEqual([[10, 0, { '0xa': 7, '0xagg': 3 }]]);
  });
});

describe('over random days', () => {
  const pods = ['A', 'B', 'C'];
  const someRow = fc
    .tuple(fc.constantFrom(...pods), fc.nat(1e9), fc.nat(1_000))
    .map(([podId, paid, perMille]) => settled(podId, paid, Math.floor((paid * perMille) / 1_000)));
  const someRows = fc.array(someRow, { maxLength: 4 });
  const sessions = ['s1', 's2', 's3', 's4'];
  /** Settlements and corrections of a few sessions, with awards now and then. */
  const someDays = fc.array(
    fc.record({ session: fc.constantFrom(...sessions), rows: someRows, award: fc.boolean() }),
    { maxLength: 14 },
  );
  const someTerms = fc.tuple(fc.nat(1_000), fc.nat(1_000));

  interface Told {
    readonly minted: number;
    readonly awards: readonly DueAward[];
    /** Net of the settlement awarded last, by session. */
    readonly nets: ReadonlyMap<string, number>;
  }

  function live(
    days: typeof someDays extends fc.Arbitrary<infer Days> ? Days : never,
    [share, penaltyShare]: readonly [number, number],
    onAward: (told: Told) => void,
  ): Told {
    const book = bookAfter(
      ...pods.flatMap((podId) => [
        registered(podId, podId === 'C' ? '0xa' : `0x${podId.toLowerCase()}`),
        proposed(podId, share, penaltyShare),
        accepted(podId),
      ]),
    );
    const netOf = new Map<string, number>();
    const corrections = new Map<string, number>();
    const nets = new Map<string, number>();
    const awards: DueAward[] = [];
    let minted = 0;
    const awardDue = (): void => {
      for (const due of awardAll(book)) {
        minted += due.amountMicroEur;
        awards.push(due);
        nets.set(due.sessionId, netOf.get(`${due.sessionId}/${due.correction}`)!);
        onAward({ minted, awards, nets });
      }
    };
    for (const { session, rows, award } of days) {
      const correction = corrections.get(session) ?? 0;
      corrections.set(session, correction + 1);
      netOf.set(`${session}/${correction}`, netMicroEur(rows));
      book.take(computed(session, correction, rows));
      if (award) awardDue();
    }
    awardDue();
    return { minted, awards, nets };
  }
  const sum = (amounts: Iterable<number>): number => [...amounts].reduce((a, b) => a + b, 0);

  it('the tokens are the leaves, and the settlements that count plus what is carried', () => {
    fc.assert(
      fc.property(someDays, someTerms, (days, terms) => {
        live(days, terms, ({ minted, awards, nets }) => {
          const { amountMicroEur, carriedMicroEur, cumulative } = awards.at(-1)!;
          expect(amountMicroEur).toBeGreaterThanOrEqual(0);
          expect(carriedMicroEur).toBeGreaterThanOrEqual(0);
          expect(sum(cumulative.values())).toBe(minted);
          expect(sum(nets.values()) + carriedMicroEur).toBe(minted);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('no leaf ever shrinks', () => {
    fc.assert(
      fc.property(someDays, someTerms, (days, terms) => {
        const { awards } = live(days, terms, () => undefined);
        awards.forEach(({ cumulative }, index) => {
          for (const [wallet, before] of awards[index - 1]?.cumulative ?? []) {
            expect(cumulative.get(wallet)!).toBeGreaterThanOrEqual(before);
          }
        });
      }),
    );
  });

  it('without corrections the tokens are the settlements to the micro-euro', () => {
    fc.assert(
      fc.property(someDays, someTerms, (days, terms) => {
        const once = days.map((day, index) => ({ ...day, session: `s${index}` }));
        const { minted, nets, awards } = live(once, terms, () => undefined);
        expect(minted).toBe(sum(nets.values()));
        for (const { carriedMicroEur } of awards) expect(carriedMicroEur).toBe(0);
      }),
    );
  });

  it('when each wallet has earned what it was given too much, nothing is carried any more', () => {
    fc.assert(
      fc.property(someDays, someTerms, (days, terms) => {
        const rows = pods.map((podId) => settled(podId, 1e11));
        const later = { session: 'later', rows, award: true };
        const { minted, nets, awards } = live([...days, later], terms, () => undefined);
        const owed = awards.at(-1)!.carriedMicroEur;
        // Wallets whose share is 0 earn nothing; where all have a share all is paid back.
        if (terms[0] > 0 && terms[0] < 1_000) expect(owed).toBe(0);
        expect(minted).toBe(sum(nets.values()) + owed);
      }),
    );
  });
});
