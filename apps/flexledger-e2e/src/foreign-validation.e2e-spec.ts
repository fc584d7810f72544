/**
 * A market without our DSO platform: nobody validates but who answers over REST (flows 3 and 4). The
 * others run; the DSO's own system asks, fetches the outcome, and permits a part of it.
 */
import { type MarketWithout, openMarketWithout } from './testing/market-without';

const MTUS = 96;
const AT = 40;

let market: MarketWithout;
let session: string;
beforeAll(async () => {
  market = await openMarketWithout('dso-technical-platform');
  session = `/api/v1/sessions/${market.dayAhead}`;
});
afterAll(() => market.close());

it('waits for the DSO, and takes its answer by REST', async () => {
  const { as, until } = market;
  await until('11:05');
  const { body: pods } = await as('operator').get('/api/v1/pods');
  const own = pods.items.find((pod: { aggregatorId: string }) => pod.aggregatorId === 'AGG1');
  const { upW } = own.flexibility;
  const request = {
    requestId: 'evening',
    requester: 'DSO',
    product: 'P',
    direction: 'up',
    scope: { podIds: [own.podId] },
    quantityW: Array.from({ length: MTUS }, (_, mtu) => (mtu === AT ? upW : 0)),
    priceCapMicroEurPerKwh: null,
  };
  expect((await as('dso').post(`${session}/requests`, request)).status).toBe(201);
  const offer = {
    offerId: 'offer-0',
    podId: own.podId,
    product: 'P',
    direction: 'up',
    kind: 'single',
    quantityW: new Array<number>(MTUS).fill(upW),
    priceMicroEurPerKwh: new Array<number>(MTUS).fill(100_000),
    divisible: true,
    minQuantityW: 0,
  };
  const bid = { bidId: 'bid', offers: [offer] };
  expect((await as('aggregator:AGG1').post(`${session}/offers`, bid)).status).toBe(201);

  await until('15:35');
  const waiting = await as('dso').get(`${session}/validation`);
  expect(waiting.body).toMatchObject({ validated: false, rows: [{ podId: own.podId }] });
  const permittedW = Math.floor(upW / 2);
  const exceptions = [
    { index: 0, status: 'partial', permittedW: [permittedW], violatedElement: 'line-7' },
  ];
  const { outcomeId } = waiting.body;
  const answer = await as('dso').post(`${session}/validation`, { outcomeId, exceptions });
  expect(answer.status).toBe(200);

  await until('17:30');
  const result = await as('aggregator:AGG1').get(`${session}/outcomes`);
  expect(result.body.items).toMatchObject([{ offerId: 'offer-0', acceptedW: [permittedW] }]);
  const { body } = await as('aggregator:AGG1').get(`${session}/offers/offer-0/why`);
  expect(body.rounds[0].mtus[AT]).toMatchObject({ permittedW, violatedElement: 'line-7' });
});

it('says of what only the DSO platform serves that it is not here', async () => {
  const response = await market.as('dso').get('/api/v1/grids/ieee33/alarms');
  expect(response.status).toBe(404);
  expect(response.body.code).toBe('not-found');
});
