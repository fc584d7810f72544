/**
 * An operator of the DSO holds requests back and releases them by REST, on the composed platform:
 * what is held is not in the market, who decided is in the log, and a restart forgets nothing.
 */
import { type CongestedMarket, openCongestedMarket } from './testing/congested-market';
import { positionsOf } from './testing/positions';

interface PlannedRequest {
  readonly requestId: string;
  readonly state: string;
}

let market: CongestedMarket;
let alarms: string;

beforeAll(async () => {
  market = await openCongestedMarket();
  alarms = `/api/v1/grids/ieee33/violations?sessionId=${market.dayAhead}`;
  await market.until('11:05');
}, 60_000);
afterAll(() => market.close());

async function requests(): Promise<PlannedRequest[]> {
  const { body } = await market.as('dso').get(alarms);
  return (body.items as { requests: PlannedRequest[] }[])[0]!.requests;
}

async function inMarket(): Promise<string[]> {
  const path = `/api/v1/sessions/${market.dayAhead}/requests?limit=1000`;
  const { body } = await market.as('dso').get(path);
  return (body.items as { requestId: string }[]).map(({ requestId }) => requestId);
}

const wordOn = (requestId: string, word: 'hold' | 'release'): string =>
  `/api/v1/grids/ieee33/forecasts/${market.dayAhead}/requests/${encodeURIComponent(requestId)}/${word}`;
const REASON = 'the tie switch is closed instead';
let all: string[];

describe('while requests are reviewed', () => {
  it('alarms are told with what is proposed for them, and nothing is in the market', async () => {
    const { body } = await market.as('dso').get(alarms);
    const [item] = body.items as { violations: object[]; requests: PlannedRequest[] }[];
    all = item!.requests.map(({ requestId }) => requestId);
    expect(all.length).toBeGreaterThan(2);
    expect(item!.requests.every(({ state }) => state === 'proposed')).toBe(true);
    expect(item!.violations[0]).toMatchObject({
      elementType: 'line',
      violation: 'overload',
      value: expect.any(Array),
      limit: expect.any(Number),
      podIds: expect.arrayContaining([expect.stringMatching(/^IT/)]),
      missingW: expect.any(Array),
      requestIds: expect.arrayContaining([expect.stringMatching(/^DSO-/)]),
    });
    expect(await inMarket()).toEqual([]);
  });

  it('one is held and another sent ahead; the same word again changes nothing', async () => {
    const dso = market.as('dso');
    const before = (await positionsOf(market.platform().store)).length;
    for (let time = 0; time < 2; time += 1) {
      const held = await dso.post(wordOn(all[0]!, 'hold'), { reason: REASON });
      expect([held.status, held.body.state]).toEqual([200, 'held']);
    }
    expect(await positionsOf(market.platform().store)).toHaveLength(before + 1);
    const released = await dso.post(wordOn(all[1]!, 'release'));
    expect([released.status, released.body.state]).toEqual([200, 'released']);
    await market.settle();
    expect(await inMarket()).toEqual([all[1]]);
  });

  it.each<[string, string, number, string]>([
    ['an aggregator', 'aggregator:AGG1', 403, 'forbidden'],
    ['the TSO', 'tso', 403, 'forbidden'],
  ])('%s has no word', async (_, actor, status, code) => {
    const { body } = await market.as(actor).post(wordOn(all[2]!, 'hold'), { reason: REASON });
    expect([body.status, body.code]).toEqual([status, code]);
  });

  it('what is not planned, or held without a reason, is answered as a problem', async () => {
    const dso = market.as('dso');
    const unknown = await dso.post(wordOn('DSO-LV-nowhere', 'hold'), { reason: REASON });
    expect([unknown.status, unknown.body.code]).toEqual([404, 'request-unknown']);
    const silent = await dso.post(wordOn(all[2]!, 'hold'), {});
    expect(silent.status).toBe(400);
    expect(silent.body.errors).toContainEqual({ field: 'reason', reason: expect.any(String) });
  });
});

describe('after the review', () => {
  it('all are sent but the one that is held, and a restart does not change that', async () => {
    await market.until('11:11');
    const others = all.filter((requestId) => requestId !== all[0]);
    expect((await inMarket()).sort()).toEqual([...others].sort());
    await market.restart();
    expect((await inMarket()).sort()).toEqual([...others].sort());
    const [held, ...sent] = await requests();
    expect(sent.every(({ state }) => state === 'sent')).toBe(true);
    expect(held).toMatchObject({
      state: 'held',
      heldFor: REASON,
      decidedBy: 'dso',
      decidedAt: expect.stringMatching(/T10:05/),
      sentAt: null,
    });
  });

  it('the held one can still be released, and one in the market taken back', async () => {
    await market.as('dso').post(wordOn(all[0]!, 'release'));
    await market.as('operator').post(wordOn(all[2]!, 'hold'), { reason: REASON });
    await market.settle();
    const others = all.filter((requestId) => requestId !== all[2]);
    expect((await inMarket()).sort()).toEqual([...others].sort());
    const states = new Map((await requests()).map(({ requestId, state }) => [requestId, state]));
    expect([states.get(all[0]!), states.get(all[2]!)]).toEqual(['sent', 'held']);
  });

  it('once the gate has closed nobody has a word any more', async () => {
    await market.until('15:31');
    const late = await market.as('dso').post(wordOn(all[2]!, 'release'));
    expect([late.status, late.body.code]).toEqual([409, 'gate-closed']);
  });
});
