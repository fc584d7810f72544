/** Outcomes by REST: what the DSO is asked, its answer, and the published result, each party its rows. */
import { type ServedMarket, expectAnswers } from '../testing/served-market';
import { DAY_AHEAD, PODS, openTradingDay, trade } from '../testing/trading-day';

let served: ServedMarket;
beforeAll(async () => {
  served = await openTradingDay();
});
afterAll(() => served.close());

const { sessionId, period } = DAY_AHEAD;
const session = `/api/v1/sessions/${encodeURIComponent(sessionId)}`;
const outcomeId = `${sessionId}/0`;
const cut = {
  index: 0,
  status: 'KO',
  permittedW: new Array<number>(period.mtuCount).fill(0),
  violatedElement: 'line-4',
};

it('has nothing to ask before the gate has closed', () =>
  expectAnswers(served, [
    ['dso', `GET ${session}/validation`, undefined, 404, 'outcome-unknown'],
    ['dso', `GET ${session}/outcomes-to-validate/0`, undefined, 404, 'outcome-unknown'],
    ['dso', `GET ${session}/sold-before`, undefined, 200],
  ]));

it('asks the DSO and nobody else', async () => {
  await trade(served, DAY_AHEAD, 1_500, PODS.slice(0, 2));
  await served.until(DAY_AHEAD.gateClosesMs);
  const { body } = await served.send('dso', 'GET', `${session}/outcomes-to-validate/0`);
  expect(body).toMatchObject({ rows: [{ podId: PODS[0] }, { podId: PODS[1] }], sold: [] });
  expect(body['next']).toBeNull();
  expect((await served.send('dso', 'GET', `${session}/validation`)).body).toMatchObject({
    outcomeId,
    rows: body['rows'],
    validated: false,
  });
  await expectAnswers(served, [
    [undefined, `GET ${session}/outcomes-to-validate/0`, undefined, 401, 'invalid-token'],
    ['tso', `GET ${session}/outcomes-to-validate/0`, undefined, 403, 'forbidden'],
    ['aggregator:AGG1', `GET ${session}/sold-before`, undefined, 403, 'forbidden'],
    ['dso', `GET ${session}/outcomes-to-validate/last`, undefined, 400, 'bad-request'],
    ['dso', `GET ${session}/outcomes-to-validate/-1`, undefined, 404, 'outcome-unknown'],
    ['dso', 'GET /api/v1/sessions/never/sold-before', undefined, 404, 'session-unknown'],
  ]);
});

it('gives an outcome in as many answers as are asked for, each with the first row of the next', async () => {
  const { body: whole } = await served.send('dso', 'GET', `${session}/outcomes-to-validate/0`);
  const [first, second] = whole['rows'] as readonly object[];
  const page = async (query: string) =>
    (await served.send('dso', 'GET', `${session}/outcomes-to-validate/0?${query}`)).body;
  expect(await page('limit=1')).toEqual({ rows: [first], sold: whole['sold'], next: 1 });
  expect(await page('from=1&limit=1')).toEqual({ rows: [second], sold: [], next: null });
  expect(await page('from=2&limit=1')).toEqual({ rows: [], sold: [], next: null });
  await expectAnswers(served, [
    ['dso', `GET ${session}/outcomes-to-validate/0?limit=0`, undefined, 400, 'input-malformed'],
    ['dso', `GET ${session}/outcomes-to-validate/0?from=-1`, undefined, 400, 'input-malformed'],
  ]);
});

const byLine = `${session}/validation/rows?outcomeId=${encodeURIComponent(outcomeId)}`;
async function send(actor: string, to: string, body: string, type = 'application/x-ndjson') {
  const headers = { authorization: `Bearer ${await served.tokenOf(actor)}`, 'content-type': type };
  const answer = await fetch(`${served.url}${to}`, { method: 'POST', headers, body });
  return [answer.status, ((await answer.json()) as { code?: string }).code];
}

it('takes an answer by the line, whole or not at all', async () => {
  const row = JSON.stringify(cut);
  expect([
    await send('aggregator:AGG1', byLine, row),
    await send('dso', `${session}/validation/rows?outcomeId=never`, row),
    await send('dso', byLine, `${row}\n{`),
    await send('dso', byLine, `${row}\n${row}`),
    await send('dso', byLine, `${row}\n`.repeat(3)),
    await send('dso', byLine, `[${row}]`, 'application/json'),
    await send('dso', `${session}/validation`, row),
  ]).toEqual([
    [403, 'forbidden'],
    [404, 'outcome-unknown'],
    [400, 'bad-request'],
    [400, 'validation-malformed'],
    [413, 'payload-too-large'],
    [415, 'unsupported-media-type'],
    [415, 'unsupported-media-type'],
  ]);
  await expectAnswers(served, [
    ['dso', `POST ${byLine}`, undefined, 415, 'unsupported-media-type'],
    [undefined, `POST ${byLine}`, undefined, 401, 'invalid-token'],
  ]);
  expect(await served.dataOf('OutcomeValidated')).toEqual([]);
});

it('takes one answer, in either form', async () => {
  const answer = (exceptions: unknown) => ({ outcomeId, exceptions }) as object;
  const path = `POST ${session}/validation`;
  await expectAnswers(served, [
    ['aggregator:AGG1', path, answer([]), 403, 'forbidden'],
    ['dso', path, answer('all'), 400, 'input-malformed'],
    ['dso', path, answer([{ ...cut, index: 9 }]), 400, 'validation-malformed'],
    ['dso', path, { outcomeId: 'never', exceptions: [] }, 404, 'outcome-unknown'],
  ]);
  expect(await send('dso', byLine, '\n')).toEqual([200, undefined]);
  await expectAnswers(served, [
    ['dso', path, answer([]), 200],
    ['dso', path, answer([cut]), 409, 'outcome-decided'],
  ]);
  expect(await send('dso', byLine, JSON.stringify(cut))).toEqual([409, 'outcome-decided']);
});

it('publishes the result, each party its rows', async () => {
  await served.settle();
  const rowsOf = async (actor: string): Promise<number> => {
    const { body } = await served.send(actor, 'GET', `${session}/outcomes`);
    return (body['items'] as unknown[]).length;
  };
  const counts = { 'aggregator:AGG1': 2, 'aggregator:AGG2': 0, dso: 2, tso: 0, auditor: 2 };
  for (const [actor, count] of Object.entries(counts)) {
    expect([actor, await rowsOf(actor)]).toEqual([actor, count]);
  }
  expect(await rowsOf('customer:IT002E60000001')).toBe(1);
  await expectAnswers(served, [
    [undefined, `GET ${session}/outcomes`, undefined, 401, 'invalid-token'],
    ['dso', 'GET /api/v1/sessions/never/outcomes', undefined, 404, 'session-unknown'],
  ]);
});
