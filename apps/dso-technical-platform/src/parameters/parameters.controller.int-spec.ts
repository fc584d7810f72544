/** Computation parameters by REST: what each route answers, to whom, and which sessions go by them. */
import { MINUTE_MS, START_MS } from '../testing/dso-trial';
import { type Actor, type ServedDso, serveDso } from '../testing/served-dso';

const PATH = '/api/v1/grids/feeder/parameters';
const LATE = { forecastMinutes: 20, reviewMinutes: 10 };
const reason = 'the weather of the hour comes later now';

let served: ServedDso;
beforeAll(async () => {
  served = await serveDso();
});
afterAll(() => served.close());

const set = (body: object) => served.call('PUT', PATH, 'dso', body);
const standing = () => served.call('GET', PATH, 'dso');

it('are those of the configuration until others are set', async () => {
  expect(await standing()).toMatchObject({
    status: 200,
    body: { forecastMinutes: 5, reviewMinutes: 5 },
  });
});

it.each<[string, object, Actor | undefined, number, string]>([
  ['nobody', { ...LATE, reason }, undefined, 401, 'invalid-token'],
  ['a TSO', { ...LATE, reason }, 'tso', 403, 'forbidden'],
  ['an auditor', { ...LATE, reason }, 'auditor', 403, 'forbidden'],
  ['no reason', LATE, 'dso', 400, 'input-malformed'],
  ['half a minute', { ...LATE, reviewMinutes: 0.5, reason }, 'dso', 400, 'input-malformed'],
  ['a negative time', { ...LATE, forecastMinutes: -1, reason }, 'dso', 400, 'input-malformed'],
  [
    'what comes after the gate',
    { ...LATE, reviewMinutes: 241, reason },
    'dso',
    400,
    'input-malformed',
  ],
  ['an unknown parameter', { ...LATE, reason, speed: 1 }, 'dso', 400, 'input-malformed'],
])('are not set by %s', async (_, body, by, status, code) => {
  const answer = await served.call('PUT', PATH, by, body);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

it('are those of the grid that is operated here', async () => {
  const answer = await served.call('PUT', '/api/v1/grids/other/parameters', 'dso', {
    ...LATE,
    reason,
  });
  expect([answer.status, answer.body.code]).toEqual([404, 'grid-unknown']);
});

it('hold for sessions scheduled afterwards; set twice alike they are one event', async () => {
  const { trial } = served;
  const before = await trial.schedule();
  expect(await set({ ...LATE, reason })).toMatchObject({ status: 200, body: LATE });
  const head = await trial.log.head();
  expect((await set({ ...LATE, reason: 'again' })).status).toBe(200);
  expect(await trial.log.head()).toBe(head);
  expect((await standing()).body).toEqual(LATE);
  // The session that stood already goes by what stood then, the next one by the new.
  const next = await trial.schedule(1);
  const forecastOf = async (sessionId: string): Promise<number> => {
    const path = `/api/v1/grids/feeder/violations?sessionId=${sessionId}`;
    return (await served.call('GET', path, 'dso')).body.items.length;
  };
  await trial.until(START_MS + 66 * MINUTE_MS);
  expect(await forecastOf(before)).toBe(1);
  const opensMs = START_MS + 25 * 60 * MINUTE_MS;
  await trial.until(opensMs + 19 * MINUTE_MS);
  expect(await forecastOf(next)).toBe(0);
  await trial.until(opensMs + 20 * MINUTE_MS);
  expect(await forecastOf(next)).toBe(1);
});
