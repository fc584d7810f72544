/** The market as apps ask for it: PoDs, sessions, orders, outcomes and settlements, over the real file. */
import { InvalidQuery } from './document-store';
import {
  countOffers,
  findBids,
  findOffers,
  findRequests,
  getBid,
  getOffer,
  getRequest,
} from './order-book/queries';
import { findOutcomes } from './outcomes/queries';
import {
  countPods,
  findBaselines,
  findPods,
  getBaseline,
  getBaselines,
  getPod,
  getPods,
} from './pod-register/queries';
import { findSessions, getSession } from './sessions/queries';
import { findSettlementRows, findSettlements, getSettlement } from './settlements/queries';
import {
  openRecordedDay,
  POD_A,
  POD_B,
  RECORDED_AT,
  type RecordedDay,
} from './testing/recorded-day';
import { offer, SESSION } from './testing/session-events';

let day: RecordedDay;

beforeAll(async () => {
  day = await openRecordedDay();
});
afterAll(() => day.close());

it('PoDs and baselines', async () => {
  const { documents } = day.views;
  expect(await getPod(documents, POD_A)).toMatchObject({ aggregatorId: 'AGG1', busId: 'bus-0' });
  expect(await getPod(documents, 'nobody')).toBeUndefined();
  expect((await getPods(documents, [POD_B, 'nobody'])).map((pod) => pod?.podId)).toEqual([
    POD_B,
    undefined,
  ]);
  expect((await findPods(documents, { pom: 'CP1' })).items).toHaveLength(2);
  expect((await findPods(documents, { aggregatorId: 'AGG2' })).items).toMatchObject([
    { podId: POD_B },
  ]);
  expect(await countPods(documents, { status: 'registered', gridId: 'rome' })).toBe(2);
  expect(await getBaseline(documents, POD_B, '2026-03-17')).toMatchObject({ baselineW: [101] });
  const baselines = await getBaselines(documents, ['nobody', POD_A], '2026-03-16');
  expect(baselines.map((baseline) => baseline?.baselineW)).toEqual([undefined, [100]]);
  const later = await findBaselines(documents, {
    podId: POD_A,
    deliveryDay: { from: '2026-03-17' },
  });
  expect(later.items.map(({ deliveryDay }) => deliveryDay)).toEqual(['2026-03-17']);
  expect((await findBaselines(documents, { podId: POD_A })).items).toHaveLength(2);
});

it('sessions', async () => {
  const { documents } = day.views;
  expect(await getSession(documents, SESSION)).toMatchObject({ status: 'published' });
  expect((await findSessions(documents)).items).toHaveLength(1);
  const days = { from: '2026-03-17', below: '2026-03-18' };
  const found = await findSessions(documents, { deliveryDay: days, kind: 'realTime' });
  expect(found.items.map(({ sessionId }) => sessionId)).toEqual([SESSION]);
  expect((await findSessions(documents, { status: 'open' })).items).toEqual([]);
});

it('the order book, where the unfinished bid does not count', async () => {
  const { documents } = day.views;
  const requests = await findRequests(documents, { sessionId: SESSION });
  expect(requests.items.map(({ requestId }) => requestId)).toEqual(['r1', 'r2']);
  expect((await findRequests(documents, { requester: 'TSO' })).items).toHaveLength(1);
  expect(await getRequest(documents, SESSION, 'r2')).toMatchObject({ requester: 'TSO' });
  const offers = await findOffers(documents, { sessionId: SESSION });
  expect(
    offers.items.map(({ aggregatorId, offerId, bidId }) => [aggregatorId, offerId, bidId]),
  ).toEqual([
    ['AGG1', 'o1', 'b1'],
    ['AGG1', 'o22', 'b1'],
    ['AGG2', 'o1', 'b2'],
  ]);
  expect(offers.items[0]).toEqual({
    ...offer('o1', 10),
    sessionId: SESSION,
    aggregatorId: 'AGG1',
    bidId: 'b1',
    offeredAt: RECORDED_AT,
  });
  const key = { sessionId: SESSION, aggregatorId: 'AGG2', offerId: 'o1' };
  expect(await getOffer(documents, key)).toMatchObject({ bidId: 'b2' });
  expect(await getOffer(documents, { ...key, offerId: 'none' })).toBeUndefined();
  expect(await countOffers(documents, { sessionId: SESSION, aggregatorId: 'AGG1' })).toBe(2);
  expect(await getBid(documents, SESSION, 'b3')).toMatchObject({ completeAt: null });
  const bids = await findBids(documents, { sessionId: SESSION, aggregatorId: 'AGG1' });
  expect(bids.items.map(({ bidId }) => bidId)).toEqual(['b1', 'b3']);
});

it('outcomes of whole results only, page by page', async () => {
  const { documents } = day.views;
  const rows = await findOutcomes(documents, { requestId: 'r1' });
  expect(rows.items.map(({ sessionId, offerId }) => [sessionId, offerId])).toEqual([
    [SESSION, 'o1'],
    [SESSION, 'o22'],
  ]);
  const first = await findOutcomes(documents, { sessionId: SESSION }, { limit: 1 });
  const second = await findOutcomes(
    documents,
    { sessionId: SESSION },
    { limit: 1, cursor: first.next! },
  );
  expect([...first.items, ...second.items].map(({ row }) => row)).toEqual([0, 1]);
  expect(second.next).toBeNull();
  await expect(findOutcomes(documents, {}, { cursor: 'nonsense' })).rejects.toThrow(InvalidQuery);
});

it('settlements, the correction that counts', async () => {
  const { documents } = day.views;
  expect(await getSettlement(documents, SESSION)).toMatchObject({ correction: 1 });
  expect((await findSettlements(documents)).items).toHaveLength(1);
  for (const where of [{ sessionId: SESSION }, { podId: POD_A }]) {
    const { items } = await findSettlementRows(documents, where);
    expect(items.map(({ correction, paidMicroEur }) => [correction, paidMicroEur])).toEqual([
      [1, [12_000]],
    ]);
  }
  expect((await findSettlementRows(documents, { sessionId: 'none' })).items).toEqual([]);
});
