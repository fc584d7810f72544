/** Settlements and their corrections -> totals and rows. */
import type { PartOf, SettlementEvent, SettlementRow } from '@flexledger/domain';
import { documentsAfter, inStream, timeAt } from '../testing/recorded-log';
import { outcomeRow, SESSION, WHOLE } from '../testing/session-events';
import { settlementRowsView } from './settlement-rows-view';
import { settlementsView } from './settlements-view';

const row = (measuredW: number | null): SettlementRow => ({
  ...outcomeRow({ acceptedW: [400], priceMicroEurPerKwh: [120_000] }),
  baselineW: [1_000],
  measuredW: [measuredW],
  deliveredW: [measuredW === null ? 0 : 400],
  paidMicroEur: [measuredW === null ? 0 : 12_000],
  penaltyMicroEur: [0],
});
const computed = (
  correction: number,
  rows: readonly SettlementRow[],
  part: PartOf = WHOLE,
): SettlementEvent => ({
  type: 'SettlementComputed',
  data: { sessionId: SESSION, correction, part, inputDigest: `digest-${correction}`, rows },
});
const totals = {
  rows: 1,
  unmeasuredMtus: 0,
  acceptedWMtu: 400,
  deliveredWMtu: 400,
  netMicroEur: 12_000,
};
const publishedAs = (correction: number): SettlementEvent => ({
  type: 'SettlementPublished',
  data: { sessionId: SESSION, correction, ...totals },
});
const proof = { accounts: 2, distributionRoot: '0xaa', txHash: '0xbb', blockNumber: 5 };
const awarded = (correction: number): SettlementEvent => ({
  type: 'TokensAwarded',
  data: { sessionId: SESSION, correction, amountMicroEur: 12_000, ...proof },
});
const log = (...events: readonly SettlementEvent[]) => inStream(`settlement-${SESSION}`, events);

describe('the settlement of a session', () => {
  it('has the totals as published and the award', () => {
    const events = log(computed(0, [row(600)]), awarded(0), publishedAs(0));
    expect(documentsAfter(settlementsView, events)).toEqual([
      {
        sessionId: SESSION,
        correction: 0,
        inputDigest: 'digest-0',
        computedAt: timeAt(0),
        published: {
          correction: 0,
          ...totals,
          acceptedVarMtu: 0,
          deliveredVarMtu: 0,
          publishedAt: timeAt(2),
        },
        awards: [
          {
            correction: 0,
            amountMicroEur: 12_000,
            carriedMicroEur: 0,
            ...proof,
            awardedAt: timeAt(1),
          },
        ],
        disputes: [],
      },
    ]);
  });

  it('begins to count with the last part', () => {
    const [half] = documentsAfter(settlementsView, log(computed(0, [row(1)], { index: 0, of: 2 })));
    expect(half).toMatchObject({ correction: null, computedAt: null });
  });

  it('shows who disputes it, also when it has been corrected since', () => {
    const money = { settledMicroEur: 12_000, expectedMicroEur: 15_000, disputedRows: 1, rows: [] };
    const dispute: SettlementEvent = {
      type: 'SettlementDisputed',
      data: { sessionId: SESSION, correction: 0, aggregatorId: 'AGG1', ...money },
    };
    const events = [computed(0, [row(600)]), publishedAs(0), dispute, computed(1, [row(600)])];
    expect(documentsAfter(settlementsView, log(...events))).toMatchObject([
      {
        correction: 1,
        disputes: [{ correction: 0, aggregatorId: 'AGG1', ...money, disputedAt: timeAt(2) }],
      },
    ]);
  });

  it('is superseded by a complete correction, and keeps every award', () => {
    const first = [computed(0, [row(null)]), awarded(0), publishedAs(0)];
    const begun = computed(1, [row(600)], { index: 0, of: 2 });
    const [before] = documentsAfter(settlementsView, log(...first, begun));
    expect(before).toMatchObject({ correction: 0, inputDigest: 'digest-0' });
    const done = computed(1, [row(600)], { index: 1, of: 2 });
    const events = log(...first, begun, done, awarded(1), publishedAs(1));
    const [settlement] = documentsAfter(settlementsView, events);
    expect(settlement).toMatchObject({
      correction: 1,
      inputDigest: 'digest-1',
      published: { correction: 1 },
    });
    expect(settlement?.awards.map(({ correction }) => correction)).toEqual([0, 1]);
  });
});

describe('settlement rows', () => {
  it('are kept for every correction', () => {
    const events = log(computed(0, [row(null), row(1)]), computed(1, [row(600)]));
    const place = { sessionId: SESSION, part: 0 };
    const id = (correction: number): string => `${SESSION}/${correction}`;
    expect(documentsAfter(settlementRowsView, events)).toEqual([
      { settlementId: id(0), ...place, correction: 0, row: 0, ...row(null) },
      { settlementId: id(0), ...place, correction: 0, row: 1, ...row(1) },
      { settlementId: id(1), ...place, correction: 1, row: 0, ...row(600) },
    ]);
  });
});
