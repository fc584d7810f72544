/** Settlements on demand, by day, week and month, and what each system operator owes by them. */
import { MTU_MS } from '@flexledger/domain';
import { loadRulePack } from '@flexledger/service-kit';
import { type ServedMarket, expectAnswers, serveMarket } from '../testing/served-market';
import { DAY, SESSIONS } from '../testing/trading-day';
import { PODS, publishSold, signContracts, sold } from './testing/sold-day';

const { rulePack } = loadRulePack('platone');
const window = SESSIONS[1]!;
const later = SESSIONS[2]!;
const [FIRST, SECOND] = PODS as [string, string];
const endMs = window.period.startMs + window.period.mtuCount * MTU_MS;
const onDemand = `/api/v1/sessions/${encodeURIComponent(window.sessionId)}/settlement`;
const MONTH = DAY.slice(0, 7);

let served: ServedMarket;
beforeAll(async () => {
  served = await serveMarket(window.period.startMs - 60_000, {});
  const { log, clock } = served;
  await signContracts(log, clock, rulePack);
  const ofTso = { ...sold(SECOND, 1, [200]), requester: 'TSO' } as const;
  await publishSold(log, clock, window, [sold(FIRST, 0, [1_000]), ofTso]);
  await publishSold(log, clock, later, [sold(FIRST, 0, [100])]);
  await served.settle();
});
afterAll(() => served.close());

interface Sums {
  readonly netMicroEur: number;
}
interface Statement {
  readonly sessions: readonly (Sums & { readonly requester: string })[];
  readonly months: readonly Sums[];
  readonly total: Sums;
}

const get = async <Body>(actor: string, path: string): Promise<Body> =>
  (await served.send(actor, 'GET', path)).body as Body;
const statement = (actor: string, period: string): Promise<Statement> =>
  get(actor, `/api/v1/statements?period=${period}`);

it('settles on demand once delivery is over, and again changes nothing', async () => {
  await expectAnswers(served, [
    [undefined, `POST ${onDemand}`, {}, 401, 'invalid-token'],
    ['dso', `POST ${onDemand}`, {}, 403, 'forbidden'],
    ['operator', `POST ${onDemand}`, {}, 409, 'settlement-pending'],
    ['operator', 'POST /api/v1/sessions/never/settlement', {}, 404, 'session-unknown'],
  ]);
  await served.until(endMs);
  for (let times = 0; times < 2; times += 1) {
    const { status } = await served.send('operator', 'POST', onDemand, {});
    expect(status).toBe(200);
    expect(await served.dataOf('SettlementPublished')).toHaveLength(1);
  }
  // Its own time comes, and finds nothing to add; then that of the other session.
  const { afterMinutes, correctUntilDays = 0 } = rulePack.settlement;
  const laterEndMs = later.period.startMs + later.period.mtuCount * MTU_MS;
  await served.until(laterEndMs + afterMinutes * 60_000);
  expect(await served.dataOf('SettlementPublished')).toHaveLength(2);
  await served.until(laterEndMs + correctUntilDays * 86_400_000 + 2 * 3_600_000);
  const final: readonly [string, string, object, number, string] = [
    ...(['operator', `POST ${onDemand}`, {}] as const),
    ...([409, 'settlement-final'] as const),
  ];
  await expectAnswers(served, [final]);
});

it.each([DAY, '2026-W12', MONTH])('gives each party its settlements of %s', async (period) => {
  const sessionsOf = async (actor: string): Promise<[string, number][]> => {
    const path = `/api/v1/settlements?period=${period}`;
    const { items } = await get<{ items: (Sums & { sessionId: string })[] }>(actor, path);
    return items.map(({ sessionId, netMicroEur }) => [sessionId, netMicroEur]);
  };
  const published = await served.dataOf<Sums & { sessionId: string }>('SettlementPublished');
  const all = published.map(({ sessionId, netMicroEur }) => [sessionId, netMicroEur]);
  expect(await sessionsOf('auditor')).toEqual(all);
  expect(await sessionsOf('aggregator:AGG1')).toEqual(all);
  expect(await sessionsOf('aggregator:AGG2')).toEqual([]);
  expect(await sessionsOf('tso')).toHaveLength(1);
  expect(await sessionsOf(`customer:${FIRST}`)).toHaveLength(2);
});

it('gives the rows as CSV, of the party that asks', async () => {
  const csvOf = async (actor: string): Promise<string[]> => {
    const headers = { authorization: `Bearer ${await served.tokenOf(actor)}` };
    const path = `${served.url}/api/v1/settlements?period=${MONTH}&format=csv`;
    const answer = await fetch(path, { headers });
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toContain(`settlements-${MONTH}.csv`);
    return (await answer.text()).trimEnd().split('\n');
  };
  const [head, ...lines] = await csvOf('aggregator:AGG1');
  expect(head).toMatch(/^sessionId,correction,.*paidMicroEur,penaltyMicroEur$/);
  expect(lines).toHaveLength(3);
  expect((await csvOf('tso')).slice(1).map((line) => line.includes(SECOND))).toEqual([true]);
  expect(await csvOf('aggregator:AGG2')).toEqual([head]);
});

it('tells each operator what it owes to whom: all of them together are the settlements', async () => {
  const published = await served.dataOf<Sums>('SettlementPublished');
  const netMicroEur = published.reduce((sum, each) => sum + each.netMicroEur, 0);
  const whole = await statement('auditor', MONTH);
  const dso = await statement('dso', MONTH);
  const tso = await statement('tso', MONTH);
  expect(whole.total.netMicroEur).toBe(netMicroEur);
  expect(dso.total.netMicroEur + tso.total.netMicroEur).toBe(netMicroEur);
  expect(tso).toMatchObject({
    sessions: [{ sessionId: window.sessionId, requester: 'TSO', aggregatorId: 'AGG1', rows: 1 }],
    months: [{ month: MONTH, requester: 'TSO', aggregatorId: 'AGG1' }],
  });
  expect(dso.sessions).toHaveLength(2);
  expect(dso.months).toMatchObject([{ rows: 2, netMicroEur: dso.total.netMicroEur }]);
  expect((await statement('aggregator:AGG1', DAY)).total).toEqual(whole.total);
  expect((await statement('dso', '2026-W13')).sessions).toEqual([]);
});

it('refuses what is no period, and who has no settlements', async () => {
  const noPeriods = ['2026-13', '2026-W54', 'today', ''].map((period) => {
    const path = `GET /api/v1/settlements?period=${period}`;
    return ['dso', path, undefined, 400, 'query-malformed'] as const;
  });
  await expectAnswers(served, [
    ...noPeriods,
    ['dso', 'GET /api/v1/statements', undefined, 400, 'input-malformed'],
    [undefined, `GET /api/v1/statements?period=${DAY}`, undefined, 401, 'invalid-token'],
    [`customer:${FIRST}`, `GET /api/v1/statements?period=${DAY}`, undefined, 403, 'forbidden'],
    ['dso', 'GET /api/v1/settlements/csv?period=2026-02-30', undefined, 400, 'query-malformed'],
  ]);
});
