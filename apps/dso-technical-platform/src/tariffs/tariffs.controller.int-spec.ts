/** Network tariffs from a file: published whole or not at all, and read by all who use the grid. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { strToU8, zipSync } from 'fflate';
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

describe('a workbook', () => {
  const whole = readFileSync(path.join(__dirname, 'testing', 'tariffs.xlsx'));
  const publish = (bytes: Uint8Array, by: Actor = 'dso') =>
    served.call('POST', `${PATH}/import`, by, {
      source: 'march.xlsx',
      format: 'xlsx',
      text: Buffer.from(bytes).toString('base64'),
    });
  const PARTS = {
    '[Content_Types].xml':
      '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    'xl/workbook.xml':
      '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" ' +
      'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">' +
      '<sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels':
      '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">' +
      '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" ' +
      'Target="worksheets/sheet1.xml"/></Relationships>',
  };
  const workbook = (sheetData: string, more: Record<string, Uint8Array> = {}): Uint8Array =>
    zipSync({
      ...Object.fromEntries(Object.entries(PARTS).map(([name, xml]) => [name, strToU8(xml)])),
      'xl/worksheets/sheet1.xml': strToU8(
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>' +
          `${sheetData}</sheetData></worksheet>`,
      ),
      ...more,
    });
  const cell = (name: string, text: string): string =>
    `<c r="${name}" t="inlineStr"><is><t>${text}</t></is></c>`;
  const row = (number: number, fields: readonly string[]): string =>
    `<row r="${number}">${fields.map((text, at) => cell(`${'ABCDEFG'[at]!}${number}`, text)).join('')}</row>`;
  const lines = (...texts: readonly string[]): Uint8Array =>
    workbook([HEADER, ...texts].map((text, at) => row(at + 1, text.split(','))).join(''));

  it('of another program says the same as the CSV file: one digest', async () => {
    const csv = await served.call('POST', `${PATH}/import`, 'dso', {
      ...file(AT_END, AFTERNOON, MORNING),
      source: 'march.xlsx',
    });
    const head = await served.trial.log.head();
    const { status, body } = await publish(whole);
    expect([status, body]).toEqual([200, csv.body]);
    expect(await served.trial.log.head()).toBe(head);
  });

  it.each<[string, () => Uint8Array, string]>([
    ['bytes that are none', () => Buffer.from('tariffId,zone'), 'is no workbook'],
    ['one cut short', () => whole.subarray(0, whole.length / 2), 'is no workbook'],
    ['another archive', () => zipSync({ 'a.txt': strToU8('a') }), 'is no workbook'],
    ['an empty sheet', () => workbook(''), 'line 1 must be tariffId'],
    ['another header', () => workbook(row(1, ['a', 'b'])), 'row 1 must be tariffId'],
    ['a zone that is none', () => lines(MORNING.replace(',,', ',n9,')), 'row 2 zone "n9" is no'],
    ['a price that is none', () => lines(MORNING.replace('42000', '0.042')), 'row 2 price'],
    [
      'a cell of a date, which names no time zone',
      () => lines(MORNING.replace('2026-03-17T06:00:00Z', '2026-03-17T06:00:00')),
      'from must be an instant',
    ],
    [
      'a sixth field',
      () => workbook(row(1, HEADER.split(',')) + row(2, [...MORNING.split(','), 'x'])),
      'row 2 has 6 fields',
    ],
    [
      'more than unpacks',
      () => workbook('', { 'xl/media/a.bin': new Uint8Array(17 * 1024 * 1024) }),
      'unpacks to more than',
    ],
    [
      'more rows than are looked at',
      () =>
        workbook(
          Array.from({ length: 6_001 }, (_, at) => row(at + 1, MORNING.split(','))).join(''),
        ),
      'it reaches to 6001',
    ],
    ['a cell far out', () => workbook(`<row r="9">${cell('XFD9', 'x')}</row>`), 'reaches to XFD9'],
    [
      'a row far out',
      () => workbook(`<row r="1048576">${cell('A1048576', 'x')}</row>`),
      'reaches to 1048576',
    ],
  ])('is refused by name: %s', async (_, bytes, reason) => {
    const head = await served.trial.log.head();
    const answer = await publish(bytes());
    expect([answer.status, answer.body.code]).toEqual([400, 'tariffs-malformed']);
    expect(answer.body.detail).toContain(reason);
    expect(await served.trial.log.head()).toBe(head);
  });

  it('is published by the DSO alone', async () => {
    expect((await publish(whole, 'aggregator:AGG1')).status).toBe(403);
  });
});

it('those of another grid are neither published nor known', async () => {
  const path = '/api/v1/grids/other/tariffs';
  const published = await served.call('POST', `${path}/import`, 'dso', file(MORNING));
  expect([published.status, published.body.code]).toEqual([404, 'grid-unknown']);
  expect((await served.call('GET', path, 'dso')).status).toBe(404);
});
