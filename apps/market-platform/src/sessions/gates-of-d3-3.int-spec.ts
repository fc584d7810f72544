/**
 * A session under the rule pack `d3.3`, served: gates of four and of two hours, and no service below what a
 * household's control can follow; from the calendar to the settlement.
 */
import { MTU_MS, sessionsDelivering } from '@flexledger/domain';
import { loadRulePack } from '@flexledger/service-kit';
import { PODS, signContracts } from '../settlement/testing/sold-day';
import { type ServedMarket, expectAnswers, serveMarket } from '../testing/served-market';
import { DAY, offerOf, podOf, requestOf } from '../testing/trading-day';

const { rulePack } = loadRulePack('d3.3');
const [dayAhead, window] = sessionsDelivering(DAY, rulePack);
const { sessionId, period } = dayAhead!;
const session = `/api/v1/sessions/${encodeURIComponent(sessionId)}`;
const [FIRST, SECOND] = PODS as [string, string];

let served: ServedMarket;
beforeAll(async () => {
  const register = { [FIRST]: podOf('AGG1'), [SECOND]: podOf('AGG1') };
  served = await serveMarket(dayAhead!.gateOpensMs - 60_000, register, 'd3.3');
  await signContracts(served.log, served.clock, rulePack);
  await served.market.calendar.scheduleDay(DAY);
  await served.until(dayAhead!.gateOpensMs);
});
afterAll(() => served.close());

const hours = (fromMs: number, untilMs: number): number => (untilMs - fromMs) / 3_600_000;

it('has gates of four hours for the day ahead, of two for a window', async () => {
  const { body } = await served.send('auditor', 'GET', `/api/v1/sessions?date=${DAY}`);
  const items = body['items'] as Record<string, string>[];
  expect(items).toHaveLength(7);
  for (const { kind, gateOpensAt, gateClosesAt } of items) {
    const open = hours(Date.parse(gateOpensAt!), Date.parse(gateClosesAt!));
    expect([kind, open]).toEqual([kind, kind === 'dayAhead' ? 4 : 2]);
  }
  expect(hours(window!.gateOpensMs, window!.period.startMs)).toBe(4);
});

it('refuses what is less than 100 W by name; the rest of the bid stands', async () => {
  const small = offerOf(SECOND, dayAhead!);
  const quantityW = new Array<number>(period.mtuCount).fill(99);
  const offers = [offerOf(FIRST, dayAhead!), { ...small, quantityW }];
  const bid = { bidId: 'b', offers };
  const { status, body } = await served.send('aggregator:AGG1', 'POST', `${session}/offers`, bid);
  expect([status, body['accepted']]).toEqual([201, 1]);
  expect(body['refused']).toEqual([
    {
      index: 1,
      offerId: SECOND,
      reason: 'quantityW 99 is below the least of 100 W that this session trades',
    },
  ]);
  const [offered] = await served.dataOf<{ refused: object[] }>('FlexibilityOffered');
  expect(offered!.refused).toEqual(body['refused']);
});

it('is cleared after its gate, validated, published and settled', async () => {
  const request = requestOf([FIRST, SECOND], dayAhead!, 500);
  const asked = await served.send('dso', 'POST', `${session}/requests`, request);
  expect(asked.status).toBe(201);
  await served.until(dayAhead!.gateClosesMs - 1);
  expect(await served.dataOf('MarketCleared')).toEqual([]);
  await served.until(dayAhead!.gateClosesMs);
  await expectAnswers(served, [
    ['dso', `POST ${session}/requests`, { ...request, requestId: 'late' }, 409, 'gate-closed'],
    ['dso', `POST ${session}/validation`, { outcomeId: `${sessionId}/0`, exceptions: [] }, 200],
  ]);
  await served.until(dayAhead!.resultDueMs);
  const { body } = await served.send('dso', 'GET', `${session}/outcomes`);
  expect(body['items']).toMatchObject([{ podId: FIRST, requestId: 'R' }]);
  const endMs = period.startMs + period.mtuCount * MTU_MS;
  await served.until(endMs + rulePack.settlement.afterMinutes * 60_000);
  expect(await served.dataOf('SettlementPublished')).toContainEqual(
    expect.objectContaining({ sessionId, rows: 1, unmeasuredMtus: 0 }),
  );
});
