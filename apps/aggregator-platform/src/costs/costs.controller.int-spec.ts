/** An aggregator's costs over HTTP, and that from these alone it offers. */
import type { FlexibilityOffer } from '@flexledger/domain';
import { type Served, serveTrial } from '../testing/serve';
import { A, B, DAY, FOREIGN, STRANGER, type Trial, openTrial, unitCosts } from '../testing/trial';

const COSTS = '/api/v1/portfolio/costs';
const AGG9 = 'aggregator:AGG9';
let trial: Trial;
let served: Served;
beforeEach(async () => {
  trial = await openTrial();
  served = await serveTrial(trial);
});
afterEach(async () => {
  await served.close();
  await trial.close();
});

const put = (units: object[], actor: string | null = AGG9, headers = {}) =>
  served.call(actor, 'PUT', COSTS, { units }, headers);
const declaredOf = (aggregatorId: string) =>
  trial
    .events('CostsDeclared')
    .then((events) =>
      events
        .map(({ data }) => data as { aggregatorId: string })
        .filter((of) => of.aggregatorId === aggregatorId),
    );

it('are declared with as few members as there are, listed, and declared once', async () => {
  const unit = { podId: STRANGER, operationMicroEurPerKwh: 70_000 };
  expect(await put([unit])).toMatchObject({ status: 200, body: { units: 1, changed: true } });
  expect(await put([unit])).toMatchObject({ body: { changed: false } });
  expect(await declaredOf('AGG9')).toEqual([
    { aggregatorId: 'AGG9', units: [unitCosts(STRANGER, 70_000)] },
  ]);
  const limits = { responseMinutes: 1, startUpMinutes: 2, rampWPerMinute: 50, energyWh: null };
  await put([{ ...unit, limits }]);
  const { body } = await served.call(AGG9, 'GET', COSTS);
  expect(body).toMatchObject({
    marginPerMille: 0,
    items: [{ ...unitCosts(STRANGER, 70_000), limits, aggregatorId: 'AGG9' }],
    next: null,
  });
});

it('from these alone offers, price curve and automatic bids are made', async () => {
  const curve = () => served.call(AGG9, 'GET', `/api/v1/portfolio/price-curve?day=${DAY}`);
  expect((await curve()).body.items).toEqual([]);
  await put([{ podId: STRANGER, marketMicroEurPerKwh: 50_000, operationMicroEurPerKwh: 20_000 }]);
  const margin = await served.call(AGG9, 'PUT', '/api/v1/portfolio/margin', {
    marginPerMille: 200,
  });
  expect(margin).toMatchObject({ status: 200, body: { changed: true } });
  expect((await curve()).body.items[0].steps).toEqual([
    { priceMicroEurPerKwh: 70_000, quantityW: 500, cumulativeW: 500, podIds: [STRANGER] },
  ]);
  await trial.schedule(trial.dayAhead);
  await trial.until(trial.dayAhead.gateOpensMs);
  await trial.open(trial.dayAhead.sessionId);
  await trial.until(trial.dayAhead.gateClosesMs);
  const bids = (await trial.events('FlexibilityOffered')).map(
    ({ data }) => data as { aggregatorId: string; offers: FlexibilityOffer[] },
  );
  expect(bids.map(({ aggregatorId }) => aggregatorId)).toEqual(['AGG1', 'AGG9']);
  expect(bids[1]!.offers).toMatchObject([{ podId: STRANGER }]);
  expect(bids[1]!.offers[0]!.priceMicroEurPerKwh).toEqual(new Array(96).fill(84_000));
});

it.each([
  ['csv', `podId,operationMicroEurPerKwh\n${STRANGER},70000\n`],
  ['json', JSON.stringify([{ podId: STRANGER, operationMicroEurPerKwh: 70_000 }])],
  ['xml', `<units><unit podId="${STRANGER}" operationMicroEurPerKwh="70000"/></units>`],
])('are imported from %s', async (format, text) => {
  const answer = await served.call(AGG9, 'POST', `${COSTS}/import`, { format, text });
  expect(answer).toMatchObject({ status: 200, body: { units: 1, changed: true } });
  expect(await declaredOf('AGG9')).toMatchObject([{ units: [unitCosts(STRANGER, 70_000)] }]);
});

describe('are refused, and nothing of them is declared', () => {
  it.each([
    ['another one’s PoD', () => put([{ podId: STRANGER }, { podId: FOREIGN }]), 400, 'pod-foreign'],
    ['a PoD nobody knows', () => put([{ podId: 'IT002E69999999' }]), 400, 'pod-foreign'],
    ['less than nothing', () => put([{ podId: STRANGER, feedInW: -1 }]), 400, 'costs-malformed'],
    ['no whole number', () => put([{ podId: STRANGER, feedInW: 0.5 }]), 400, 'input-malformed'],
    ['another member', () => put([{ podId: STRANGER, cost: 1 }]), 400, 'input-malformed'],
    ['nothing', () => put([]), 400, 'input-malformed'],
    ['no aggregator', () => put([{ podId: STRANGER }], 'dso'), 403, 'forbidden'],
    ['nobody', () => put([{ podId: STRANGER }], null), 401, 'invalid-token'],
    [
      'a bad file',
      () => served.call(AGG9, 'POST', `${COSTS}/import`, { format: 'json', text: '{' }),
      400,
      'cost-file-malformed',
    ],
    [
      'a file with another one’s PoD',
      () =>
        served.call(AGG9, 'POST', `${COSTS}/import`, {
          format: 'csv',
          text: `podId\n${STRANGER}\n${FOREIGN}\n`,
        }),
      400,
      'cost-file-malformed',
    ],
    [
      'more plants than are taken at once',
      () => put(new Array(5_001).fill({ podId: STRANGER })),
      400,
      'input-malformed',
    ],
    [
      'a format that is none',
      () => served.call(AGG9, 'POST', `${COSTS}/import`, { format: 'xls', text: 'x' }),
      400,
      'input-malformed',
    ],
    [
      'a margin without measure',
      () => served.call(AGG9, 'PUT', '/api/v1/portfolio/margin', { marginPerMille: 10_001 }),
      400,
      'margin-malformed',
    ],
  ])('%s', async (_, call, status, code) => {
    const before = await trial.store.head();
    const answer = await call();
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await trial.store.head()).toBe(before);
  });
});

it('of a file are refused with the line and the reason of each', async () => {
  const text = `podId,feedInW\n${STRANGER},1\n\n${STRANGER},-2\n`;
  const { body } = await served.call(AGG9, 'POST', `${COSTS}/import`, { format: 'csv', text });
  expect(body.errors).toEqual([
    { field: 'line 4', reason: 'feedInW is no whole number from 0 to 1000000000' },
    { field: 'line 4', reason: 'podId comes twice' },
  ]);
  expect(await declaredOf('AGG9')).toEqual([]);
});

it('are nobody else’s to read', async () => {
  const { body } = await served.call('aggregator:AGG1', 'GET', COSTS);
  expect(body.items.map(({ podId }: { podId: string }) => podId)).toEqual([A, B]);
  expect(body.marginPerMille).toBe(100);
  expect((await served.call('aggregator:AGG2', 'GET', COSTS)).body.items).toEqual([]);
  for (const actor of ['dso', 'operator']) {
    expect((await served.call(actor, 'GET', COSTS)).status).toBe(403);
  }
});
