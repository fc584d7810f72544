/** Measurements by REST: who may ask for whose, and how much at once. */
import { type ServedTrial, registerPods, serveTrial } from '../testing/customer-trial';

const A = 'IT002E00000001';
const B = 'IT002E00000002';
const NOBODY = 'IT002E00000009';
const fromMs = Date.parse('2026-03-17T00:00:00Z');
const DAY_MS = 86_400_000;
const measured = { mtuStartMs: fromMs, withdrawnWh: 5, injectedWh: 0, reactiveVarh: 1 };

let trial: ServedTrial;
beforeAll(async () => {
  trial = await serveTrial();
  await registerPods(trial, 'AGG1', 'AGG2');
  for (const podId of [A, B]) await trial.record(podId, [measured]);
});
afterAll(() => trial.close());

const ask = (actor: string, podIds: unknown, days = 1) =>
  trial.call(actor, 'POST /api/v1/measurements/query', {
    podIds,
    fromMs,
    untilMs: fromMs + days * DAY_MS,
  });

describe('measurements of many PoDs', () => {
  it.each<[string, readonly string[], number, number]>([
    ['platform:market', [A, B, NOBODY], 1, 200],
    ['dso', [A, B], 1, 200],
    ['tso', [A, B], 1, 200],
    ['auditor', [A, B], 1, 200],
    ['operator', [A, B], 1, 200],
    ['aggregator:AGG1', [A, NOBODY], 1, 200],
    ['aggregator:AGG1', [A, B], 1, 403],
    ['customer:IT002E00000001', [A], 1, 200],
    ['customer:IT002E00000001', [B], 1, 403],
    ['dso', [A], 366, 200],
    ['dso', [A], 367, 400],
    ['dso', [A], 0, 400],
    ['dso', new Array(6).fill(A), 366, 400],
    ['dso', new Array(1_001).fill(A), 1, 400],
  ])('%s: %j', async (actor, podIds, days, status) => {
    const answer = await ask(actor, podIds, days);
    expect(answer.status).toBe(status);
    if (status !== 200) return;
    const rows = podIds.map((podId) => (podId === NOBODY ? [] : [measured]));
    expect(answer.body).toEqual({ items: rows });
  });

  it('are refused by field', async () => {
    const { body } = await ask('dso', [7]);
    expect(body.errors).toMatchObject([{ field: 'podIds' }, { field: 'podIds' }]);
  });
});

it('measurements of one PoD are told to those whose they are', async () => {
  const path = (podId: string, to = '2026-03-18T00:00:00Z') =>
    `GET /api/v1/pods/${podId}/measurements?from=2026-03-17T00:00:00Z&to=${to}` as const;
  const { mtuStartMs: _, ...energies } = measured;
  const own = await trial.call('aggregator:AGG1', path(A));
  expect(own.body).toEqual({
    podId: A,
    items: [{ mtuStart: '2026-03-17T00:00:00.000Z', ...energies }],
  });
  const statuses = await Promise.all([
    trial.call('aggregator:AGG1', path(B)),
    trial.call('dso', path(NOBODY)),
    trial.call('dso', path(A, '2028-01-01T00:00:00Z')),
    trial.call('dso', path(A, 'soon')),
  ]);
  expect(statuses.map(({ status }) => status)).toEqual([403, 404, 400, 400]);
});

it('the first day is told to those who may read all', async () => {
  const first = (actor: string) => trial.call(actor, 'GET /api/v1/measurements/first-day');
  expect((await first('dso')).body).toEqual({ firstDay: '2026-03-17' });
  expect((await first('aggregator:AGG1')).status).toBe(403);
});
