/** Time series of another system by REST: three formats, as a file or from an address that the operator has opened. */
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { AGGREGATOR_POLICY } from '../policy';
import { type Served, serveTrial } from '../testing/serve';
import { A, B, DAY, FOREIGN, type Trial, flat, openTrial } from '../testing/trial';

const PATH = '/api/v1/portfolio/baselines/series';
const STEPS = flat(0).length * 15;

/** What stands at the outside server, by path; a text that begins with `->` redirects. */
const files = new Map<string, string | Buffer>();
const asked: string[] = [];
let outside: Server;
let other: Server;
let origin: string;
let foreignOrigin: string;
let trial: Trial;
let served: Served;

const listen = async (): Promise<Server> => {
  const server = createServer((request, response) => {
    asked.push(`${request.headers.host}${request.url}`);
    const file = files.get(request.url!);
    if (file === undefined) response.writeHead(404).end('nothing');
    else if (typeof file === 'string' && file.startsWith('->')) {
      response.writeHead(302, { location: file.slice(2) }).end();
    } else response.end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
};
const originOf = (server: Server): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  [outside, other] = [await listen(), await listen()];
  [origin, foreignOrigin] = [originOf(outside), originOf(other)];
  trial = await openTrial({ policy: { ...AGGREGATOR_POLICY, importFrom: [origin] } });
  served = await serveTrial(trial);
});
afterAll(async () => {
  await served.close();
  await trial.close();
  for (const server of [outside, other]) server.close();
});

const post = (body: object, actor = 'aggregator:AGG1') => served.call(actor, 'POST', PATH, body);
const block = (podId: string, watts: number, change: object = {}) => ({
  podId,
  deliveryDay: DAY,
  baselineW: flat(watts),
  ...change,
});
const json = (...series: object[]): string => JSON.stringify({ series });
const xml = (podId: string, watts: number): string =>
  `<?xml version="1.0"?><file><series podId="${podId}" deliveryDay="${DAY}"><baselineW>` +
  `${flat(watts).join(' ')}</baselineW></series></file>`;
const csv = (podId: string, watts: number): string =>
  [
    'podId,deliveryDay,mtu,baselineW',
    ...flat(0).map((_, mtu) => `${podId},${DAY},${mtu},${watts}`),
  ].join('\n');

/** What stands of A: origin, and the first two quarter-hours. */
async function standing(): Promise<unknown[]> {
  const { body } = await served.call('aggregator:AGG1', 'GET', `/api/v1/portfolio?day=${DAY}`);
  const { origin: from, baselineW } = body.items[0].baseline;
  return [from, baselineW[0], baselineW[1]];
}

it.each<[string, (watts: number) => object, number]>([
  ['CSV', (watts) => ({ format: 'csv', text: csv(A, watts) }), 501],
  ['JSON', (watts) => ({ format: 'json', text: json(block(A, watts)) }), 502],
  ['XML', (watts) => ({ format: 'xml', text: xml(A, watts) }), 503],
])('are imported from a file of %s', async (_, file, watts) => {
  expect(await post(file(watts))).toMatchObject({
    status: 200,
    body: { items: [{ podId: A, deliveryDay: DAY, accepted: true }] },
  });
  expect(await standing()).toEqual(['imported', watts, watts]);
});

it.each<[string, (watts: number) => string | Buffer, number]>([
  ['/a.csv', (watts) => csv(A, watts), 511],
  ['/a.json', (watts) => json(block(A, watts)), 512],
  ['/a.xml', (watts) => xml(A, watts), 513],
  ['/a.json.gz', (watts) => gzipSync(json(block(A, watts))), 514],
])('are imported from an address: %s', async (path, file, watts) => {
  files.set(path, file(watts));
  expect((await post({ address: `${origin}${path}` })).status).toBe(200);
  expect(await standing()).toEqual(['imported', watts, watts]);
});

it('of a fine step are averaged into quarter-hours, compressed as they come', async () => {
  const perMinute = Array.from({ length: STEPS }, (_, minute) => (minute < 15 ? minute * 100 : 42));
  const text = json(block(A, 0, { stepSeconds: 60, baselineW: perMinute }));
  const packed = gzipSync(text).toString('base64');
  expect(packed.length).toBeLessThan(text.length / 4);
  expect((await post({ format: 'json', encoding: 'gzip', text: packed })).status).toBe(200);
  expect(await standing()).toEqual(['imported', 700, 42]);
});

it('are taken whole or not at all, with each block at fault', async () => {
  const text = json(
    block(A, 600),
    block(B, 600, { baselineW: [1] }),
    block(A, 601),
    block(B, 600, { deliveryDay: 'someday', mood: 'good' }),
  );
  const { status, body } = await post({ format: 'json', text });
  expect([status, body.code]).toEqual([400, 'baseline-file-malformed']);
  expect(body.errors.map(({ field }: { field: string }) => field)).toEqual([
    ...['series 2', 'series 3', 'series 4', 'series 4'],
  ]);
  expect(await standing()).toEqual(['imported', 700, 42]);
  const foreign = await post({ format: 'json', text: json(block(FOREIGN, 1)) });
  expect(foreign.body.items).toMatchObject([{ podId: FOREIGN, accepted: false }]);
});

it('are fetched from nowhere that is not open, not by a redirect either', async () => {
  files.set('/away.json', `->${foreignOrigin}/a.json`);
  files.set('/near.json', '->/a.json');
  files.set('/round.json', '->/round.json');
  asked.length = 0;
  const codes: unknown[] = [];
  for (const address of [
    `${foreignOrigin}/a.json`,
    `http://${origin.slice(7).replace(':', '-')}.evil.example/a.json`,
    'file:///etc/passwd.csv',
    `${origin}/away.json`,
    `${origin}/round.json`,
    `${origin}/missing.json`,
  ]) {
    const { status, body } = await post({ address });
    codes.push([status, body.code]);
  }
  expect(codes).toEqual([
    [400, 'import-refused'],
    [400, 'import-refused'],
    [400, 'import-refused'],
    [400, 'import-refused'],
    [409, 'import-unreachable'],
    [409, 'import-unreachable'],
  ]);
  const hosts = new Set(asked.map((one) => one.split('/')[0]));
  expect([...hosts]).toEqual([origin.slice(7)]);
  expect((await post({ address: `${origin}/near.json` })).status).toBe(200);
});

it.each<[string, object, string]>([
  ['neither text nor address', { format: 'csv' }, 'input-malformed'],
  ['both', { text: 'x', address: 'https://a.example/a.csv' }, 'input-malformed'],
  ['no format', { text: 'x' }, 'input-malformed'],
  ['another format', { text: 'x', format: 'xlsx' }, 'input-malformed'],
  ['no JSON', { text: '{', format: 'json' }, 'baseline-file-malformed'],
  ['no XML', { text: '<a>', format: 'xml' }, 'baseline-file-malformed'],
  ['XML without series', { text: '<a><b/></a>', format: 'xml' }, 'baseline-file-malformed'],
  ['no gzip', { text: 'eA==', format: 'json', encoding: 'gzip' }, 'baseline-file-malformed'],
])('refuses %s', async (_, body, code) => {
  expect((await post(body)).body.code).toBe(code);
});

it.each<[string, string, string]>([
  ['JSON', 'json', `[${'{},'.repeat(3_000_000)}{}]`],
  ['CSV', 'csv', '\n'.repeat(9_000_000)],
  ['XML', 'xml', `<f>${'<series/>'.repeat(1_000_000)}</f>`],
])(
  'a file of nothing but parts, small when compressed, is not read: %s',
  async (_, format, text) => {
    const packed = gzipSync(text).toString('base64');
    const { status, body } = await post({ format, encoding: 'gzip', text: packed });
    expect([status, body.code]).toEqual([400, 'baseline-file-malformed']);
    expect(body.detail).toContain('far more lines or blocks than values');
  },
);

it('of many faults a thousand are named', async () => {
  const { body } = await post({
    format: 'csv',
    text: `podId,deliveryDay,mtu,baselineW\n${'nobody,nowhere,never,none\n'.repeat(2_000)}`,
  });
  expect(body.detail).toContain('; and 995 more.');
});

it('is for an aggregator alone', async () => {
  expect((await post({ format: 'csv', text: csv(A, 1) }, 'dso')).status).toBe(403);
});
