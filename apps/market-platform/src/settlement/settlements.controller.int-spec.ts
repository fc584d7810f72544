/** Results of a day, settlements and disputes by REST, with wallets and indicators of what was settled. */
import { MTU_MS } from '@flexledger/domain';
import { type ServedMarket, expectAnswers, serveMarket } from '../testing/served-market';
import { DAY, SESSIONS } from '../testing/trading-day';
import { loadRulePack } from '@flexledger/service-kit';
import { PODS, publishSold, signContracts, sold } from './testing/sold-day';

const { rulePack } = loadRulePack('platone');
const window = SESSIONS[1]!;
const later = SESSIONS[2]!;
const [FIRST, SECOND] = PODS as [string, string];
const session = `/api/v1/sessions/${encodeURIComponent(window.sessionId)}`;
const settlement = `${session}/settlement`;
const unsettled = `/api/v1/sessions/${encodeURIComponent(later.sessionId)}/settlement`;

let served: ServedMarket;
beforeAll(async () => {
  served = await serveMarket(window.period.startMs - 60_000, {});
  const { log, clock } = served;
  await signContracts(log, clock, rulePack);
  await publishSold(log, clock, window, [sold(FIRST, 0, [1_000]), sold(SECOND, 1, [200])]);
  await publishSold(log, clock, later, [sold(FIRST, 0, [100])]);
  const endMs = window.period.startMs + window.period.mtuCount * MTU_MS;
  await served.until(endMs + rulePack.settlement.afterMinutes * 60_000);
});
afterAll(() => served.close());

it('gives each party its rows of every published session of a day', async () => {
  const rowsOf = async (actor: string): Promise<number[]> => {
    const { body } = await served.send(actor, 'GET', `/api/v1/results?deliveryDay=${DAY}`);
    return (body['items'] as { rows: unknown[] }[]).map(({ rows }) => rows.length);
  };
  const counts = { 'aggregator:AGG1': [2, 1], 'aggregator:AGG2': [0, 0], dso: [2, 1], tso: [0, 0] };
  for (const [actor, count] of Object.entries(counts)) {
    expect([actor, await rowsOf(actor)]).toEqual([actor, count]);
  }
  expect(await rowsOf('auditor')).toEqual([2, 1]);
  await expectAnswers(served, [
    [undefined, `GET /api/v1/results?deliveryDay=${DAY}`, undefined, 401, 'invalid-token'],
    ['dso', 'GET /api/v1/results', undefined, 400, 'input-malformed'],
    ['dso', 'GET /api/v1/results?deliveryDay=today', undefined, 400, 'input-malformed'],
    ['dso', 'GET /api/v1/results?deliveryDay=2020-01-01', undefined, 200],
  ]);
});

it.each(['aggregator:AGG1', 'dso', 'tso', `customer:${FIRST}`, 'auditor', 'operator'])(
  'lets %s change no outcome, and says so',
  async (actor) => {
    const before = await served.log.head();
    for (const method of ['PUT', 'POST', 'PATCH', 'DELETE']) {
      const { status, body } = await served.send(actor, method, `${session}/outcomes`, {});
      expect([status, body['code']]).toEqual([405, 'method-not-allowed']);
      expect(body['detail']).toMatch(
        /^The outcome of session .* nobody changes it\. Who is settled/,
      );
    }
    expect(await served.log.head()).toBe(before);
    const { body } = await served.send('dso', 'GET', `${session}/outcomes`);
    expect(body['items']).toHaveLength(2);
  },
);

it('settles, and shows each party its rows', async () => {
  const rowsOf = async (actor: string, path: string): Promise<number> => {
    const { body } = await served.send(actor, 'GET', `${settlement}/${path}`);
    const { items, settled } = body as { items?: unknown[]; settled?: { rows: unknown[] } | null };
    return (items ?? settled?.rows ?? []).length;
  };
  const counts = { 'aggregator:AGG1': 2, 'aggregator:AGG2': 0, dso: 2, auditor: 2 };
  for (const [actor, count] of Object.entries(counts)) {
    expect([actor, await rowsOf(actor, 'rows')]).toEqual([actor, count]);
    expect([actor, await rowsOf(actor, 'corrections/0/rows')]).toEqual([actor, count]);
    expect([actor, await rowsOf(actor, 'corrections/1/rows')]).toEqual([actor, 0]);
  }
  expect(await rowsOf(`customer:${FIRST}`, 'rows')).toBe(1);
  expect((await served.send('dso', 'GET', settlement)).body).toMatchObject({ correction: 0 });
  await expectAnswers(served, [
    [undefined, `GET ${settlement}`, undefined, 401, 'invalid-token'],
    ['dso', `GET ${unsettled}`, undefined, 404, 'settlement-unknown'],
    ['dso', 'GET /api/v1/sessions/never/settlement/rows', undefined, 404, 'session-unknown'],
    ['dso', `GET ${settlement}/corrections/first/rows`, undefined, 400, 'bad-request'],
  ]);
});

it('keeps an aggregator’s dispute, once', async () => {
  const row = { offerId: 'o', requestId: 'R1', podId: FIRST, reason: 'the baseline of MTU 0' };
  const dispute = {
    correction: 0,
    settledMicroEur: 600_000,
    expectedMicroEur: 500_000,
    disputedRows: 1,
    rows: [{ ...row, settledMicroEur: 400_000, expectedMicroEur: null }],
  };
  const path = `POST ${settlement}/disputes`;
  await expectAnswers(served, [
    [undefined, path, dispute, 401, 'invalid-token'],
    ['dso', path, dispute, 403, 'forbidden'],
    ['auditor', path, dispute, 403, 'forbidden'],
    ['aggregator:AGG1', path, { ...dispute, rows: [row] }, 400, 'input-malformed'],
    ['aggregator:AGG1', path, { ...dispute, correction: 3 }, 404, 'settlement-unknown'],
    ['aggregator:AGG1', path, dispute, 200],
    ['aggregator:AGG1', path, { ...dispute, expectedMicroEur: 1 }, 200],
  ]);
  expect(await served.dataOf('SettlementDisputed')).toEqual([
    { sessionId: window.sessionId, aggregatorId: 'AGG1', ...dispute },
  ]);
});

it('tells a customer and its aggregator what a PoD has earned', async () => {
  const balance = `/contracts/transactions/balanceOf/${FIRST}`;
  const { body } = await served.send(`customer:${FIRST}`, 'GET', balance);
  expect(body).toMatchObject({ podId: FIRST, sessions: 1, walletBalanceMicroEur: 5 });
  expect(body['awardedMicroEur']).toBe(700_000);
  const claims = `/api/v1/pods/${FIRST}/claims`;
  const claim = await served.send('aggregator:AGG1', 'GET', `${claims}/customer`);
  expect(claim.body).toMatchObject({ earnedMicroEur: 700_000, cumulativeMicroEur: 700_000 });
  await expectAnswers(served, [
    [undefined, `GET ${balance}`, undefined, 401, 'invalid-token'],
    ['aggregator:AGG2', `GET ${balance}`, undefined, 403, 'forbidden'],
    ['auditor', 'GET /contracts/transactions/balanceOf/never', undefined, 404, 'pod-unknown'],
    [`customer:${FIRST}`, `GET ${claims}/aggregator`, undefined, 403, 'forbidden'],
    ['aggregator:AGG1', `GET ${claims}/aggregator`, undefined, 200],
    ['aggregator:AGG1', `GET ${claims}/nobody`, undefined, 400, 'bad-request'],
  ]);
});

it('shows indicators of the market to everybody, those of a PoD to whose it is', async () => {
  const days = `from=${DAY}&to=${DAY}`;
  await expectAnswers(served, [
    [undefined, `GET /api/v1/kpis?${days}`, undefined, 401, 'invalid-token'],
    ['tso', `GET /api/v1/kpis?${days}`, undefined, 200],
    ['tso', 'GET /api/v1/kpis/definitions', undefined, 200],
    ['tso', 'GET /api/v1/kpis?from=2026-02-30&to=2026-03-01', undefined, 400, 'input-malformed'],
    ['dso', `GET /api/v1/kpis/pods?${days}`, undefined, 403, 'forbidden'],
    ['aggregator:AGG1', `GET /api/v1/kpis/pods?${days}`, undefined, 200],
    ['aggregator:AGG2', `GET /api/v1/kpis/pods/${FIRST}?${days}`, undefined, 403, 'forbidden'],
    ['auditor', `GET /api/v1/kpis/pods/never?${days}`, undefined, 404, 'pod-unknown'],
  ]);
});

it('says how reliable providers are, two days after they delivered, to whose they are', async () => {
  expect(
    (await served.send('aggregator:AGG1', 'GET', '/api/v1/reliability')).body['items'],
  ).toEqual([]);
  await served.until(window.period.startMs + 3 * 24 * 60 * 60_000);
  const accepted = { acceptedWMtu: 1_300, deliveredWMtu: 1_300 };
  const { body } = await served.send('aggregator:AGG1', 'GET', '/api/v1/reliability');
  expect(body['items']).toEqual([
    { aggregatorId: 'AGG1', reliabilityPerMille: expect.any(Number), ...accepted },
  ]);
  expect(await served.send('aggregator:AGG2', 'GET', '/api/v1/reliability')).toMatchObject({
    body: { items: [] },
  });
  const path = `/api/v1/pods/${FIRST}/reliability`;
  const pod = (await served.send(`customer:${FIRST}`, 'GET', path)).body;
  expect(pod).toMatchObject({ podId: FIRST, aggregatorId: 'AGG1', acceptedWMtu: 1_100 });
  await expectAnswers(served, [
    [undefined, `GET ${path}`, undefined, 401, 'invalid-token'],
    ['aggregator:AGG2', `GET ${path}`, undefined, 403, 'forbidden'],
    [`customer:${SECOND}`, `GET ${path}`, undefined, 403, 'forbidden'],
    ['aggregator:AGG1', `GET ${path}`, undefined, 200],
    ['auditor', 'GET /api/v1/pods/never/reliability', undefined, 404, 'pod-unknown'],
  ]);
});
