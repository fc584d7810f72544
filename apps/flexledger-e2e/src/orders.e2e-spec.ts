/**
 * A day-ahead session by REST alone, on the composed platform with its broker and chain: what each
 * party may send and see, before, while and after its gate is open.
 */
import type { FlexibilityOffer } from '@flexledger/domain';
import request from 'supertest';
import { DAY, type MarketAtGate, openMarketAtGate } from './testing/market-at-gate';

const MTUS = 96;
let market: MarketAtGate;
let session: string;

beforeAll(async () => {
  market = await openMarketAtGate();
  session = `/api/v1/sessions/${market.dayAhead}`;
});
afterAll(() => market.close());

/** PoDs of an aggregator; AGG1 has the first and the fourth. */
function podsOf(aggregatorId: string) {
  return market.scenario.pods.filter((pod) => pod.aggregatorId === aggregatorId);
}

function offerOf(index: number, change: Partial<FlexibilityOffer> = {}, aggregatorId = 'AGG1') {
  const { podId, flexibility } = podsOf(aggregatorId)[index]!;
  return {
    offerId: `offer-${index}`,
    podId,
    product: 'P',
    direction: 'up',
    kind: 'single',
    quantityW: new Array<number>(MTUS).fill(flexibility.upW),
    priceMicroEurPerKwh: new Array<number>(MTUS).fill(100_000 + index),
    divisible: true,
    minQuantityW: 0,
    ...change,
  };
}

function requestOf(requestId: string, change: object = {}) {
  return {
    requestId,
    requester: 'DSO',
    product: 'P',
    direction: 'up',
    scope: { podIds: market.scenario.pods.map(({ podId }) => podId) },
    quantityW: Array.from({ length: MTUS }, (_, mtu) => (mtu === 40 ? 500 : 0)),
    priceCapMicroEurPerKwh: null,
    ...change,
  };
}

describe('before the gate', () => {
  it('the calendar is there for everyone with a token', async () => {
    const { body } = await market.as('aggregator:AGG1').get('/api/v1/sessions?kind=dayAhead');
    expect(body.items).toMatchObject([
      {
        sessionId: market.dayAhead,
        deliveryDay: DAY,
        status: 'scheduled',
        requests: 0,
        mtuCount: 96,
      },
    ]);
    expect(body.next).toBeNull();
  });

  it('a bid is refused as too early', async () => {
    const bid = { bidId: 'early', offers: [offerOf(0)] };
    const response = await market.as('aggregator:AGG1').post(`${session}/offers`, bid);
    expect(response.status).toBe(409);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.body).toMatchObject({
      type: 'urn:problem-type:flexledger:gate-closed',
      status: 409,
      code: 'gate-closed',
      instance: `${session}/offers`,
    });
  });
});

describe('while the gate is open', () => {
  beforeAll(() => market.until('11:05'));

  it('the DSO asks for flexibility, and amends what it asked for', async () => {
    const first = await market.as('dso').post(`${session}/requests`, requestOf('evening'));
    expect(first.status).toBe(201);
    const amended = requestOf('evening', { quantityW: new Array<number>(MTUS).fill(700) });
    await market.as('dso').post(`${session}/requests`, amended);
    const { body } = await market.as('dso').get(`${session}/requests`);
    expect(body.items).toMatchObject([{ requestId: 'evening', quantityW: amended.quantityW }]);
  });

  it('a request is withdrawn by whom it belongs to only', async () => {
    await market.as('dso').post(`${session}/requests`, requestOf('mistake'));
    const path = `${session}/requests/mistake`;
    expect((await market.as('tso').delete(path)).status).toBe(403);
    expect((await market.as('dso').delete(path)).status).toBe(204);
    expect((await market.as('dso').delete(path)).body.code).toBe('request-unknown');
  });

  it.each<[string, object, string]>([
    ['a requester that does not exist', { requester: 'ISO' }, 'requester'],
    ['a quantity too few', { quantityW: [1] }, 'quantityW'],
    ['half a watt', { quantityW: new Array<number>(MTUS).fill(0.5) }, 'quantityW'],
    ['an unknown PoD', { scope: { podIds: ['IT002E60099999'] } }, 'scope.podIds[0]'],
    ['a cap below zero', { priceCapMicroEurPerKwh: -1 }, 'priceCapMicroEurPerKwh'],
    ['a misspelt field', { priceCap: 5 }, 'priceCap'],
  ])('a request with %s is answered with the field', async (_, change, field) => {
    const body = requestOf('bad', change);
    const response = await market.as('dso').post(`${session}/requests`, body);
    expect(response.status).toBe(400);
    expect(response.body.errors).toContainEqual({ field, reason: expect.any(String) });
  });

  it('nobody asks in the name of another, and an aggregator not at all', async () => {
    const asTso = await market.as('tso').post(`${session}/requests`, requestOf('x'));
    expect(asTso.status).toBe(403);
    expect(asTso.body.detail).toContain('tso has no right to requests:write of DSO');
    const asAggregator = await market
      .as('aggregator:AGG1')
      .post(`${session}/requests`, requestOf('x'));
    expect(asAggregator.status).toBe(403);
    expect(asAggregator.headers['www-authenticate']).toContain('insufficient_scope');
  });

  it('a bid stands row by row, and the same again changes nothing', async () => {
    const bad = offerOf(1, {
      offerId: 'too-much',
      quantityW: new Array<number>(MTUS).fill(999_999_999),
    });
    const noInverter = offerOf(1, { offerId: 'reactive', product: 'Q' });
    const bid = { bidId: 'bid-1', offers: [offerOf(0), bad, noInverter] };
    for (let time = 0; time < 2; time += 1) {
      const response = await market.as('aggregator:AGG1').post(`${session}/offers`, bid);
      expect(response.status).toBe(201);
      expect(response.body).toEqual({
        sessionId: market.dayAhead,
        bidId: 'bid-1',
        aggregatorId: 'AGG1',
        accepted: 1,
        refused: [
          { index: 1, offerId: 'too-much', reason: expect.stringContaining('declared') },
          { index: 2, offerId: 'reactive', reason: expect.stringContaining('without an inverter') },
        ],
      });
    }
    const { body } = await market.as('aggregator:AGG1').get(`${session}/offers`);
    expect(body.items).toHaveLength(1);
  });

  it('a bid id is given once', async () => {
    const bid = { bidId: 'bid-1', offers: [offerOf(1)] };
    const response = await market.as('aggregator:AGG1').post(`${session}/offers`, bid);
    expect(response.status).toBe(409);
    expect(response.body.code).toBe('bid-id-taken');
  });

  it("another's PoD cannot be offered", async () => {
    const stolen = offerOf(0, {}, 'AGG2');
    const bid = { bidId: 'bid-2', offers: [stolen] };
    const response = await market.as('aggregator:AGG1').post(`${session}/offers`, bid);
    expect(response.status).toBe(400);
    expect(response.body.errors).toEqual([
      { field: 'offers[0]', reason: `podId ${stolen.podId} is not in the portfolio of AGG1` },
    ]);
  });

  it('an operator system bids for nobody', async () => {
    const bid = { bidId: 'bid-3', offers: [offerOf(0)] };
    expect((await market.as('dso').post(`${session}/offers`, bid)).status).toBe(403);
  });

  it.each<[string, string | object, number, string]>([
    ['that is no JSON', '{"bidId": "x",', 400, 'bad-request'],
    ['without rows', { bidId: 'x', offers: [] }, 400, 'input-malformed'],
    ['whose rows are no offers', { bidId: 'x', offers: [null, 3] }, 400, 'input-malformed'],
    ['of three megabytes', { bidId: 'x'.repeat(3_000_000) }, 413, 'content-too-large'],
    ['for somebody', { bidId: 'x', offers: [{}], aggregatorId: 'AGG2' }, 400, 'input-malformed'],
  ])('a bid %s is answered', async (_, body, status, code) => {
    const response = await market.as('aggregator:AGG1').post(`${session}/offers`, body);
    expect(response.status).toBe(status);
    expect(response.body).toMatchObject({ status, code });
  });

  it('each aggregator sees and withdraws its own offers only; the auditor sees all', async () => {
    // The parties of AGG2 have no client here, so the auditor's view stands for them.
    const own = await market.as('aggregator:AGG1').get(`${session}/offers`);
    const all = await market.as('auditor').get(`${session}/offers`);
    expect(own.body.items).toEqual(all.body.items);
    expect((await market.as('dso').get(`${session}/offers`)).status).toBe(403);
    const extra = { bidId: 'bid-4', offers: [offerOf(1, { offerId: 'extra' })] };
    await market.as('aggregator:AGG1').post(`${session}/offers`, extra);
    const withdrawal = { offerIds: ['extra', 'never-sent'] };
    const gone = await market.as('aggregator:AGG1').post(`${session}/withdrawals`, withdrawal);
    expect(gone.status).toBe(200);
    expect(gone.body.withdrawn).toEqual(['extra']);
  });

  it('a session that does not exist is not found', async () => {
    const path = '/api/v1/sessions/dayAhead-1999-01-01T00:00Z';
    for (const rest of ['', '/outcomes', '/settlement']) {
      const response = await market.as('auditor').get(path + rest);
      expect(response.status).toBe(404);
      expect(response.body.code).toBe('session-unknown');
    }
    const bid = { bidId: 'bid-5', offers: [offerOf(0)] };
    expect((await market.as('aggregator:AGG1').post(`${path}/offers`, bid)).status).toBe(404);
  });

  it('nothing has won or lost yet', async () => {
    const response = await market.as('aggregator:AGG1').get(`${session}/offers/offer-0/why`);
    expect(response.status).toBe(409);
    expect(response.body.code).toBe('not-cleared');
  });
});

describe('after the gate', () => {
  beforeAll(() => market.until('17:30'));

  it('a bid comes too late', async () => {
    const bid = { bidId: 'late', offers: [offerOf(1)] };
    const response = await market.as('aggregator:AGG1').post(`${session}/offers`, bid);
    expect(response.status).toBe(409);
    expect(response.body.detail).toContain('Bid in the next session.');
  });

  it('the result is published, each party its rows', async () => {
    const { body } = await market.as('aggregator:AGG1').get(`${session}/outcomes`);
    expect(body.items).toMatchObject([
      { offerId: 'offer-0', requestId: 'evening', requester: 'DSO', aggregatorId: 'AGG1' },
    ]);
    expect((await market.as('dso').get(`${session}/outcomes`)).body.items).toEqual(body.items);
    expect((await market.as('tso').get(`${session}/outcomes`)).body.items).toEqual([]);
    expect((await market.as('auditor').get(session)).body).toMatchObject({
      status: 'published',
      result: { rows: 1 },
    });
  });

  it('the same answer changes nothing, another comes too late, to no outcome it is not found', async () => {
    const outcomeId = `${market.dayAhead}/0`;
    const answer = (exceptions: object[]) =>
      market.as('dso').post(`${session}/validation`, { outcomeId, exceptions });
    expect((await answer([])).status).toBe(200);
    const row = { index: 0, status: 'KO', permittedW: [0], violatedElement: 'line-4' };
    const late = await answer([row]);
    expect(late.status).toBe(409);
    expect(late.body.code).toBe('outcome-decided');
    const other = { outcomeId: 'nothing', exceptions: [] };
    expect((await market.as('dso').post(`${session}/validation`, other)).status).toBe(404);
    const { body } = await market.as('dso').get(`${session}/validation`);
    expect(body).toMatchObject({ outcomeId, validated: true, exceptions: [] });
  });

  it('the bidder is told why its offer was taken, and in which quarter-hours not whole', async () => {
    const { body } = await market.as('aggregator:AGG1').get(`${session}/offers/offer-0/why`);
    const { upW } = podsOf('AGG1')[0]!.flexibility;
    const takenW = Math.min(upW, 700);
    expect(body.rounds).toHaveLength(1);
    expect(body.rounds[0].mtus).toHaveLength(MTUS);
    expect(body.rounds[0].mtus[40]).toMatchObject({
      mtu: 40,
      offeredW: upW,
      acceptedW: takenW,
      permittedW: takenW,
      reason: upW > 700 ? 'requestServed' : null,
      lastAcceptedPriceMicroEurPerKwh: 100_000,
      violatedElement: null,
    });
    const unknown = await market.as('aggregator:AGG1').get(`${session}/offers/nothing/why`);
    expect(unknown.body.code).toBe('offer-unknown');
    const byAuditor = await market.as('auditor').get(`${session}/offers/offer-0/why`);
    expect(byAuditor.body).toEqual(body);
  });

  it('is not settled before its delivery', async () => {
    const response = await market.as('auditor').get(`${session}/settlement`);
    expect(response.status).toBe(404);
    expect(response.body.code).toBe('settlement-unknown');
  });
});

describe('a session that the operator cancels', () => {
  const reason = 'The grid model is under revision.';

  it('ends without a result, and everybody reads why', async () => {
    const { body } = await market.as('tso').get('/api/v1/sessions?kind=realTime');
    const path = `/api/v1/sessions/${body.items[0].sessionId}`;
    const cancel = (actor: string, asked: object) =>
      market.as(actor).post(`${path}/cancellation`, asked);
    expect((await cancel('aggregator:AGG1', { reason })).status).toBe(403);
    const silent = await cancel('operator', {});
    expect(silent.status).toBe(400);
    expect(silent.body.errors[0].field).toBe('reason');
    for (const asked of [{ reason }, { reason }, { reason: 'another' }]) {
      expect((await cancel('operator', asked)).status).toBe(200);
    }
    expect((await market.as('aggregator:AGG1').get(path)).body).toMatchObject({
      status: 'cancelled',
      cancelledBecause: reason,
    });
  });

  it('must not have published its result', async () => {
    const response = await market.as('operator').post(`${session}/cancellation`, { reason });
    expect(response.status).toBe(409);
    expect(response.body.code).toBe('out-of-turn');
  });
});

describe('without a good token', () => {
  it.each([
    ['/api/v1/sessions', undefined],
    ['/api/v1/pods', 'rubbish'],
    ['/api/v1/events', 'a.b.c'],
    ['/contracts/transactions/balanceOf/IT002E60000000', undefined],
    ['/api/v1/grids/ieee33', undefined],
  ])('GET %s is refused', async (path, token) => {
    const call = request(market.url).get(path);
    const response = await (token ? call.auth(token, { type: 'bearer' }) : call);
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toContain('Bearer');
    expect(response.body.code).toBe('invalid-token');
  });
});

describe('the register', () => {
  const newPod = {
    podId: 'IT002E69999999',
    aggregatorId: 'AGG1',
    customerKind: 'household',
    contractedPowerW: 3_000,
    annualEnergyKwh: 2_500,
    pvPeakW: 0,
    wallet: `0x${'ab'.repeat(20)}`,
  };
  const path = `/api/v1/pods/${newPod.podId}`;

  it('takes a PoD from registration to its end', async () => {
    const aggregator = market.as('aggregator:AGG1');
    expect((await aggregator.post('/api/v1/pods', newPod)).body).toEqual({
      podId: newPod.podId,
      changed: true,
    });
    expect((await aggregator.post('/api/v1/pods', newPod)).body.changed).toBe(false);
    const location = { gridId: 'ieee33', busId: 'bus5', pom: 'PS-bus0' };
    expect((await market.as('dso').put(`${path}/location`, location)).status).toBe(200);
    const flexibility = { upW: 900, downW: 100, upVar: 0, downVar: 0 };
    expect((await aggregator.put(`${path}/flexibility`, flexibility)).status).toBe(200);
    const baseline = { baselineW: new Array<number>(MTUS).fill(400), origin: 'imported' };
    expect((await aggregator.put(`${path}/baselines/${DAY}`, baseline)).status).toBe(200);
    const off = await aggregator.put(`${path}/availability/${DAY}`, { available: false });
    expect(off.status).toBe(200);
    expect((await aggregator.get(path)).body).toMatchObject({
      podId: newPod.podId,
      status: 'registered',
      ...location,
      flexibility,
      unavailableDays: [DAY],
      details: { contractedPowerW: 3_000 },
    });
    expect((await aggregator.put(path, { ...detailsOf(newPod), pvPeakW: 800 })).status).toBe(200);
    expect((await aggregator.delete(path)).status).toBe(204);
    expect((await aggregator.get(path)).body.status).toBe('unregistered');
    expect((await aggregator.put(`${path}/flexibility`, flexibility)).body.code).toBe(
      'pod-unknown',
    );
  });

  it('is filtered, paged and shown to aggregators as far as it is theirs', async () => {
    const { body: own } = await market.as('aggregator:AGG1').get('/api/v1/pods?status=registered');
    expect(own.items.map((pod: { podId: string }) => pod.podId)).toEqual(
      podsOf('AGG1').map(({ podId }) => podId),
    );
    const { body: first } = await market.as('dso').get('/api/v1/pods?limit=4&status=registered');
    const { body: rest } = await market
      .as('dso')
      .get(`/api/v1/pods?limit=4&status=registered&cursor=${first.next}`);
    expect([...first.items, ...rest.items]).toHaveLength(market.scenario.pods.length);
    expect(rest.next).toBeNull();
    const others = '/api/v1/pods?aggregatorId=AGG2';
    expect((await market.as('aggregator:AGG1').get(others)).status).toBe(403);
    const foreign = `/api/v1/pods/${podsOf('AGG2')[0]!.podId}`;
    expect((await market.as('aggregator:AGG1').get(foreign)).status).toBe(403);
  });

  it.each<[string, string, object, string]>([
    ['a wallet that is none', '', { ...newPod, podId: undefined, wallet: '0x1' }, 'wallet'],
    ['a day that is none', '/availability/2026-02-30', { available: true }, 'day'],
    ['a day too short', `/baselines/2026-03-29`, { baselineW: [1], origin: 'byHand' }, 'baselineW'],
    ['less than nothing', '/flexibility', { upW: -1, downW: 0, upVar: 0, downVar: 0 }, 'upW'],
  ])('refuses %s by its field', async (_, rest, body, field) => {
    const podPath = `/api/v1/pods/${podsOf('AGG1')[0]!.podId}${rest}`;
    const response = await market.as('aggregator:AGG1').put(podPath, body);
    expect(response.status).toBe(400);
    expect(response.body.errors).toContainEqual({ field, reason: expect.any(String) });
  });

  it('refuses a cursor of another list by its field', async () => {
    const response = await market.as('dso').get('/api/v1/pods?cursor=eHh4');
    expect(response.status).toBe(400);
    expect(response.body.errors).toEqual([{ field: 'cursor', reason: expect.any(String) }]);
  });

  function detailsOf({ podId: _, ...details }: typeof newPod) {
    return details;
  }
});
