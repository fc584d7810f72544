/** The Pareto front of a recorded session by REST: discrete and block offers among its order book. */
import type { OutcomeRow } from '@flexledger/domain';
import { MARKET_POLICY } from '../policy';
import { type ServedMarket, expectAnswers } from '../testing/served-market';
import { DAY_AHEAD, PODS, offerOf, openTradingDay, requestOf } from '../testing/trading-day';

const [FIRST, SECOND, THIRD, FOREIGN] = PODS;
const session = `/api/v1/sessions/${encodeURIComponent(DAY_AHEAD.sessionId)}`;
const front = `${session}/front`;

const block = {
  kind: 'block',
  offerId: `${THIRD}-block`,
  podId: THIRD,
  product: 'P',
  direction: 'up',
  quantityW: 500,
  priceMicroEurPerKwh: 60_000,
  durationMtus: 8,
  window: [0, 23],
};

let served: ServedMarket;
beforeAll(async () => {
  served = await openTradingDay({ ...MARKET_POLICY, objectives: ['cost', 'podsActivated'] });
  const send = async (actor: string, path: string, body: object) =>
    expect(await served.send(actor, 'POST', `${session}/${path}`, body)).toMatchObject({
      status: 201,
    });
  await send('dso', 'requests', requestOf(PODS, DAY_AHEAD, 1_500));
  const whole = { ...offerOf(SECOND, DAY_AHEAD, 80_000), divisible: false };
  const offers = [offerOf(FIRST, DAY_AHEAD, 120_000), whole, block];
  await send('aggregator:AGG1', 'offers', { bidId: 'b1', offers });
  const foreign = [offerOf(FOREIGN, DAY_AHEAD, 140_000)];
  await send('aggregator:AGG2', 'offers', { bidId: 'b2', offers: foreign });
});
afterAll(() => served.close());

interface Front {
  readonly objectives: readonly string[];
  readonly servedWMtu: number;
  readonly chosenCostWMtuPrice: number;
  readonly points: readonly {
    readonly costWMtuPrice: number;
    readonly podsActivated: number;
    readonly dearestMicroEurPerKwh: number;
    readonly allocation: readonly { offerId: string; mtu: number; quantityW: number }[];
  }[];
}
const frontAs = async (query = ''): Promise<Front> =>
  (await served.send('operator', 'GET', `${front}${query}`)).body as unknown as Front;

it('is not told before the session is cleared', () =>
  expectAnswers(served, [['operator', `GET ${front}`, undefined, 409, 'not-cleared']]));

it('trades off what the configuration says, begins with what the market chose, watt for watt, and holds alternatives that serve as much', async () => {
  await served.until(DAY_AHEAD.gateClosesMs + 60_000);
  const { objectives, points, servedWMtu, chosenCostWMtuPrice } = await frontAs();
  expect(objectives).toEqual(['cost', 'podsActivated']);

  const [cleared] = await served.dataOf<{ rows: readonly OutcomeRow[] }>('MarketCleared');
  const recorded = cleared!.rows.flatMap(({ acceptedW, priceMicroEurPerKwh }) =>
    acceptedW.map((watts, at) => watts * priceMicroEurPerKwh[at]!),
  );
  const cost = recorded.reduce((sum, part) => sum + part, 0);
  expect([chosenCostWMtuPrice, points[0]!.costWMtuPrice]).toEqual([cost, cost]);

  expect(points.length).toBeGreaterThan(1);
  for (const { allocation } of points) {
    expect(allocation.reduce((sum, { quantityW }) => sum + quantityW, 0)).toBe(servedWMtu);
    const ofBlock = allocation.filter(({ offerId }) => offerId === `AGG1/${block.offerId}`);
    expect([0, 8]).toContain(ofBlock.length);
    const ofWhole = allocation.filter(({ offerId }) => offerId === `AGG1/${SECOND}`);
    expect(ofWhole.every(({ quantityW }) => quantityW === 1_000)).toBe(true);
  }
  const pods = points.map(({ podsActivated }) => podsActivated);
  expect(Math.min(...pods)).toBe(2);
});

it('trades off what is asked for, and is the same again for the same seed', async () => {
  const asked = '?objectives=dearestPrice,cost&seed=3';
  const { objectives, points } = await frontAs(asked);
  expect(objectives).toEqual(['dearestPrice', 'cost']);
  const dearest = points.map(({ dearestMicroEurPerKwh }) => dearestMicroEurPerKwh);
  expect(dearest).toEqual([...dearest].sort((a, b) => a - b));
  expect((await frontAs(asked)).points).toEqual(points);
});

it('is for those who may see every order, and says what it does not know', () =>
  expectAnswers(served, [
    [undefined, `GET ${front}`, undefined, 401, 'invalid-token'],
    ['aggregator:AGG1', `GET ${front}`, undefined, 403, 'forbidden'],
    ['dso', `GET ${front}`, undefined, 403, 'forbidden'],
    ['operator', 'GET /api/v1/sessions/never/front', undefined, 404, 'session-unknown'],
    ['auditor', `GET ${front}?objectives=beauty`, undefined, 400, 'input-malformed'],
    ['auditor', `GET ${front}?seed=-1`, undefined, 400, 'input-malformed'],
  ]));
