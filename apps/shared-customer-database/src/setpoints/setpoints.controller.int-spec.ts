/** Setpoints by REST: what each route answers and refuses; the way to the EMS is the DSO's. */
import { type ServedTrial, registerPods, serveTrial } from '../testing/customer-trial';

const A = 'IT002E00000001';
const B = 'IT002E00000002';
const WINDOW = '2026-03-17T11:00:00Z';
const ISSUED = { windowStart: '2026-03-17T11:00:00.000Z', status: 'issued' };

let trial: ServedTrial;
beforeAll(async () => {
  trial = await serveTrial();
  await registerPods(trial, 'AGG1', 'AGG2');
  await send('aggregator:AGG1', { podId: A });
  await send('aggregator:AGG2', { podId: B });
});
afterAll(() => trial.close());

const send = (actor: string | undefined, change: object, key?: string) =>
  trial.call(
    actor,
    'POST /api/v1/setpoints',
    { setpoints: [{ podId: A, windowStart: WINDOW, targetW: [500, null], ...change }] },
    key,
  );

it('a setpoint is issued once, and shown with what became of it', async () => {
  const again = await send('aggregator:AGG1', {});
  expect([again.status, again.body]).toEqual([
    202,
    { setpoints: [{ podId: A, ...ISSUED, setpointId: expect.any(String), refused: null }] },
  ]);
  const one = await trial.call('customer:IT002E00000001', `GET /api/v1/setpoints/${A}/${WINDOW}`);
  expect(one.body).toMatchObject({ podId: A, ...ISSUED, aggregatorId: 'AGG1' });
});

it('a row that is refused is named, the others stand', async () => {
  const row = { podId: A, windowStart: '2026-03-17T12:00:00Z', targetW: [1] };
  const body = { setpoints: [{ ...row, targetVar: [] }, row] };
  const answer = await trial.call('aggregator:AGG1', 'POST /api/v1/setpoints', body);
  expect(answer.body.setpoints).toMatchObject([
    { status: 'none', refused: { code: 'setpoint-malformed' } },
    { status: 'issued', refused: null },
  ]);
});

it.each<[string, number]>([
  ['dso', 3],
  ['auditor', 3],
  ['aggregator:AGG1', 2],
  ['aggregator:AGG2', 1],
  ['customer:IT002E00000001', 2],
])('%s lists %d', async (actor, count) => {
  expect((await trial.call(actor, 'GET /api/v1/setpoints')).body.items).toHaveLength(count);
});

describe('what is refused', () => {
  it.each<[string, string | undefined, object, unknown[]]>([
    ['nobody', undefined, {}, [401, 'invalid-token']],
    ['the DSO', 'dso', {}, [403, 'forbidden']],
    ['a foreign PoD', 'aggregator:AGG1', { podId: B }, [403, 'forbidden']],
    ['a PoD unknown', 'aggregator:AGG1', { podId: 'IT002E00000009' }, [404, 'pod-unknown']],
    [
      'a window that is over',
      'aggregator:AGG1',
      { windowStart: '2026-03-17T07:00:00Z' },
      [400, 'setpoint-malformed'],
    ],
    ['no instant', 'aggregator:AGG1', { windowStart: 'noon' }, [400, 'input-malformed']],
    ['no target', 'aggregator:AGG1', { targetW: [] }, [400, 'input-malformed']],
  ])('%s', async (_, actor, change, expected) => {
    const { status, body } = await send(actor, change);
    expect([status, body.code]).toEqual(expected);
  });

  it.each<[string, string, unknown[]]>([
    ['aggregator:AGG1', `${B}/${WINDOW}`, [403, 'forbidden']],
    ['tso', `${A}/${WINDOW}`, [403, 'forbidden']],
    ['dso', `${A}/2026-03-17T23:00:00Z`, [404, 'setpoint-unknown']],
    ['dso', `${A}/noon`, [404, 'setpoint-unknown']],
  ])('to %s: %s', async (actor, path, expected) => {
    const { status, body } = await trial.call(actor, `GET /api/v1/setpoints/${path}`);
    expect([status, body.code]).toEqual(expected);
  });
});
