/**
 * An aggregator that bids late or for others, takes back what it sold or declares what suits it, and finds
 * a platform that takes it in. Seals and chain follow: only what the events say can tell it.
 */
import type { StoredRow } from '@flexledger/domain';
import { type DataOf, dataOf } from '../testing/simulated-day';
import { edited, editedFirst, rowOf, shifted, withAfter, withBefore, without } from './edit-rows';
import type { HonestDay } from './honest-day';
import { type Outcome, type Tampering, caught, notExcluded, tampering } from './tampering';

function aggregator(
  what: string,
  outcome: Outcome,
  change: (day: HonestDay) => readonly StoredRow[],
): Tampering {
  return tampering('aggregator', what, ['none', outcome], (day) =>
    day.powers.onNewChain(change(day)),
  );
}

const hasOffers = ({ offers }: DataOf<'FlexibilityOffered'>): boolean => offers.length > 0;

/** What stands before the closing of the session that an offer is for. */
function closingOf(rows: readonly StoredRow[], offer: StoredRow): StoredRow {
  return rowOf(rows, 'SessionClosed', (_, row) => row.streamId === offer.streamId);
}

/** A bid like the first one, under other names. */
function likeFirstOffer(rows: readonly StoredRow[]) {
  const offer = rowOf(rows, 'FlexibilityOffered', hasOffers);
  const data = dataOf<'FlexibilityOffered'>(offer);
  data.bidId = 'late';
  for (const one of data.offers) one.offerId = `late-${one.offerId}`;
  const { streamId, type, schemaVersion } = offer;
  return { offer, event: { streamId, type, data, schemaVersion } };
}

const DISPUTE = notExcluded('a dispute is the aggregator’s own word; no money rests on it');

export const BY_AGGREGATORS: readonly Tampering[] = [
  aggregator('a bid after the gate closed', caught('gates', 'clearing'), ({ rows }) => {
    const { offer, event } = likeFirstOffer(rows);
    const closed = closingOf(rows, offer);
    return withAfter(rows, closed, { ...event, occurredAt: shifted(closed.occurredAt, 1_000) });
  }),
  aggregator(
    'a bid after the gate closed, backdated',
    caught('gates', 'clearing', 'times'),
    ({ rows }) => {
      const { offer, event } = likeFirstOffer(rows);
      const closed = closingOf(rows, offer);
      const recordedAt = closed.recordedAt;
      return withAfter(rows, closed, { ...event, occurredAt: offer.occurredAt, recordedAt });
    },
  ),
  aggregator(
    'a bid slipped in an hour late, backdated before the gate',
    caught('gates', 'clearing', 'times'),
    ({ rows }) => {
      const { offer, event } = likeFirstOffer(rows);
      const closed = closingOf(rows, offer);
      const recordedAt = shifted(closed.occurredAt, 3_600_000);
      return withBefore(rows, closed, { ...event, occurredAt: offer.occurredAt, recordedAt });
    },
  ),
  aggregator('a bid for the PoD of another aggregator', caught('gates', 'clearing'), ({ rows }) =>
    editedFirst(
      rows,
      'FlexibilityOffered',
      (data) => {
        data.aggregatorId = data.aggregatorId === 'AGG1' ? 'AGG2' : 'AGG1';
      },
      hasOffers,
    ),
  ),
  aggregator(
    'a bid of more than the PoD was declared for',
    caught('gates', 'clearing'),
    ({ rows }) =>
      editedFirst(
        rows,
        'FlexibilityOffered',
        (data) => {
          for (const offer of data.offers) offer.podLimitW = 10 * Number(offer.podLimitW);
        },
        hasOffers,
      ),
  ),
  aggregator('a dearer price for what was sold', caught('clearing'), ({ rows }) =>
    editedFirst(
      rows,
      'FlexibilityOffered',
      (data) => {
        for (const offer of data.offers) {
          if (offer.kind === 'single') offer.priceMicroEurPerKwh[0]! += 1;
          else offer.priceMicroEurPerKwh += 1;
        }
      },
      (data) => isSold(rows, data),
    ),
  ),
  aggregator(
    'an offer taken back after the gate closed',
    caught('gates', 'clearing'),
    ({ rows }) => {
      const offer = rowOf(rows, 'FlexibilityOffered', hasOffers);
      const { sessionId, aggregatorId, offers } = dataOf<'FlexibilityOffered'>(offer);
      const closed = closingOf(rows, offer);
      return withAfter(rows, closed, {
        streamId: offer.streamId,
        type: 'OfferWithdrawn',
        data: { sessionId, aggregatorId, offerIds: [offers[0]!.offerId] },
        occurredAt: closed.occurredAt,
      });
    },
  ),
  aggregator('a baseline that suits what was measured', caught('settlement'), ({ rows }) => {
    const podId = soldPod(rows);
    return editedFirst(
      rows,
      'BaselineDeclared',
      (data) => {
        data.baselineW = data.baselineW.map((watts) => watts + 1_000);
      },
      (data) => data.podId === podId,
    );
  }),
  aggregator(
    'a baseline declared again after the gate, the settlement as before',
    notExcluded('of no effect: a settlement takes the baseline that stood before the gate'),
    ({ rows }) => withBaselineLater(rows, (settled) => settled.occurredAt),
  ),
  aggregator('a baseline after the gate, backdated', caught('times', 'settlement'), ({ rows }) =>
    withBaselineLater(rows, (_, declared) => shifted(declared.occurredAt, 1_000)),
  ),
  aggregator(
    'a measurement that would cost it pay, held back after it was settled',
    caught('settlement'),
    ({ rows }) => {
      const podId = soldPod(rows);
      const paid = dataOf<'SettlementComputed'>(settledFor(rows, podId));
      const window = dataOf<'SessionScheduled'>(
        rowOf(rows, 'SessionScheduled', ({ sessionId }) => sessionId === paid.sessionId),
      ).deliveryStart;
      const row = paid.rows.find((one) => one.podId === podId)!;
      const startMs = Date.parse(window) + row.firstMtu * 900_000;
      return without(rows, ({ type, data }) => {
        if (type !== 'MeasurementRecorded') return false;
        const { inputData } = JSON.parse(data) as DataOf<'MeasurementRecorded'>;
        return inputData.podId === podId && Date.parse(inputData.mtuStart) === startMs;
      });
    },
  ),
  aggregator('a dispute about what was not settled so', DISPUTE, ({ rows }) => {
    const published = rowOf(rows, 'SettlementPublished', ({ rows: count }) => count > 0);
    const { sessionId, correction } = dataOf<'SettlementPublished'>(published);
    return withAfter(rows, published, {
      streamId: published.streamId,
      type: 'SettlementDisputed',
      data: {
        sessionId,
        correction,
        aggregatorId: 'AGG1',
        settledMicroEur: 123_456_789,
        expectedMicroEur: 223_456_789,
        disputedRows: 0,
        rows: [],
      },
      occurredAt: published.occurredAt,
      actor: 'aggregator:AGG1',
    });
  }),
];

/** Whether something of a bid was sold. */
function isSold(rows: readonly StoredRow[], { offers }: DataOf<'FlexibilityOffered'>): boolean {
  const ids = new Set(offers.map(({ offerId }) => offerId));
  return rows.some(
    (row) =>
      row.type === 'ResultPublished' &&
      dataOf<'ResultPublished'>(row).rows.some(({ offerId }) => ids.has(offerId)),
  );
}

/** A PoD that was paid. */
function soldPod(rows: readonly StoredRow[]): string {
  const settled = rowOf(rows, 'SettlementComputed', ({ rows: sold }) => sold.length > 0);
  return dataOf<'SettlementComputed'>(settled).rows[0]!.podId;
}

function settledFor(rows: readonly StoredRow[], podId: string): StoredRow {
  return rowOf(rows, 'SettlementComputed', (data) => data.rows.some((row) => row.podId === podId));
}

/** The day with the sold PoD's baseline declared once more right before its settlement. */
function withBaselineLater(
  rows: readonly StoredRow[],
  occurredAt: (settled: StoredRow, declared: StoredRow) => string,
): StoredRow[] {
  const podId = soldPod(rows);
  const settled = settledFor(rows.toReversed(), podId);
  const declared = rowOf(rows, 'BaselineDeclared', (data) => data.podId === podId);
  const later = edited<'BaselineDeclared'>([declared], declared, (data) => {
    data.baselineW = data.baselineW.map((watts) => watts + 1_000);
  })[0]!;
  return withBefore(rows, settled, {
    streamId: declared.streamId,
    type: declared.type,
    data: JSON.parse(later.data) as object,
    schemaVersion: declared.schemaVersion,
    occurredAt: occurredAt(settled, declared),
    recordedAt: settled.recordedAt,
  });
}
