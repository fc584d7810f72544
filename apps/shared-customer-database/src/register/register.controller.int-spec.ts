/** The register by REST, many PoDs at once: what is refused as a whole, and who may ask. */
import { type ServedTrial, podDetails, registerPods, serveTrial } from '../testing/customer-trial';

const A = 'IT002E00000001';
const B = 'IT002E00000002';
const unregister = (podId: string) => ({ kind: 'unregisterPod', podId, reason: 'moved' });

let trial: ServedTrial;
beforeAll(async () => {
  trial = await serveTrial();
  await registerPods(trial, 'AGG1', 'AGG2');
});
afterAll(() => trial.close());

const change = (actor: string, commands: object, key: string | undefined = 'list') =>
  trial.call(actor, 'POST /api/v1/register/changes', { commands }, key);

describe('a list of changes', () => {
  it('is answered command by command, with the fields at fault', async () => {
    const malformed = { kind: 'registerPod', podId: 'house', ...podDetails('AGG1') };
    const answer = await change('aggregator:AGG1', [unregister(B), malformed], 'mixed');
    expect(answer.status).toBe(200);
    expect(answer.body.items).toMatchObject([
      { podId: B, accepted: false, code: 'not-permitted', errors: [] },
      { podId: 'house', accepted: false, code: 'pod-malformed', errors: [{ field: 'podId' }] },
    ]);
  });

  it.each<[string, object, string]>([
    ['a kind that is none', [{ kind: 'sellPod', podId: A }], 'commands[0].kind'],
    ['a field that is none', [{ ...unregister(A), colour: 'red' }], 'commands[0].colour'],
    ['a field that is missing', [{ kind: 'unregisterPod', podId: A }], 'commands[0].reason'],
    ['no command', [], 'commands'],
    ['more than a request carries', new Array(1_001).fill(unregister(A)), 'commands'],
    ['no list', { length: 1 }, 'commands'],
  ])('is refused as a whole for %s', async (_, commands, field) => {
    const { status, body } = await change('aggregator:AGG1', commands);
    expect([status, body.code]).toEqual([400, 'input-malformed']);
    expect(body.errors.map((error: { field: string }) => error.field)).toContain(field);
  });

  it('needs a party', async () => {
    const path = 'POST /api/v1/register/changes';
    const commands = [unregister(A)];
    expect((await trial.call(undefined, path, { commands }, 'key')).status).toBe(401);
  });
});

describe('who asks', () => {
  const day = { deliveryDay: '2026-03-18' };
  it.each<[string, string, object, number]>([
    ['platform:market', 'look-up', { podIds: [A], poms: [] }, 200],
    ['tso', 'look-up', { podIds: [A], poms: [] }, 200],
    ['aggregator:AGG1', 'look-up', { podIds: [A], poms: [] }, 403],
    ['platform:market', 'baselines', { podIds: [A, B], ...day }, 200],
    ['aggregator:AGG1', 'baselines', { podIds: [A, 'IT002E00000009'], ...day }, 200],
    ['aggregator:AGG1', 'baselines', { podIds: [A, B], ...day }, 403],
    ['customer:IT002E00000001', 'baselines', { podIds: [A], ...day }, 200],
    ['customer:IT002E00000001', 'baselines', { podIds: [B], ...day }, 403],
    ['dso', 'baselines', { podIds: [A], deliveryDay: 'today' }, 400],
    ['dso', 'look-up', { podIds: A, poms: [] }, 400],
    ['dso', 'look-up', { podIds: new Array(1_001).fill(A), poms: [] }, 400],
  ])('%s for %s', async (actor, route, body, status) => {
    expect((await trial.call(actor, `POST /api/v1/register/${route}`, body)).status).toBe(status);
  });
});
