/** The interface for the customer's side: over real HTTP, to a node whose parts write down what they are asked. */
import { request } from 'node:http';
import type { OwnReceipt, OwnSetpoint } from '../setpoints/setpoint-receiver';
import { type LocalApi, type LocalNode, LocalPortUnusable, openLocalApi } from './local-api';

const POD = 'IT002E60776854';
const AT = '2026-03-17T07:45:00.040Z';
const OWN: OwnSetpoint = {
  windowStart: '2026-03-17T08:00:00.000Z',
  targetW: [900],
  targetVar: [null],
};
const RECEIVED = {
  setpoint: { ...OWN, setpointId: 'sp-1', podId: POD },
  receipt: { setpointId: 'sp-1', podId: POD, receivedAt: AT, emsReceivedAt: AT },
};

let api: LocalApi;
let asked: OwnSetpoint[];
let answer: (setpoint: OwnSetpoint) => OwnReceipt;

const node: LocalNode = {
  isConnected: () => true,
  pendingPackets: () => 3,
  lastReading: () => undefined,
  setpoints: {
    followed: () => undefined,
    received: () => [RECEIVED],
    receiveOwn: async (setpoint) => {
      asked.push(setpoint);
      return answer(setpoint);
    },
  },
};

beforeEach(async () => {
  asked = [];
  answer = () => ({ emsReceivedAt: AT });
  api = await openLocalApi(POD, node, 0);
});
afterEach(() => api.close());

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function ask(path: string, { method = 'GET', headers = {}, body }: Asked = {}) {
  return new Promise<{ status: number; body: unknown }>((resolve, reject) => {
    const asking = request({ port: api.port, path, method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode!, body: JSON.parse(text) }));
    });
    asking.on('error', reject);
    asking.end(body);
  });
}
const json = { 'content-type': 'application/json' };
const post = (body: string, headers = json) =>
  ask('/v1/setpoints', { method: 'POST', headers, body });

it('tells how the node is and which setpoints came', async () => {
  expect(await ask('/v1/status')).toEqual({
    status: 200,
    body: { podId: POD, isConnected: true, pendingPackets: 3, lastReading: null, followed: null },
  });
  expect(await ask('/v1/setpoints')).toEqual({ status: 200, body: { setpoints: [RECEIVED] } });
});

it("takes a setpoint of the customer's own and says when the EMS took it, or why not", async () => {
  expect(await post(JSON.stringify(OWN))).toEqual({ status: 200, body: { emsReceivedAt: AT } });
  answer = () => ({ failureReason: 'battery empty' });
  expect(await post(JSON.stringify(OWN))).toMatchObject({ status: 409 });
  expect(asked).toEqual([OWN, OWN]);
});

it.each<[string, number, () => Promise<{ status: number }>]>([
  ['no JSON', 400, () => post('{')],
  ['no object', 400, () => post('[]')],
  ['text, as a page can send it unasked', 415, () => post('{}', { 'content-type': 'text/plain' })],
  ['too much', 413, () => post(`"${'x'.repeat(20_000)}"`)],
  [
    'another name of this machine',
    403,
    () => ask('/v1/status', { headers: { host: 'evil.example' } }),
  ],
  ['another path', 404, () => ask('/v2')],
  ['another method', 405, () => ask('/v1/setpoints', { method: 'DELETE' })],
])('refuses %s by %d', async (_, status, asking) => {
  expect(await asking()).toMatchObject({ status, body: { detail: expect.any(String) } });
  expect(asked).toEqual([]);
});

it('tells what is no setpoint, and what went wrong, in words', async () => {
  answer = () => {
    throw new RangeError('targetW must be array');
  };
  expect(await post('{}')).toEqual({ status: 400, body: { detail: 'targetW must be array' } });
  answer = () => {
    throw new Error('the disk is full');
  };
  expect(await post('{}')).toEqual({ status: 500, body: { detail: 'the disk is full' } });
});

it('names a port that is in use', async () => {
  await expect(openLocalApi(POD, node, api.port)).rejects.toThrow(LocalPortUnusable);
});
