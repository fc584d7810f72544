/** An operator's word on planned requests by REST: what each route answers, and to whom. */
import { DomainError } from '@flexledger/domain';
import { MINUTE_MS, START_MS } from '../testing/dso-trial';
import { type Actor, type Answer, type ServedDso, serveDso } from '../testing/served-dso';

let served: ServedDso;
let sessionId: string;
let requestId: string;

beforeAll(async () => {
  served = await serveDso();
  sessionId = await served.trial.schedule();
  await served.trial.until(START_MS + 66 * MINUTE_MS);
  const { body } = await served.call('GET', '/api/v1/grids/feeder/violations', 'dso');
  requestId = body.items[0].requests[0].requestId;
});
afterAll(() => served.close());

interface Word {
  readonly by?: Actor | undefined;
  readonly grid?: string;
  readonly session?: string;
  readonly request?: string;
  readonly body?: object;
  readonly key?: string;
}

function say(word: 'hold' | 'release', said: Word = {}): Promise<Answer> {
  const { grid = 'feeder', session = sessionId, request = requestId, key } = said;
  const by = 'by' in said ? said.by : 'dso';
  const { body = word === 'hold' ? { reason: 'the tie switch is closed' } : {} } = said;
  const path = `/api/v1/grids/${grid}/forecasts/${session}/requests/${request}/${word}`;
  return served.call('POST', path, by, body, key === undefined ? {} : { 'idempotency-key': key });
}

describe('before the requests leave', () => {
  it('each names the point of the grid that its PoDs hang below', async () => {
    const { body } = await served.call('GET', '/api/v1/grids/feeder/violations', 'dso');
    expect(body.items[0].requests[0]).toMatchObject({ gridPoint: { pom: 'PS-t1' } });
  });

  it('one is held; the same word again changes nothing', async () => {
    const held = await say('hold', { key: 'first' });
    expect([held.status, held.body]).toEqual([
      200,
      { gridId: 'feeder', sessionId, requestId, state: 'held' },
    ]);
    const head = await served.trial.log.head();
    expect((await say('hold', { key: 'first' })).status).toBe(200);
    expect(await served.trial.log.head()).toBe(head);
  });

  it('one that is held does not leave, and leaves when it is released', async () => {
    await served.trial.until(START_MS + 71 * MINUTE_MS);
    expect(served.trial.market.requests.has(requestId)).toBe(false);
    const released = await say('release');
    expect([released.status, released.body.state]).toEqual([200, 'released']);
    await served.trial.settle();
    expect(served.trial.market.requests.has(requestId)).toBe(true);
  });

  it('an operator of the market takes it back again', async () => {
    expect((await say('hold', { by: 'operator' })).status).toBe(200);
    await served.trial.settle();
    expect(served.trial.market.requests.has(requestId)).toBe(false);
  });

  it('one that the market refuses is told of, and the operator’s next word counts', async () => {
    const { trial } = served;
    const reason = 'scope.podIds[0] IT1 is not in the register';
    trial.market.refusal = new DomainError(
      'request-malformed',
      `The request is refused: ${reason}.`,
    );
    expect((await say('release')).status).toBe(200);
    await trial.settle();
    expect(trial.market.requests.has(requestId)).toBe(false);
    expect(trial.problems.at(-1)).toContain(
      `request ${requestId} of session ${sessionId} was not sent`,
    );
    expect(trial.problems.at(-1)).toContain(reason);
    trial.market.refusal = undefined;
    await say('hold', { key: 'once more' });
    await say('release');
    await trial.settle();
    expect(trial.market.requests.has(requestId)).toBe(true);
    await say('hold', { key: 'and back' });
    await trial.settle();
  });

  it.each<[string, Word, number, string]>([
    ['nobody', { by: undefined }, 401, 'invalid-token'],
    ['an aggregator', { by: 'aggregator:AGG1' }, 403, 'forbidden'],
    ['the TSO, of the DSO’s', { by: 'tso' }, 403, 'forbidden'],
    ['no reason', { body: {} }, 400, 'input-malformed'],
    ['too long a reason', { body: { reason: 'x'.repeat(501) } }, 400, 'input-malformed'],
    ['a request that is none', { request: 'DSO-none' }, 404, 'request-unknown'],
    ['a session that is none', { session: 'realTime-none' }, 404, 'request-unknown'],
    ['another grid', { grid: 'other' }, 404, 'request-unknown'],
  ])('refuses %s', async (_, said, status, code) => {
    const answer = await say('hold', said);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });
});

it('once the gate has closed nobody has a word', async () => {
  const stream = `session-${sessionId}`;
  await served.trial.append(stream, 'SessionClosed', { sessionId, offers: 0 });
  const { status, body } = await say('release');
  expect([status, body.code]).toEqual([409, 'gate-closed']);
});
