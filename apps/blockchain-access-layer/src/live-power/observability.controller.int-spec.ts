/** The fields of D3.3 table 30, in seconds, on the TSO's stream; silent PoDs among them. */
import { type DeviceConnection, openDeviceConnection } from '@flexledger/messaging';
import request from 'supertest';
import { fieldNode, toEnrol } from '../testing/field';
import { type ServedLayer, serveLayer } from '../testing/served-layer';

const SPEAKING = fieldNode(1);
const SILENT = fieldNode(2);
const BARE = 'IT002E00000099';
let served: ServedLayer;
let node: DeviceConnection;

beforeAll(async () => {
  served = await serveLayer();
  const { enrolment } = served.access.layer;
  await served.register(SPEAKING.podId, 'AGG1');
  await served.register(SILENT.podId, 'AGG2');
  await served.register(BARE, 'AGG2');
  await enrolment.enrol([SPEAKING, SILENT].map(toEnrol), 'dso');
  const { podId } = SPEAKING;
  const token = `${podId}-${enrolment.enrolmentsOf(podId)}`;
  const { host, port } = served.broker;
  node = openDeviceConnection({ host, port, as: { podId, token }, onMessage: () => {} });
  await node.ready;
});
afterAll(async () => {
  await node.close();
  await served.close();
});

const now = (): string => new Date(served.clock.nowMs()).toISOString();
const tell = (withdrawnW: number): Promise<void> =>
  node.publish(SPEAKING.podId, 'power', { at: now(), withdrawnW, injectedW: 0 });

const get = async (actor: string, query = '') =>
  request(served.url)
    .get(`/api/v1/observability${query}`)
    .auth(await served.tokenOf(actor), { type: 'bearer' });
const itemsFor = async (actor: string, query = '') => (await get(actor, query)).body.items;

/** Reads a stream's frames as they come. */
async function follow(actor: string) {
  const gone = new AbortController();
  const token = await served.tokenOf(actor);
  const response = await fetch(`${served.url}/api/v1/observability`, {
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    signal: gone.signal,
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    async nextItems(): Promise<Record<string, unknown>[]> {
      for (;;) {
        const frame = /data: (.*)\n\n/.exec(text);
        if (frame) {
          text = text.slice(frame.index + frame[0].length);
          return JSON.parse(frame[1]!).items;
        }
        const { value, done } = await reader.read();
        if (done) throw new Error(`The stream ended: ${text}`);
        text += value;
      }
    },
    end: () => gone.abort(),
  };
}

it('has every field of every registered PoD on the stream, and then what changes, within seconds', async () => {
  const stream = await follow('tso');
  const silent = { timestamp: now(), validation: null, powerW: null, setpointW: null, pom: null };
  const speaking = { ...silent, podId: SPEAKING.podId, aggregatorId: 'AGG1' };
  expect(await stream.nextItems()).toEqual([
    { ...speaking, anomalies: ['no-data', 'disconnected'] },
    {
      ...silent,
      podId: SILENT.podId,
      aggregatorId: 'AGG2',
      anomalies: ['no-data', 'disconnected'],
    },
    { ...silent, podId: BARE, aggregatorId: 'AGG2', anomalies: ['no-data', 'no-node'] },
  ]);

  await served.happenTo(`pod-${SPEAKING.podId}`, 'PodLocated', {
    podId: SPEAKING.podId,
    gridId: 'ieee33',
    busId: '7',
    pom: 'PS-1',
  });
  await served.happenTo(`activation-${SPEAKING.podId}`, 'SetpointIssued', {
    podId: SPEAKING.podId,
    aggregatorId: 'AGG1',
    setpointId: 's1',
    windowStart: now(),
    targetW: [900, null],
    targetVar: [null, null],
  });
  await served.happenTo(`node-${SPEAKING.podId}`, 'NodeConnected', { podId: SPEAKING.podId });
  await served.happenTo(`node-${SPEAKING.podId}`, 'AnomalyRaised', {
    podId: SPEAKING.podId,
    anomaly: 'meter-unreachable',
    detail: 'a wire is cut',
  });
  await served.certify(SPEAKING.podId, [1]);
  const certified = served.events('MeasurementRecorded');
  const { hash, inputData } = (await certified)[0]!.data as {
    hash: string;
    inputData: { mtuStart: string };
  };
  await tell(1_500);
  let rows: Record<string, unknown>[];
  do rows = await stream.nextItems();
  while (rows[0]!['powerW'] === null);
  expect(rows).toEqual([
    {
      podId: SPEAKING.podId,
      aggregatorId: 'AGG1',
      timestamp: now(),
      validation: { mtuStart: inputData.mtuStart, hash },
      powerW: 1_500,
      pom: 'PS-1',
      setpointW: 900,
      anomalies: ['meter-unreachable'],
    },
  ]);
  stream.end();
});

it('shows the system operators all PoDs, an aggregator its own', async () => {
  const seen = async (actor: string, query = '') =>
    (await itemsFor(actor, query)).map(({ podId }: { podId: string }) => podId);
  expect(await seen('tso')).toEqual([SPEAKING.podId, SILENT.podId, BARE]);
  expect(await seen('dso', `?podId=${BARE}`)).toEqual([BARE]);
  expect(await seen('aggregator:AGG2')).toEqual([SILENT.podId, BARE]);
  expect((await get(`node:${SPEAKING.podId}`)).status).toBe(403);
});

it('forgets a setpoint when its quarter-hour is over, and a PoD that has left', async () => {
  await served.clock.advanceTo(served.clock.nowMs() + 900_000);
  const [row] = await itemsFor('tso', `?podId=${SPEAKING.podId}`);
  expect([row.setpointW, row.powerW, row.anomalies]).toEqual([
    null,
    null,
    ['no-data', 'meter-unreachable'],
  ]);
  await served.unregister(BARE);
  expect(await itemsFor('tso', `?podId=${BARE}`)).toEqual([]);
});
