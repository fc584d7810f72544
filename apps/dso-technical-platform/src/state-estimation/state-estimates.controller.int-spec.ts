/** Estimated states by REST: what each route answers, and to whom. */
import { type Actor, type ServedDso, serveDso } from '../testing/served-dso';

let served: ServedDso;

beforeAll(async () => {
  served = await serveDso();
});
afterAll(() => served.close());

const PATH = '/api/v1/grids/feeder/state-estimates';
const voltage = { id: 'busbar', kind: 'vmPu', bus: 'n0', value: 1.01, sigma: 0.001 };
const estimate = (at: string, measurements: readonly object[] = [voltage]) =>
  served.call('POST', PATH, 'dso', { at, measurements });

it('there is none before one was made', async () => {
  const latest = await served.call('GET', `${PATH}/latest`, 'dso');
  expect([latest.status, latest.body.code]).toEqual([404, 'state-unknown']);
  expect((await served.call('GET', PATH, 'dso')).body).toEqual({ items: [], next: null });
});

it('is made from what is given and what the platform knows, and stands in the log once', async () => {
  const { status, body } = await estimate('2026-03-16T09:15:00Z');
  expect(status).toBe(201);
  expect(body.sources).toEqual({ scada: 1, amr: 0, pmu: 0, pseudo: 2 });
  expect(body.buses.map(({ busId }: { busId: string }) => busId)).toEqual(['mv', 'n0', 'n1', 'n2']);
  const head = await served.trial.log.head();
  expect((await estimate('2026-03-16T09:15:00Z')).body.estimateId).toBe(body.estimateId);
  expect(await served.trial.log.head()).toBe(head);
});

it('the latest, and those of a period page by page, are read at once', async () => {
  await estimate('2026-03-16T09:30:00Z');
  await estimate('2026-03-16T09:45:00Z');
  const latest = await served.call('GET', `${PATH}/latest`, 'operator');
  expect(latest.body.at).toBe('2026-03-16T09:45:00.000Z');
  const period = `${PATH}?from=2026-03-16T09:30:00Z&below=2026-03-16T10:00:00Z&limit=1`;
  const first = await served.call('GET', period, 'auditor');
  expect(first.body.items.map(({ at }: { at: string }) => at)).toEqual([latest.body.at]);
  const second = await served.call('GET', `${period}&cursor=${first.body.next}`, 'auditor');
  expect(second.body.items[0].at).toBe('2026-03-16T09:30:00.000Z');
});

it.each<[string, Actor | undefined, object, number, string]>([
  ['nobody', undefined, {}, 401, 'invalid-token'],
  ['an aggregator', 'aggregator:AGG1', {}, 403, 'forbidden'],
  ['who only reads', 'auditor', {}, 403, 'forbidden'],
  ['no time', 'dso', { at: 'noon' }, 400, 'input-malformed'],
  ['not a quarter-hour', 'dso', { at: '2026-03-16T09:07:00Z' }, 400, 'input-malformed'],
  ['no list', 'dso', { measurements: 'none' }, 400, 'input-malformed'],
  [
    'a bus that is none',
    'dso',
    { measurements: [{ ...voltage, bus: 'n9' }] },
    400,
    'measurements-malformed',
  ],
])('is refused: %s', async (_, by, change, status, code) => {
  const body = { at: '2026-03-16T09:15:00Z', measurements: [], ...change };
  const answer = await served.call('POST', PATH, by, body);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

it.each<[string, Actor | undefined, string, number]>([
  ['nobody', undefined, PATH, 401],
  ['the TSO', 'tso', PATH, 403],
  ['a period that is none', 'dso', `${PATH}?from=yesterday`, 400],
])('are not shown: %s', async (_, by, path, status) => {
  expect((await served.call('GET', path, by)).status).toBe(status);
});

it('another grid is not estimated', async () => {
  const path = '/api/v1/grids/other/state-estimates';
  const body = { at: '2026-03-16T09:15:00Z', measurements: [] };
  const answer = await served.call('POST', path, 'dso', body);
  expect([answer.status, answer.body.code]).toEqual([404, 'grid-unknown']);
});
