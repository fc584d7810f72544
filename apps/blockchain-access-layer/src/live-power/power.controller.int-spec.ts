/** Nodes tell their power by MQTT; whoever may see it asks for it, or follows it, by REST. */
import { type DeviceConnection, openDeviceConnection } from '@flexledger/messaging';
import request from 'supertest';
import { fieldNode, toEnrol } from '../testing/field';
import { type ServedLayer, serveLayer } from '../testing/served-layer';

const PODS = [fieldNode(1), fieldNode(2)];
let served: ServedLayer;
const nodes: DeviceConnection[] = [];

beforeAll(async () => {
  served = await serveLayer();
  const { enrolment } = served.access.layer;
  for (const [index, { podId }] of PODS.entries()) await served.register(podId, `AGG${index + 1}`);
  await enrolment.enrol(PODS.map(toEnrol), 'dso');
  for (const { podId } of PODS) {
    const token = `${podId}-${enrolment.enrolmentsOf(podId)}`;
    const { host, port } = served.broker;
    const node = openDeviceConnection({ host, port, as: { podId, token }, onMessage: () => {} });
    await node.ready;
    nodes.push(node);
  }
});
afterAll(async () => {
  for (const node of nodes) await node.close();
  await served.close();
});

const tell = (index: number, powerW: number) =>
  nodes[index]!.publish(PODS[index]!.podId, 'power', {
    at: new Date(served.clock.nowMs()).toISOString(),
    withdrawnW: Math.max(powerW, 0),
    injectedW: Math.max(-powerW, 0),
  });

async function until<Value>(ask: () => Promise<Value | undefined>): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const get = async (actor: string, query = '') =>
  request(served.url)
    .get(`/api/v1/power${query}`)
    .auth(await served.tokenOf(actor), { type: 'bearer' });

it('shows each party the power at its own PoDs, and the DSO at all', async () => {
  await tell(0, 1_500);
  await tell(1, -700);
  const { body } = await until(async () => {
    const answer = await get('dso');
    return answer.body.items.length === 2 ? answer : undefined;
  });
  const at = new Date(served.clock.nowMs()).toISOString();
  expect(body.items).toEqual([
    { podId: PODS[0]!.podId, at, withdrawnW: 1_500, injectedW: 0 },
    { podId: PODS[1]!.podId, at, withdrawnW: 0, injectedW: 700 },
  ]);
  const shownTo = async (actor: string, query = '') =>
    (await get(actor, query)).body.items.map(({ podId }: { podId: string }) => podId);
  expect(await shownTo('aggregator:AGG2')).toEqual([PODS[1]!.podId]);
  expect(await shownTo(`customer:${PODS[0]!.podId}`)).toEqual([PODS[0]!.podId]);
  expect(await shownTo('aggregator:AGG2', `?podId=${PODS[0]!.podId}`)).toEqual([]);
  expect(await shownTo('dso', `?podId=${PODS[0]!.podId}`)).toEqual([PODS[0]!.podId]);
  expect((await get('node:IT002E00000001')).status).toBe(403);
  expect((await request(served.url).get('/api/v1/power')).status).toBe(401);
});

it('streams what is told anew, and its own only', async () => {
  const gone = new AbortController();
  const token = await served.tokenOf('aggregator:AGG1');
  const response = await fetch(`${served.url}/api/v1/power`, {
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    signal: gone.signal,
  });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const untilShown = async (word: string) => {
    while (!text.includes(word)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`The stream ended: ${text}`);
      text += value;
    }
  };
  await untilShown('"withdrawnW":1500');
  await served.clock.advanceTo(served.clock.nowMs() + 1_000);
  await tell(0, 1_600);
  await tell(1, 300);
  await untilShown('"withdrawnW":1600');
  expect(text).not.toContain(PODS[1]!.podId);
  gone.abort();
});

it('a node cannot tell the power of another PoD', async () => {
  const at = new Date(served.clock.nowMs()).toISOString();
  await nodes[0]!.publish(PODS[1]!.podId, 'power', { at, withdrawnW: 1, injectedW: 0 });
  await until(async () => served.refused[0]);
  expect(served.refused[0]).toContain('may not publish');
});
