/** A data server over a real socket: SCADA every ten seconds and measurements every quarter-hour, JSON and XML. */
import {
  type TcpTestClient,
  tcpTestClient,
} from '../../../../libs/messaging/src/testing/tcp-client.spec-suite';
import { TRIAL_SOURCES } from '../testing/dso-trial';
import { type ServedDso, serveDso } from '../testing/served-dso';

let served: ServedDso;
let server: TcpTestClient;
const [UNIT, { username, token }] = TRIAL_SOURCES;

beforeAll(async () => {
  served = await serveDso();
  server = await tcpTestClient({ port: served.instance.dso.tcp!.port, as: { username, token } });
  expect(await server.answer(0)).toEqual({ signedIn: true });
});
afterAll(async () => {
  await server.end();
  await served.close();
});

async function until<Value>(ask: () => Promise<Value | undefined> | Value | undefined) {
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
const at = (second: number): string =>
  new Date(Date.parse('2026-03-16T08:45:00Z') + second * 1_000).toISOString();
const busbar = (value: number) => ({ id: 'busbar', kind: 'vmPu', bus: 'n0', value, sigma: 0.002 });
const latestAt = (instant: string) =>
  until(async () => {
    const { body } = await served.call('GET', '/api/v1/grids/feeder/operations', 'dso');
    return body.items.find((one: { at: string }) => one.at === instant);
  });

it('SCADA comes every ten seconds, as JSON and as XML', async () => {
  server.send({ topic: 'scada', at: at(0), measurements: [busbar(1.01)] });
  server.send(
    `<scada><at>${at(10)}</at><measurements><id>busbar</id><kind>vmPu</kind><bus>n0</bus>` +
      '<value>1.02</value><sigma>0.002</sigma></measurements></scada>',
  );
  expect(await latestAt(at(10))).toMatchObject({ id: 'busbar', value: 1.02, source: 'scada' });
});

it('measurements of a quarter-hour make an estimate', async () => {
  server.send({ topic: 'measurements', at: at(20), measurements: [busbar(1.03)] });
  const estimate = await until(async () => {
    const path = '/api/v1/grids/feeder/state-estimates/latest';
    const { status, body } = await served.call('GET', path, 'dso');
    return status === 200 ? body : undefined;
  });
  expect(estimate).toMatchObject({ at: '2026-03-16T08:45:00.000Z', sources: { scada: 1 } });
});

it.each<[string, string | object, string]>([
  ['no topic', { at: at(30), measurements: [] }, 'it names no topic'],
  ['a topic that is none', { topic: 'news' }, 'dso/feeder/news is no topic of this grid'],
  ['what is no message', 'on fire', 'not valid JSON'],
  [
    'a place that is none',
    { topic: 'scada', at: at(30), measurements: [{ ...busbar(1), bus: 'n9' }] },
    'is of n9',
  ],
])('%s is refused by name', async (_, message, reason) => {
  const head = await served.trial.log.head();
  server.send(message);
  await until(() => served.trial.problems.find((one) => one.includes(reason)));
  expect(await served.trial.log.head()).toBe(head);
});

it('another account says nothing on its topics, and a wrong token does not sign in', async () => {
  const as = { username: UNIT.username, token: UNIT.token };
  const { port } = served.instance.dso.tcp!;
  const unit = await tcpTestClient({ port, as });
  unit.send({ topic: 'scada', at: at(40), measurements: [busbar(9)] });
  await until(() => served.trial.problems.find((one) => one.includes('is not among its topics')));
  await unit.end();
  const guess = await tcpTestClient({ port, as: { username, token: 'a guess' } });
  expect(await guess.answer(0)).toMatchObject({ closed: true });
  await guess.closed;
});
