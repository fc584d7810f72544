/** What became of an aggregator's offers, over HTTP: accepted, and settled as it computes it itself. */
import type { OutcomeRow } from '@flexledger/domain';
import { type Served, serveTrial } from '../testing/serve';
import { A, type Trial, flat, openTrial } from '../testing/trial';

let trial: Trial;
let served: Served;
beforeAll(async () => {
  trial = await openTrial();
  served = await serveTrial(trial);
});
afterAll(async () => {
  await served.close();
  await trial.close();
});

const get = (what: string, actor: string | null = 'aggregator:AGG1', session?: string) =>
  served.call(
    actor,
    'GET',
    `/api/v1/portfolio/sessions/${encodeURIComponent(session ?? trial.dayAhead.sessionId)}/${what}`,
  );
const sold: OutcomeRow = {
  offerId: `${A}-P-up`,
  requestId: 'R1',
  podId: A,
  aggregatorId: 'AGG1',
  requester: 'DSO',
  product: 'P',
  direction: 'up',
  firstMtu: 0,
  acceptedW: flat(200),
  priceMicroEurPerKwh: flat(100_000),
};

it('is reported once the result is published', async () => {
  const { sessionId, gateOpensMs, gateClosesMs } = trial.dayAhead;
  await trial.schedule(trial.dayAhead);
  await trial.until(gateOpensMs);
  await trial.open(sessionId);
  await trial.until(gateClosesMs);
  const pending = await get('report');
  expect([pending.status, pending.body.code]).toEqual([409, 'result-pending']);
  await trial.publish(sessionId, [sold]);
  const { status, body } = await get('report');
  expect(status).toBe(200);
  expect(body.offers).toMatchObject([
    { podId: A, acceptedWMtu: 96 * 200, acceptedMicroEur: 96 * 200 * 25 },
    { acceptedWMtu: 0 },
  ]);
  expect(body.services).toMatchObject([{ offers: 2, acceptedOffers: 1 }]);
});

it('holds nothing of others', async () => {
  const { body } = await get('report', 'aggregator:AGG2');
  expect(body).toMatchObject({ aggregatorId: 'AGG2', services: [], offers: [] });
});

it('is checked once it is settled, row by row, with what was disputed', async () => {
  const unsettled = await get('settlement-check');
  expect([unsettled.status, unsettled.body.code]).toEqual([404, 'settlement-unknown']);
  const { sessionId } = trial.dayAhead;
  const row = {
    ...sold,
    baselineW: flat(2_000),
    measuredW: flat(1_800),
    deliveredW: flat(200),
    paidMicroEur: flat(5_000),
    penaltyMicroEur: flat(0),
  };
  await trial.settle(sessionId, [row]);
  const { status, body } = await get('settlement-check');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    correction: 0,
    agrees: false,
    settledMicroEur: 96 * 5_000,
    expectedMicroEur: 0,
    disputed: [{ podId: A, reason: 'MTU 0: measured 1800, the aggregator has nothing' }],
    recordedDisputes: [],
  });
  await trial.handOn();
  const { recordedDisputes } = (await get('settlement-check')).body;
  expect(recordedDisputes).toMatchObject([{ aggregatorId: 'AGG1', disputedRows: 1 }]);
});

it.each<[string, () => ReturnType<typeof get>, number]>([
  ['no token', () => served.call(null, 'GET', '/api/v1/portfolio/sessions/x/report'), 401],
  ['a DSO', () => get('report', 'dso'), 403],
  ['an operator, who may read all settlements', () => get('settlement-check', 'operator'), 403],
  ['a session that does not exist', () => get('report', 'aggregator:AGG1', 'none'), 404],
])('refuses %s', async (_, send, status) => {
  expect((await send()).status).toBe(status);
});
