/** Network tariffs from a file: published whole or not at all, and read by all who use the grid. */
import { type Actor, type ServedDso, serveDso } from '../testing/served-dso';

let served: ServedDso;

beforeAll(async () => {
  served = await serveDso();
});
afterAll(() => served.close());

const PATH = '/api/v1/grids/feeder/tariffs';
const HEADER = 'tariffId,zone,from,until,priceMicroEurPerKwh';
const file = (...rows: readonly string[]): object => ({
  source: 'march.csv',
  text: [HEADER, ...rows, ''].join('\n'),
});
const MORNING = 'withdrawal,,2026-03-17T06:00:00Z,2026-03-17T12:00:00Z,42000';
const AFTERNOON = 'withdrawal,,2026-03-17T13:00:00+01:00,2026-03-17T18:00:00Z,65000';
const AT_END = 'withdrawal,n2,2026-03-17T06:00:00Z,2026-03-17T18:00:00Z,-5000';

it('there are none before any were published', async () => {
  expect((await served.call('GET', PATH, 'aggregator:AGG1')).body).toEqual({
    gridId: 'feeder',
    source: null,
    digest: null,
    items: [],
  });
});

it('a file is published as an event; the same again adds nothing', async () => {
  const publish = () =>
    served.call('POST', `${PATH}/import`, 'dso', file(AT_END, AFTERNOON, MORNING));
  const { status, body } = await publish();
  expect([status, body]).toEqual([
    200,
    {
      gridId: 'feeder',
      source: 'march.csv',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      tariffs: 3,
    },
  ]);
  expect((await served.trial.typesLogged()).at(-1)).toBe('TariffsPublished');
  const head = await served.trial.log.head();
  await publish();
  expect(await served.trial.log.head()).toBe(head);
});

it.each<Actor>(['dso', 'aggregator:AGG1', 'tso', 'operator', 'auditor'])(
  '%s reads them',
  async (by) => {
    const { status, body } = await served.call('GET', PATH, by);
    expect([status, body.source]).toEqual([200, 'march.csv']);
    expect(body.items).toEqual([
      {
        tariffId: 'withdrawal',
        zone: null,
        from: '2026-03-17T06:00:00.000Z',
        until: '2026-03-17T12:00:00.000Z',
        priceMicroEurPerKwh: 42_000,
      },
      expect.objectContaining({ zone: null, from: '2026-03-17T12:00:00.000Z' }),
      expect.objectContaining({ zone: 'n2', priceMicroEurPerKwh: -5_000 }),
    ]);
  },
);

it('those of a period are read', async () => {
  const period = '?from=2026-03-17T12:00:00Z&to=2026-03-17T13:00:00Z';
  const { body } = await served.call('GET', `${PATH}${period}`, 'aggregator:AGG1');
  expect(body.items.map(({ from }: { from: string }) => from)).toEqual([
    '2026-03-17T12:00:00.000Z',
    '2026-03-17T06:00:00.000Z',
  ]);
});

it.each<[string, Actor | undefined, number, string]>([
  ['nobody', undefined, 401, 'invalid-token'],
  ['an aggregator', 'aggregator:AGG1', 403, 'forbidden'],
])('%s publishes none', async (_, by, status, code) => {
  const answer = await served.call('POST', `${PATH}/import`, by, file(MORNING));
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

it.each<[string, object, string]>([
  [
    'two prices for one time',
    file(MORNING, 'withdrawal,,2026-03-17T11:00:00Z,2026-03-17T14:00:00Z,1'),
    'Tariff withdrawal from 2026-03-17T11:00:00.000Z overlaps the one from 2026-03-17T06:00:00.000Z',
  ],
  ['another header', { source: 'x', text: 'a,b\n' }, 'line 1 must be tariffId'],
  ['no tariff', file(), 'names no tariff'],
  ['an open quote', file('"x,,'), 'line 2'],
  ['a zone that is none', file(MORNING.replace(',,', ',n9,')), 'zone "n9" is no'],
  ['a local time', file(MORNING.replace('Z', '')), 'from must be an instant'],
  ['a price that is none', file(MORNING.replace('42000', '0.042')), 'whole number'],
  ['too few fields', file('withdrawal'), 'line 2 has 1 fields'],
  ['more than an event holds', file(...new Array<string>(3_001).fill(MORNING)), 'at most 3000'],
])('is refused by name: %s', async (_, body, reason) => {
  const head = await served.trial.log.head();
  const answer = await served.call('POST', `${PATH}/import`, 'dso', body);
  expect([answer.status, answer.body.code]).toEqual([400, 'tariffs-malformed']);
  expect(answer.body.detail).toContain(reason);
  expect(await served.trial.log.head()).toBe(head);
});

it('those of another grid are neither published nor known', async () => {
  const path = '/api/v1/grids/other/tariffs';
  const published = await served.call('POST', `${path}/import`, 'dso', file(MORNING));
  expect([published.status, published.body.code]).toEqual([404, 'grid-unknown']);
  expect((await served.call('GET', path, 'dso')).status).toBe(404);
});
