/** Weather by REST: what each route answers, and to whom. */
import { type Actor, type ServedDso, serveDso } from '../testing/served-dso';

let served: ServedDso;

beforeAll(async () => {
  served = await serveDso();
});
afterAll(() => served.close());

const PATH = '/api/v1/grids/feeder/weather';
const DAY = '?from=2026-03-17T00:00:00Z&to=2026-03-18T00:00:00Z';
const hour = (time: string, globalIrradianceWPerM2 = 400): object => ({
  time,
  globalIrradianceWPerM2,
  temperatureC: 12.5,
  windSpeedMPerS: 3,
});
const NOON = hour('2026-03-17T12:00:00Z');

it('is reported, and read as it was reported last', async () => {
  const report = (irradiance: number) =>
    served.call('POST', PATH, 'dso', {
      source: 'forecast',
      hours: [hour('2026-03-17T12:00:00Z', irradiance), hour('2026-03-17T13:00:00Z')],
    });
  expect((await report(400)).body).toEqual({ gridId: 'feeder', source: 'forecast', hours: 2 });
  await report(250);
  const head = await served.trial.log.head();
  expect((await report(250)).status).toBe(200);
  expect(await served.trial.log.head()).toBe(head);
  const { status, body } = await served.call('GET', `${PATH}${DAY}`, 'auditor');
  expect(status).toBe(200);
  expect(body.items).toEqual([
    {
      time: '2026-03-17T12:00:00.000Z',
      globalIrradianceWPerM2: 250,
      temperatureC: 12.5,
      windSpeedMPerS: 3,
    },
    expect.objectContaining({ time: '2026-03-17T13:00:00.000Z', globalIrradianceWPerM2: 400 }),
  ]);
});

it.each<[string, Actor | undefined, readonly object[], number, string]>([
  ['nobody', undefined, [NOON], 401, 'invalid-token'],
  ['an aggregator', 'aggregator:AGG1', [NOON], 403, 'forbidden'],
  ['who only reads', 'auditor', [NOON], 403, 'forbidden'],
  ['no hours', 'dso', [], 400, 'input-malformed'],
  ['half an hour', 'dso', [hour('2026-03-17T12:30:00Z')], 400, 'weather-malformed'],
  ['an hour without sun', 'dso', [{ time: '2026-03-17T12:00:00Z' }], 400, 'weather-malformed'],
])('a report is refused: %s', async (_, by, hours, status, code) => {
  const answer = await served.call('POST', PATH, by, { hours });
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

it('a report over another grid is refused', async () => {
  const path = '/api/v1/grids/other/weather';
  const { status, body } = await served.call('POST', path, 'dso', { hours: [NOON] });
  expect([status, body.code]).toEqual([404, 'grid-unknown']);
});

it.each<[string, string, Actor | undefined, number]>([
  ['nobody', DAY, undefined, 401],
  ['an aggregator', DAY, 'aggregator:AGG1', 403],
  ['no period', '', 'dso', 400],
  [
    'a period that ends before it begins',
    '?from=2026-03-18T00:00:00Z&to=2026-03-17T00:00:00Z',
    'dso',
    400,
  ],
  ['more than 92 days', '?from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z', 'dso', 400],
])('is not shown: %s', async (_, query, by, status) => {
  expect((await served.call('GET', `${PATH}${query}`, by)).status).toBe(status);
});
