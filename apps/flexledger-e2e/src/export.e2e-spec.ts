/** Every dataset of a simulated day, exported while its platform runs. */
import path from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { UsageError } from '@flexledger/command-line';
import { positionsOf } from './testing/positions';
import { DATE, type ServedDay, serveSimulatedDay } from './testing/served-day';
import {
  type ColumnType,
  type Dataset,
  type Row,
  datasets,
  exportParquet,
  type ExportSelection,
  withExportSource,
  exportText,
  type TextFormat,
} from '@flexledger/exports';
import { DATASET_NAMES } from '@flexledger/log-cli';

let served: ServedDay;
const PODS = 5;
const DAY_AHEAD = 'dayAhead-2026-03-16T23:00Z';
const REAL_TIME = 'realTime-2026-03-17T15:00Z';
const SESSION_STREAMS = [`session-${REAL_TIME}`, `settlement-${REAL_TIME}`];
const WINDOW = ['2026-03-17T15:00:00.000Z', '2026-03-17T19:00:00.000Z'] as const;

beforeAll(async () => {
  served = await serveSimulatedDay(PODS);
});
afterAll(() => served.close());

async function exported(
  name: string,
  format: TextFormat,
  selection: ExportSelection = {},
): Promise<string> {
  const dataset = datasetOf(name);
  return withExportSource(dataset, served.dataDir, selection, async (source) => {
    let written = '';
    const text = exportText(dataset, dataset.rows(source), format, () => {});
    for await (const chunk of text) written += chunk;
    return written;
  });
}

async function rowsOf<Fields = Row>(
  name: string,
  selection: ExportSelection = {},
): Promise<Fields[]> {
  const text = await exported(name, 'json', selection);
  if (name !== 'events') return JSON.parse(text) as Fields[];
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Fields);
}

function datasetOf(name: string): Dataset {
  return datasets.find((known) => known.name === name)!;
}

const sum = <Fields extends object>(rows: readonly Fields[], field: keyof Fields): number =>
  rows.reduce((total, row) => total + Number(row[field]), 0);

/** Lines of CSV without line breaks within fields. */
function csvLines(text: string): string[] {
  return text.trimEnd().split('\n');
}

const sorted = (rows: readonly Row[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

/** By whatever a row says of its session. */
function isOfSession(row: Row): boolean {
  const { sessionId, scope, id, streamId, mtuStart, marketOutcomeId, playerServiceId } = row;
  if (marketOutcomeId !== undefined) return marketOutcomeId === REAL_TIME;
  if (playerServiceId !== undefined) return (playerServiceId as string).endsWith(WINDOW[0]);
  if (sessionId !== undefined) return sessionId === REAL_TIME;
  if (scope !== undefined) return id === REAL_TIME;
  // Streams of others bear its name too: what an aggregator was alarmed of about it is the aggregator's.
  if (streamId !== undefined) return SESSION_STREAMS.includes(streamId as string);
  return WINDOW[0] <= (mtuStart as string) && (mtuStart as string) < WINDOW[1];
}

it('has the datasets that the command line tells of', () => {
  expect(datasets.map(({ name }) => name)).toEqual([...DATASET_NAMES]);
});

it.each(datasets.filter(({ name }) => name !== 'events').map(({ name }) => name))(
  'writes the same rows of %s as CSV and JSON, under the columns it names',
  async (name) => {
    const rows = await rowsOf(name);
    const [head, ...lines] = csvLines(await exported(name, 'csv'));
    expect(rows.length).toBeGreaterThan(0);
    expect(lines).toHaveLength(rows.length);
    for (const row of rows) expect(Object.keys(row).join()).toBe(head);
  },
);

it('writes the log line by line, whole and in order', async () => {
  const lines = (await exported('events', 'json')).trimEnd().split('\n');
  const positions = lines.map((line) => (JSON.parse(line) as { position: number }).position);
  expect(positions).toEqual(await positionsOf(served.platform.store));
  expect(csvLines(await exported('events', 'csv'))).toHaveLength(lines.length + 1);
});

it('tells of a request where in the grid it is: of the DSO the station and feeder, of the TSO its station', async () => {
  interface Asked extends Row {
    readonly requester: string;
    readonly scope: string;
    readonly primarySubstation: string | null;
    readonly mvFeeder: string | null;
  }
  const rows = await rowsOf<Asked>('requests');
  const points = (requester: string) =>
    new Set(
      rows
        .filter((row) => row.requester === requester)
        .map(({ primarySubstation, mvFeeder }) => `${primarySubstation} ${mvFeeder}`),
    );
  expect(points('DSO')).toEqual(new Set(['PS-bus0 line0']));
  expect(points('TSO')).toEqual(new Set(['PS-bus0 null']));
});

it('adds up to the day: what was accepted, delivered, paid and measured', async () => {
  const { day } = served;
  expect(sum(await rowsOf('results'), 'acceptedW') / 4).toBe(day.acceptedWh);
  expect(sum(await rowsOf('validated-outcomes'), 'permittedW') / 4).toBe(day.acceptedWh);
  expect(sum(await rowsOf('requests'), 'requestedW') / 4).toBe(day.requestedWh);
  const settled = await rowsOf('settlements');
  expect(sum(settled, 'deliveredW') / 4).toBe(day.deliveredWh);
  expect(sum(settled, 'paidMicroEur') - sum(settled, 'penaltyMicroEur')).toBe(day.settledMicroEur);
  expect(await rowsOf('pods')).toHaveLength(PODS);
  expect(await rowsOf('measurements')).toHaveLength(PODS * 96);
  expect(await rowsOf('sessions')).toHaveLength(7);
});

it('gives the market in the names of D2.4 as the interface does', async () => {
  const get = async (path: string) =>
    (await served.as('auditor').get(`${path}?format=platone&limit=1000`)).body;
  const session = `/api/v1/sessions/${REAL_TIME}`;
  const [requests, offers] = [await get(`${session}/requests`), await get(`${session}/offers`)];
  expect(await rowsOf('platone-services', { session: REAL_TIME })).toEqual([
    ...requests.items,
    ...offers.items,
  ]);
  const outcome = await get(`${session}/outcomes`);
  const settlement = await get(`${session}/settlement/rows`);
  const powersOf = (pods: { pod: string; power: object[] }[]): Row[] =>
    pods.flatMap(({ pod, power }) => power.map((each) => ({ pod, ...each })));
  const { marketOutcomeId, marketType, startTime } = outcome;
  const named = (rows: Row[], more: Row = {}): Row[] =>
    rows.map((row) => ({ marketOutcomeId, marketType, startTime, ...more, ...row }));
  const outcomes = await rowsOf('platone-outcomes', { session: REAL_TIME });
  expect(sorted(outcomes)).toEqual(sorted(named(powersOf(outcome.pods))));
  const settled = await rowsOf('platone-settlements', { session: REAL_TIME });
  expect(sorted(settled)).toEqual(sorted(named(powersOf(settlement.flexibility), { sent: true })));
  const [contract] = await rowsOf<{ podId: string; address: string; owner: string }>(
    'platone-contracts',
  );
  const { podId, ...stands } = contract!;
  expect(await get(`/api/v1/pods/${podId}/agreement`)).toEqual(stands);
  expect(await rowsOf('platone-certifications')).toHaveLength(
    (await rowsOf('checkpoints')).filter(({ txHash }) => txHash !== null).length,
  );
});

describe('narrowed', () => {
  const narrowing = datasets.filter(({ narrows }) => narrows).map(({ name }) => name);

  it.each(narrowing)('%s are those of a session, or of a day', async (name) => {
    const all = await rowsOf(name);
    const ofDay = await rowsOf(name, { period: DATE });
    // The log holds one day: all but what belongs to no session is of it.
    if (name === 'events') {
      expect(ofDay).toEqual(
        all.filter(({ streamId }) => /^(session|settlement)-/.test(streamId as string)),
      );
    } else expect(sorted(ofDay)).toEqual(sorted(all));
    for (const period of ['2026-W12', '2026-03']) {
      expect([period, await rowsOf(name, { period })]).toEqual([period, ofDay]);
    }
    const ofSession = await rowsOf(name, { session: REAL_TIME });
    expect(ofSession).toEqual(all.filter(isOfSession));
    expect(ofSession.length).toBeGreaterThan(0);
  });

  it.each<[string, ExportSelection, RegExp]>([
    ['offers', { session: 'none' }, /holds no session none; see/],
    ['offers', { period: '2026-03-18' }, /holds no session that delivers on 2026-03-18/],
    ['offers', { period: '2026-W13' }, /holds no session that delivers in 2026-W13/],
    ['offers', { period: '2026-W54' }, /There is no 2026-W54; write a day/],
    ['offers', { session: DAY_AHEAD, period: DATE }, /does not go together/],
    ['pods', { period: DATE }, /has no sessions or days/],
  ])('%s by %j are refused with the reason', async (name, selection, reason) => {
    await expect(exported(name, 'csv', selection)).rejects.toThrow(UsageError);
    await expect(exported(name, 'csv', selection)).rejects.toThrow(reason);
  });
});

it('keeps what could be taken for a formula, or for two fields, as it is', async () => {
  const types = { text: 'text', number: 'number', flag: 'boolean', nothing: 'text' } as const;
  const columns: Dataset['columns'] = types;
  const dataset: Dataset = { ...datasets[0]!, name: 'odd', columns };
  async function* rows(): AsyncGenerator<Row> {
    yield { text: '=1+1', number: -5, flag: false, nothing: null };
    yield { text: 'a "b", c', number: 0.25, flag: true, nothing: null };
  }
  let written = '';
  for await (const chunk of exportText(dataset, rows(), 'csv', () => {})) written += chunk;
  expect(written).toBe(
    'text,number,flag,nothing\n' + "'=1+1,-5,false,\n" + '"a ""b"", c",0.25,true,\n',
  );
});

it.each(datasets.map(({ name }) => name))(
  'writes %s as Parquet that reads the same, with the types of its columns',
  async (name) => {
    const dataset = datasetOf(name);
    const file = path.join(served.dataDir, `${name}.parquet`);
    await withExportSource(dataset, served.dataDir, {}, (source) =>
      exportParquet(dataset, dataset.rows(source), file),
    );
    const read = await parquetReadObjects({ file: await asyncBufferFromFile(file) });
    expect(read.map((row) => plainRow(row, dataset))).toEqual(await rowsOf(name));
    for (const row of read) {
      for (const [column, type] of Object.entries(dataset.columns)) {
        const value: unknown = row[column];
        if (value !== undefined && value !== null) {
          expect([
            column,
            typeof value === 'object' ? value instanceof Date : typeof value,
          ]).toEqual([column, READ_AS[type]]);
        }
      }
    }
  },
);

const READ_AS: Readonly<Record<ColumnType, unknown>> = {
  text: 'string',
  integer: 'bigint',
  number: 'number',
  boolean: 'boolean',
  timestamp: true,
  date: true,
  json: false,
};

function plainRow(row: Readonly<Record<string, unknown>>, { columns }: Dataset): Row {
  const plain = (value: unknown, type: ColumnType) => {
    if (typeof value === 'bigint') return Number(value);
    if (!(value instanceof Date)) return value ?? null;
    return type === 'date' ? value.toISOString().slice(0, 10) : value.toISOString();
  };
  return Object.fromEntries(
    Object.entries(columns).map(([column, type]) => [column, plain(row[column], type)]),
  ) as Row;
}

it('refuses to write a value that is not of its column', async () => {
  async function* rows(): AsyncGenerator<Row> {
    yield { watts: 0.5 };
  }
  const dataset: Dataset = { ...datasets[0]!, columns: { watts: 'integer' } };
  const file = path.join(served.dataDir, 'wrong.parquet');
  await expect(exportParquet(dataset, rows(), file)).rejects.toThrow(
    'Column watts is integer, but holds 0.5',
  );
});

it('writes an empty dataset as an empty list', async () => {
  async function* none(): AsyncGenerator<Row> {}
  let written = '';
  for await (const chunk of exportText(datasets[0]!, none(), 'json', () => {})) written += chunk;
  expect(JSON.parse(written)).toEqual([]);
});
