/** Every dataset of a simulated day, exported while its platform runs. */
import path from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { UsageError } from '../commands/usage-error';
import { type ServedDay, serveSimulatedDay } from '../serve/testing/served-day';
import type { Row } from './dataset';
import { datasets } from './datasets';
import { exportParquet } from './export-parquet';
import { withExportSource } from './export-source';
import { type TextFormat, exportText } from './export-text';

let served: ServedDay;
const PODS = 5;
const DAY_AHEAD = 'dayAhead-2026-03-16T23:00Z';

beforeAll(async () => {
  served = await serveSimulatedDay(PODS);
}, 60_000);
afterAll(() => served.close());

async function exported(name: string, format: TextFormat, sessionId?: string): Promise<string> {
  const dataset = datasets.find((known) => known.name === name)!;
  return withExportSource(dataset, served.dataDir, sessionId, async (source) => {
    let written = '';
    const text = exportText(dataset, dataset.rows(source), format, () => {});
    for await (const chunk of text) written += chunk;
    return written;
  });
}

async function rowsOf<Fields = Row>(name: string, sessionId?: string): Promise<Fields[]> {
  return JSON.parse(await exported(name, 'json', sessionId)) as Fields[];
}

/** Lines of CSV without line breaks within fields. */
function csvLines(text: string): string[] {
  return text.trimEnd().split('\n');
}

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
  expect(positions).toEqual(
    Array.from({ length: (await served.platform.store.head()) + 1 }, (_, at) => at),
  );
  expect(csvLines(await exported('events', 'csv'))).toHaveLength(lines.length + 1);
});

it('adds up to the day: what was accepted, delivered, paid and measured', async () => {
  const { day } = served;
  const sum = <Fields extends object>(rows: Fields[], field: keyof Fields): number =>
    rows.reduce((total, row) => total + Number(row[field]), 0);
  expect(sum(await rowsOf('outcomes'), 'acceptedW') / 4).toBe(day.acceptedWh);
  expect(sum(await rowsOf('requests'), 'requestedW') / 4).toBe(day.requestedWh);
  const settled = await rowsOf('settlements');
  expect(sum(settled, 'deliveredW') / 4).toBe(day.deliveredWh);
  expect(sum(settled, 'paidMicroEur') - sum(settled, 'penaltyMicroEur')).toBe(day.settledMicroEur);
  expect(await rowsOf('pods')).toHaveLength(PODS);
  expect(await rowsOf('measurements')).toHaveLength(PODS * 96);
  expect(await rowsOf('sessions')).toHaveLength(7);
});

it('narrows to one session', async () => {
  const all = await rowsOf<{ sessionId: string }>('offers');
  const some = await rowsOf<{ sessionId: string }>('offers', DAY_AHEAD);
  expect(some).toEqual(all.filter(({ sessionId }) => sessionId === DAY_AHEAD));
  expect(some.length).toBeGreaterThan(0);
  await expect(exported('offers', 'csv', 'none')).rejects.toThrow(UsageError);
});

it('keeps what could be taken for a formula, or for two fields, as it is', async () => {
  const dataset = { ...datasets[0]!, name: 'odd', columns: ['text', 'number', 'flag', 'nothing'] };
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

it.each(['pods', 'settlements', 'checkpoints'])(
  'writes %s as Parquet that reads the same',
  async (name) => {
    const dataset = datasets.find((known) => known.name === name)!;
    const file = path.join(served.dataDir, `${name}.parquet`);
    await withExportSource(dataset, served.dataDir, undefined, (source) =>
      exportParquet(dataset, source, file),
    );
    const read = await parquetReadObjects({ file: await asyncBufferFromFile(file) });
    const plain = read.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([column, value]) => [
          column,
          typeof value === 'bigint' ? Number(value) : (value ?? null),
        ]),
      ),
    );
    expect(plain).toEqual(await rowsOf(name));
  },
);

it('writes an empty dataset as an empty list', async () => {
  async function* none(): AsyncGenerator<Row> {}
  let written = '';
  for await (const chunk of exportText(datasets[0]!, none(), 'json', () => {})) written += chunk;
  expect(JSON.parse(written)).toEqual([]);
});
