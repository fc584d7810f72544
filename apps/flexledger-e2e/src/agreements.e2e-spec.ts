/** An agreement over HTTP, from the proposal to its certificate on the chain (FR-MP-SET-01/02, FR_AP_PR_1). */
import { documentDigest } from '@flexledger/identity';
import { type MarketAtGate, openMarketAtGate } from './testing/market-at-gate';

let market: MarketAtGate;
let podId: string;
let aggregatorId: string;
const otherPod = 'IT002E60000001';

beforeAll(async () => {
  podId = 'IT002E60000000';
  market = await openMarketAtGate([`customer:${podId}`, `customer:${otherPod}`, 'aggregator:AGG9']);
  aggregatorId = market.scenario.pods.find((pod) => pod.podId === podId)!.aggregatorId;
});
afterAll(() => market.close());

const path = (step = '') => `/api/v1/pods/${podId}/agreement${step}`;
const aggregator = () => market.as(`aggregator:${aggregatorId}`);
const customer = () => market.as(`customer:${podId}`);
const terms = () => ({
  aggregatorId,
  customerSharePerMille: 810,
  customerPenaltySharePerMille: 120,
  aggregatorWallet: `0x${'ab'.repeat(20)}`,
});

it('is proposed, shown, accepted as read, certified, listed, and ended', async () => {
  const inForce = await aggregator().put(path(), terms());
  expect(inForce.body).toMatchObject({ status: 409, code: 'agreement-in-force' });
  expect((await customer().post(path('/end'), { reason: 'too little' })).status).toBe(200);
  expect((await aggregator().put(path(), terms())).status).toBe(200);

  const { body: shown } = await customer().get(path());
  expect(shown).toMatchObject({ podId, status: 'proposed', terms: { podId, ...terms() } });
  const unread = { ...terms(), customerSharePerMille: 800 };
  const refused = await customer().post(path('/acceptance'), unread);
  expect(refused.body).toMatchObject({ status: 409, code: 'agreement-terms-changed' });
  expect((await customer().post(path('/acceptance'), terms())).status).toBe(200);

  await market.until('09:05');
  const { body: agreement } = await customer().get(path());
  expect(agreement).toMatchObject({ status: 'inForce', endTxHash: null });
  const acceptance = agreement.acceptedHash;
  expect(agreement.termsDigest).toBe(documentDigest({ acceptance, terms: { podId, ...terms() } }));
  const contract = market.platform.chain.agreementContract;
  const { certifiedAtS, endedAtS } = await contract.certificateOf(agreement.termsDigest);
  expect([certifiedAtS > 0, endedAtS]).toEqual([true, 0]);
  const changes = await contract.readChanges();
  expect(changes.at(-1)).toMatchObject({ change: 'certified', txHash: agreement.txHash });

  const { body: list } = await aggregator().get('/api/v1/agreements?status=inForce&limit=1000');
  const own = market.scenario.pods.filter((pod) => pod.aggregatorId === aggregatorId);
  expect(list.items.map((item: { podId: string }) => item.podId)).toEqual(
    own.map((pod) => pod.podId),
  );
  expect((await customer().get('/api/v1/agreements')).body.items).toHaveLength(1);

  expect((await aggregator().post(path('/end'), { reason: 'closed' })).status).toBe(200);
  await market.until('09:10');
  const { body: ended } = await customer().get(path());
  expect(ended).toMatchObject({ status: 'ended', reason: 'closed', endTxHash: expect.any(String) });
  expect((await contract.certificateOf(ended.termsDigest)).endedAtS).toBeGreaterThan(0);
});

it('may be refused, with the reason', async () => {
  expect((await aggregator().put(path(), terms())).status).toBe(200);
  expect((await customer().post(path('/refusal'), { reason: 'too little' })).status).toBe(200);
  const { body } = await aggregator().get(path());
  expect(body).toMatchObject({ status: 'refused', reason: 'too little' });
  const again = await customer().post(path('/acceptance'), terms());
  expect(again.body.code).toBe('agreement-not-proposed');
});

it('is a matter of the two who make it', async () => {
  const stranger = market.as('aggregator:AGG9');
  const foreign = { ...terms(), aggregatorId: 'AGG9' };
  expect((await stranger.put(path(), terms())).status).toBe(403);
  expect((await stranger.put(path(), foreign)).status).toBe(403);
  expect((await stranger.get(path())).status).toBe(403);
  expect((await stranger.get('/api/v1/agreements')).body.items).toEqual([]);
  const neighbour = market.as(`customer:${otherPod}`);
  expect((await neighbour.post(path('/acceptance'), terms())).status).toBe(403);
  expect((await aggregator().post(path('/acceptance'), terms())).status).toBe(403);
  expect((await market.as('auditor').get(path())).status).toBe(200);
  const unknown = '/api/v1/pods/IT002E99999999/agreement';
  expect((await market.as('auditor').get(unknown)).body.code).toBe('agreement-unknown');
});

it.each([
  ['customerSharePerMille', 1_001],
  ['customerPenaltySharePerMille', 0.5],
  ['aggregatorWallet', '0xab'],
  ['colour', 'red'],
])('with %s = %j is answered by the field', async (field, value) => {
  const { body } = await aggregator().put(path(), { ...terms(), [field]: value });
  expect(body.status).toBe(400);
  expect(body.errors).toContainEqual({ field, reason: expect.any(String) });
});
