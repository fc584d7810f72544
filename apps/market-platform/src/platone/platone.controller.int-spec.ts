/** A settled session in the names and units of D2.4, each party its own rows, by REST. */
import { MTU_MS } from '@flexledger/domain';
import { loadRulePack } from '@flexledger/service-kit';
import { PODS, publishSold, signContracts, sold } from '../settlement/testing/sold-day';
import { type ServedMarket, expectAnswers, serveMarket } from '../testing/served-market';
import { SESSIONS } from '../testing/trading-day';

const { rulePack } = loadRulePack('platone');
const window = SESSIONS[1]!;
const [FIRST, SECOND] = PODS as [string, string];
const session = `/api/v1/sessions/${encodeURIComponent(window.sessionId)}`;

let served: ServedMarket;
beforeAll(async () => {
  served = await serveMarket(window.period.startMs - 60_000, {});
  const { log, clock } = served;
  await signContracts(log, clock, rulePack);
  await publishSold(log, clock, window, [sold(FIRST, 0, [1_000]), sold(SECOND, 1, [200, 100])]);
  const endMs = window.period.startMs + window.period.mtuCount * MTU_MS;
  await served.until(endMs + rulePack.settlement.afterMinutes * 60_000);
});
afterAll(() => served.close());

const get = async (actor: string, path: string): Promise<Record<string, unknown>> =>
  (await served.send(actor, 'GET', path)).body;
const podsOf = (body: Record<string, unknown>, list: string): string[] =>
  (body[list] as { pod: string }[]).map(({ pod }) => pod);

it('gives the same by the path and by ?format=platone', async () => {
  for (const path of ['outcomes', 'settlement/rows', 'requests', 'offers']) {
    const body = await get('auditor', `${session}/${path}?format=platone&limit=10`);
    expect(body).toEqual(await get('auditor', `${session}/${path}/platone?limit=10`));
    expect(body).not.toHaveProperty('code');
  }
});

it('has the outcome PoD by PoD, in pages', async () => {
  const whole = await get('dso', `${session}/outcomes?format=platone`);
  expect(whole).toMatchObject({ marketOutcomeId: window.sessionId, marketType: 'realTime' });
  expect(podsOf(whole, 'pods')).toEqual([FIRST, SECOND]);
  const first = await get('dso', `${session}/outcomes?format=platone&limit=1`);
  expect([podsOf(first, 'pods'), first['next']]).toEqual([[FIRST], '1']);
  const second = await get('dso', `${session}/outcomes?format=platone&limit=1&cursor=1`);
  expect([podsOf(second, 'pods'), second['next']]).toEqual([[SECOND], null]);
  expect(podsOf(await get(`customer:${FIRST}`, `${session}/outcomes/platone`), 'pods')).toEqual([
    FIRST,
  ]);
  expect(podsOf(await get('tso', `${session}/outcomes/platone`), 'pods')).toEqual([]);
});

it('has the settlement, the wallet and the contract', async () => {
  const settlement = await get('aggregator:AGG1', `${session}/settlement/rows?format=platone`);
  expect(settlement).toMatchObject({ marketOutcomeId: window.sessionId, sent: true, next: null });
  const [pod] = settlement['flexibility'] as { power: object[] }[];
  expect(pod!.power).toMatchObject([
    { index: '0', requestedP: 1, measuredP: 2, paidP: 1, penaltyP: 0 },
  ]);
  const wallet = `/contracts/transactions/balanceOf/${FIRST}`;
  expect(await get(`customer:${FIRST}`, `${wallet}?format=platone`)).toEqual({
    id_wallet: `0x${'c0'.repeat(20)}`,
    balance: '0.000005',
  });
  expect(await get('auditor', `/api/v1/pods/${FIRST}/agreement?format=platone`)).toEqual({
    address: `0x${'a9'.repeat(20)}`,
    owner: `0x${'a1'.repeat(20)}`,
  });
});

it('refuses who may not read, and what it does not know', async () => {
  const wallet = `GET /contracts/transactions/balanceOf/${FIRST}`;
  await expectAnswers(served, [
    [undefined, `GET ${session}/outcomes?format=platone`, undefined, 401, 'invalid-token'],
    ['aggregator:AGG1', `GET ${session}/requests?format=platone`, undefined, 403, 'forbidden'],
    ['dso', `GET ${session}/offers?format=platone`, undefined, 403, 'forbidden'],
    ['aggregator:AGG2', `${wallet}?format=platone`, undefined, 403, 'forbidden'],
    ['auditor', `GET ${session}/outcomes?format=xml`, undefined, 400, 'input-malformed'],
    ['auditor', `GET ${session}/outcomes/platone?cursor=x`, undefined, 400, 'query-malformed'],
    ['auditor', `GET ${session}/outcomes/platone?cursor=9`, undefined, 400, 'query-malformed'],
    ['auditor', 'GET /api/v1/sessions/never/outcomes/platone', undefined, 404, 'session-unknown'],
    ['auditor', 'GET /api/v1/reliability?format=platone', undefined, 404, 'not-found'],
    ['auditor', 'GET /api/v1/pods/never/agreement/platone', undefined, 404, 'agreement-unknown'],
  ]);
});
