/** The settlements of a session: computed, awarded and published once each, then corrected. */
import { givenOf } from '../testing/decider-spec';
import { row, sessionId } from '../testing/session-story';
import { type SettlementCommand, settlementDecider } from './decider';
import type { SettlementEvent } from './events';
import type { SaltedRow } from './salted-rows';

const given = givenOf(settlementDecider);
const { decide, evolve, initialState } = settlementDecider;
const inputDigest = 'e'.repeat(64);

const rowsRoot = 'd'.repeat(64);
const settledRow: SaltedRow = {
  ...row({ acceptedW: [1_000, 1_000] }),
  baselineW: [3_000, 3_000],
  measuredW: [2_000, null],
  deliveredW: [1_000, 0],
  paidMicroEur: [900, 0],
  penaltyMicroEur: [100, 0],
  salt: 'a5'.repeat(16),
};
const record = (correction: number, rows = [settledRow]): SettlementCommand => ({
  kind: 'recordSettlement',
  sessionId,
  correction,
  inputDigest,
  rowsRoot,
  rows,
});
const computed = (correction: number, rows = [settledRow]): SettlementEvent => ({
  type: 'SettlementComputed',
  data: { sessionId, correction, part: { index: 0, of: 1 }, inputDigest, rowsRoot, rows },
});
const awarded = (correction: number): Extract<SettlementEvent, { type: 'TokensAwarded' }> => ({
  type: 'TokensAwarded',
  data: {
    sessionId,
    correction,
    amountMicroEur: 800,
    accounts: 2,
    distributionRoot: `0x${'1'.repeat(64)}`,
    txHash: `0x${'2'.repeat(64)}`,
    blockNumber: 7,
  },
});
const award = (correction: number): SettlementCommand => ({
  kind: 'recordAward',
  award: awarded(correction).data,
});
const publish: SettlementCommand = { kind: 'publishSettlement', sessionId };
const published = (correction: number): SettlementEvent => ({
  type: 'SettlementPublished',
  data: {
    sessionId,
    correction,
    rows: 1,
    unmeasuredMtus: 1,
    acceptedWMtu: 2_000,
    deliveredWMtu: 1_000,
    netMicroEur: 800,
    rowsRoot,
  },
});

describe('a settlement', () => {
  it('is computed once', () => {
    given().when(record(0)).then(computed(0));
    given(computed(0)).when(record(0)).then();
  });

  it('of a session that sold nothing is computed too', () => {
    given().when(record(0, [])).then(computed(0, []));
  });

  it('is awarded once, when it is computed', () => {
    given().when(award(0)).thenRefused('settlement-unknown');
    given(computed(0)).when(award(0)).then(awarded(0));
    given(computed(0), awarded(0)).when(award(0)).then();
  });

  it('is published once, with its sums', () => {
    given().when(publish).thenRefused('settlement-unknown');
    given(computed(0), awarded(0)).when(publish).then(published(0));
    given(computed(0), awarded(0), published(0)).when(publish).then();
  });

  it('is published with the sums of reactive power apart', () => {
    const reactive: SaltedRow = { ...settledRow, product: 'Q', deliveredW: [600, 0] };
    const { data } = published(0);
    given(computed(0, [settledRow, reactive]), awarded(0))
      .when(publish)
      .then({
        type: 'SettlementPublished',
        data: {
          ...data,
          rows: 2,
          unmeasuredMtus: 2,
          acceptedVarMtu: 2_000,
          deliveredVarMtu: 600,
          netMicroEur: 1_600,
        },
      } as SettlementEvent);
  });
});

describe('a correction', () => {
  const first = [computed(0), awarded(0), published(0)];

  it('follows the settlement it corrects', () => {
    given().when(record(1)).thenRefused('settlement-unknown');
    given(...first)
      .when(record(1))
      .then(computed(1));
    given(...first, computed(1))
      .when(record(3))
      .thenRefused('settlement-unknown');
  });

  it('is awarded and published like the first', () => {
    given(...first, computed(1))
      .when(award(1))
      .then(awarded(1));
    given(...first, computed(1), awarded(1))
      .when(publish)
      .then(published(1));
  });

  it('that comes before the first is awarded leaves that award to be made, once', () => {
    const past = [computed(0), computed(1)];
    given(...past)
      .when(award(0))
      .then(awarded(0));
    given(...past, awarded(0))
      .when(award(0))
      .then();
    given(...past, awarded(0))
      .when(award(1))
      .then(awarded(1));
    given(...past, awarded(0))
      .when(publish)
      .then(published(1));
  });
});

describe('a dispute', () => {
  const disputed: Extract<SettlementEvent, { type: 'SettlementDisputed' }> = {
    type: 'SettlementDisputed',
    data: {
      sessionId,
      correction: 0,
      aggregatorId: 'AGG1',
      settledMicroEur: 800,
      expectedMicroEur: 900,
      disputedRows: 1,
      rows: [],
    },
  };
  const dispute = (change: Partial<typeof disputed.data> = {}): SettlementCommand => ({
    kind: 'disputeSettlement',
    dispute: { ...disputed.data, ...change },
  });
  const first = [computed(0), awarded(0), published(0)];

  it('is recorded once for each aggregator and settlement, and changes nothing else', () => {
    given(...first)
      .when(dispute())
      .then(disputed);
    given(...first, disputed)
      .when(dispute({ expectedMicroEur: 7 }))
      .then();
    const byAnother = { aggregatorId: 'AGG2' };
    given(...first, disputed)
      .when(dispute(byAnother))
      .then({ ...disputed, data: { ...disputed.data, ...byAnother } });
    given(...first, disputed)
      .when(record(1))
      .then(computed(1));
  });

  it('needs a published settlement', () => {
    given(computed(0), awarded(0)).when(dispute()).thenRefused('settlement-unknown');
    given(...first)
      .when(dispute({ correction: 1 }))
      .thenRefused('settlement-unknown');
  });
});

describe('a settlement larger than a part', () => {
  const rows = Array.from({ length: 4_000 }, (_, index) => ({
    ...settledRow,
    offerId: `offer-${String(index).padStart(60, '0')}`,
  }));
  const events = decide(record(0, rows), initialState);
  const state = (past: readonly SettlementEvent[]) => past.reduce(evolve, initialState);

  it('counts with its last part; cut off and repeated it goes on', () => {
    expect(events.length).toBeGreaterThan(2);
    events.forEach((_, cutAfter) => {
      const standing = state(events.slice(0, cutAfter));
      expect(standing.settlements[0]?.complete ?? false).toBe(false);
      expect(decide(record(0, rows), standing)).toEqual(events.slice(cutAfter));
    });
    expect(state(events).settlements).toEqual([
      {
        correction: 0,
        complete: true,
        rows,
        rowsRoot,
        awarded: false,
        published: false,
        disputedBy: [],
      },
    ]);
    given(events[0]!).when(award(0)).thenRefused('settlement-unknown');
    given(events[0]!).when(publish).thenRefused('settlement-unknown');
  });

  it('cut off, and computed anew with measurements that came meanwhile, forgets the beginning', () => {
    const anew = rows.map((one) => ({ ...one, measuredW: [2_000, 2_000] }));
    const past = [events[0]!, ...decide(record(0, anew), state(events.slice(0, 1)))];
    expect(state(past).settlements[0]).toMatchObject({ complete: true, rows: anew });
  });
});
