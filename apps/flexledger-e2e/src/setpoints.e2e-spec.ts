/**
 * Setpoints by REST on the composed platform, carried over its broker to a Light Node that is away
 * at first: what an aggregator may send, how far each has come, and that it is applied once.
 */
import {
  type EmsSchedule,
  type LightNode,
  memoryOutbox,
  nodeSigner,
  startLightNode,
} from '@flexledger/edge-node';
import { nodeKeyFrom } from '@flexledger/identity';
import { isoFromMs } from '@flexledger/runtime';
import { type MarketAtGate, openMarketAtGate } from './testing/market-at-gate';

const PATIENCE_MS = 10_000;
const PATH = '/api/v1/setpoints';
/** The market opens at 09:00 local time, 08:00 UTC. */
const WINDOW = '2026-03-16T11:00:00.000Z';
const LATER = '2026-03-16T15:00:00.000Z';

let market: MarketAtGate;
let node: LightNode | undefined;
let refusal: string | undefined;
const accepted: EmsSchedule[] = [];

beforeAll(async () => {
  market = await openMarketAtGate();
});
afterAll(async () => {
  await node?.close();
  await market.platform.accessLayer.layer.nodeReports.flush();
  await market.close();
});

const own = () => market.scenario.pods.find(({ aggregatorId }) => aggregatorId === 'AGG1')!;
const foreign = () => market.scenario.pods.find(({ aggregatorId }) => aggregatorId === 'AGG2')!;
const setpoint = (change: object = {}) => ({
  podId: own().podId,
  windowStart: WINDOW,
  targetW: [1_000, null, -500],
  ...change,
});
const send = (change: object = {}, headers = {}) =>
  market.as('aggregator:AGG1').post(PATH, { setpoints: [setpoint(change)] }, headers);
const reported = async (windowStart = WINDOW, actor = 'aggregator:AGG1') =>
  market.as(actor).get(`${PATH}/${own().podId}/${windowStart}`);

/** Processors, the broker and the node do what is under way; so many answers are waited for. */
async function settle(answers = 0): Promise<void> {
  await market.platform.processors.drain();
  await market.platform.dso.carrying.collect(answers, PATIENCE_MS);
  await market.platform.processors.drain();
}

/** The Light Node of the first PoD of AGG1, behind it an EMS that writes down what it is told. */
async function connectNode(): Promise<void> {
  const { platform, clock } = market;
  const { podId, nodeKey } = own();
  node = startLightNode({
    podId,
    meter: { read: () => Promise.reject(new Error('no meter')), close: async () => {} },
    ems: {
      accept: async (schedule) => {
        if (refusal) throw new Error(refusal);
        accepted.push(schedule);
      },
      apply: async () => {},
    },
    signer: nodeSigner(nodeKeyFrom(nodeKey)),
    outbox: memoryOutbox(),
    mqtt: {
      host: platform.broker.host,
      port: platform.broker.port,
      token: platform.nodeToken(podId),
    },
    clock,
  });
  await node.ready;
  await platform.accessLayer.layer.nodeReports.collect(1, PATIENCE_MS);
}

async function typesLogged(): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of market.platform.store.readAll()) {
    if (type.startsWith('Setpoint')) types.push(type);
  }
  return types;
}

describe('a setpoint by REST', () => {
  it('is issued, and the same again changes nothing', async () => {
    const first = await send();
    expect(first.status).toBe(202);
    const issued = { podId: own().podId, windowStart: WINDOW, status: 'issued', refused: null };
    expect(first.body.setpoints).toEqual([{ ...issued, setpointId: expect.any(String) }]);
    expect((await send()).body).toEqual(first.body);
    expect(await typesLogged()).toEqual(['SetpointIssued']);
  });

  it('is sent while its node is away, and reported as not received', async () => {
    await market.platform.processors.drain();
    await market.platform.dso.carrying.collect(0, PATIENCE_MS);
    expect((await reported()).body).toMatchObject({
      status: 'carried',
      attempts: 1,
      carriedAt: expect.any(String),
      receivedAt: null,
      appliedAt: null,
      failure: null,
    });
  });

  it('goes again as soon as the node is there, and is applied once', async () => {
    await connectNode();
    await settle(1);
    expect((await reported()).body).toMatchObject({
      status: 'applied',
      attempts: 2,
      receivedAt: isoFromMs(market.clock.nowMs()),
      appliedAt: isoFromMs(market.clock.nowMs()),
      failure: null,
    });
    expect(accepted.map(({ targets }) => targets.map(({ powerW }) => powerW))).toEqual([
      [1_000, null, -500],
    ]);
    await market.until('11:30');
    await settle();
    expect((await typesLogged()).filter((type) => type === 'SetpointApplied')).toHaveLength(1);
    expect(accepted).toHaveLength(1);
  });

  it('is not replaced any more once it was carried', async () => {
    const { status, body } = await send({ targetW: [0, 0, 0] });
    expect([status, body.code]).toEqual([409, 'setpoint-already-carried']);
  });

  it('fails with the words of the EMS, and is tried anew under another key', async () => {
    refusal = 'battery empty';
    await send({ windowStart: LATER });
    await settle(1);
    expect((await reported(LATER)).body).toMatchObject({
      status: 'failed',
      failure: expect.stringContaining('battery empty'),
      receivedAt: expect.any(String),
      appliedAt: null,
    });
    refusal = undefined;
    expect((await send({ windowStart: LATER })).body.setpoints[0].status).toBe('failed');
    const anew = await send({ windowStart: LATER }, { 'Idempotency-Key': 'again' });
    expect(anew.body.setpoints[0]).toMatchObject({ status: 'issued', refused: null });
    await settle(1);
    expect((await reported(LATER)).body).toMatchObject({ status: 'applied', failure: null });
  });
});

describe('what is refused', () => {
  it.each<[string, () => object, number, string]>([
    ['a PoD of another aggregator', () => ({ podId: foreign().podId }), 403, 'forbidden'],
    ['a PoD that nobody knows', () => ({ podId: 'IT002E99999999' }), 404, 'pod-unknown'],
    [
      'a window that is over',
      () => ({ windowStart: '2026-03-16T07:00:00Z' }),
      400,
      'setpoint-malformed',
    ],
    [
      'a window too far ahead',
      () => ({ windowStart: '2026-03-20T07:00:00Z' }),
      400,
      'setpoint-malformed',
    ],
    [
      'no start of a quarter-hour',
      () => ({ windowStart: '2026-03-16T12:01:00Z' }),
      400,
      'setpoint-malformed',
    ],
    [
      'half a watt',
      () => ({ windowStart: '2026-03-16T19:00:00Z', targetW: [0.5] }),
      400,
      'setpoint-malformed',
    ],
    ['no instant', () => ({ windowStart: 'noon' }), 400, 'input-malformed'],
  ])('%s', async (_, change, status, code) => {
    const before = await typesLogged();
    const { body } = await send(change());
    expect([body.status, body.code]).toEqual([status, code]);
    expect(await typesLogged()).toEqual(before);
  });

  it('one bad row of several is named, the others stand', async () => {
    const rows = [
      setpoint({ windowStart: '2026-03-16T19:00:00Z' }),
      setpoint({ targetW: [7, 7, 7] }),
    ];
    const { status, body } = await market.as('aggregator:AGG1').post(PATH, { setpoints: rows });
    expect(status).toBe(202);
    expect(body.setpoints).toMatchObject([
      { status: 'issued', refused: null },
      { status: 'applied', refused: { code: 'setpoint-already-carried' } },
    ]);
  });

  it('parties without the right to send, or to see', async () => {
    const rows = { setpoints: [setpoint()] };
    expect((await market.as('dso').post(PATH, rows)).status).toBe(403);
    expect((await reported(WINDOW, 'tso')).status).toBe(403);
    expect((await reported(WINDOW, 'dso')).status).toBe(200);
    const mine = (await market.as('aggregator:AGG1').get(`${PATH}?status=applied`)).body;
    expect(mine.items).toHaveLength(2);
    const never = await market.as('dso').get(`${PATH}/${own().podId}/2026-03-16T23:00:00Z`);
    expect([never.status, never.body.code]).toEqual([404, 'setpoint-unknown']);
  });
});
