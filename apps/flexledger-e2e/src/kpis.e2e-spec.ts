/** The indicators of a simulated day by REST: what they say, and who sees which. */
import { KPIS, type KpiRow } from '@flexledger/domain';
import { DATE, type ServedDay, serveSimulatedDay } from './testing/served-day';

const PODS = 6;
const DAY = `from=${DATE}&to=${DATE}`;
let served: ServedDay;

beforeAll(async () => {
  served = await serveSimulatedDay(PODS);
});
afterAll(() => served.close());

async function rowsFor(actor: string, path: string): Promise<KpiRow[]> {
  const { status, body } = await served.as(actor).get(`/api/v1/kpis${path}`);
  expect(status).toBe(200);
  return body.items as KpiRow[];
}

it('gives each of the seven a plausible value, or says why it has none', async () => {
  const rows = await rowsFor('tso', `?${DAY}`);
  for (const scope of ['session', 'day', 'total'] as const) {
    const found = rows.filter((row) => row.scope === scope).map(({ kpi }) => kpi);
    expect([scope, new Set(found)]).toEqual([scope, new Set(KPIS.map(({ id }) => id))]);
  }
  for (const { valueBasisPoints, note, meetsTarget } of rows) {
    expect(valueBasisPoints === null).toBe(note !== null);
    expect(valueBasisPoints === null).toBe(meetsTarget === null);
  }
  const [total] = [rows.filter(({ scope }) => scope === 'total')];
  const percentOf = (kpi: string, part: string | null = null): number => {
    const row = total.find((one) => one.kpi === kpi && (one.direction ?? one.horizon) === part);
    return row!.valueBasisPoints! / 100;
  };
  expect(percentOf('KPI_PR_01')).toBe(100);
  expect(percentOf('KPI_PR_02')).toBe(100);
  expect(percentOf('KPI_PR_03', 'up')).toBeGreaterThan(20);
  expect(percentOf('KPI_PR_04')).toBeGreaterThan(70);
  expect(percentOf('KPI_PR_04')).toBeLessThanOrEqual(100);
  expect(percentOf('KPI_IT_01', 'up')).toBeGreaterThan(100);
  for (const kpi of ['KPI_IT_02', 'KPI_IT_03']) {
    expect(percentOf(kpi, 'dayAhead')).toBeGreaterThan(2);
    expect(percentOf(kpi, 'dayAhead')).toBeLessThan(40);
  }
});

it('explains them', async () => {
  const { body } = await served.as('dso').get('/api/v1/kpis/definitions');
  expect(body.items).toEqual(KPIS);
});

it('shows an aggregator the PoDs of its own only, page by page, and the auditor all', async () => {
  const all = await rowsFor('auditor', `/pods?${DAY}`);
  expect(new Set(all.map(({ id }) => id)).size).toBe(PODS);
  const seen: KpiRow[] = [];
  for (const aggregator of ['AGG1', 'AGG2', 'AGG3']) {
    let cursor = '';
    for (let page = 0; page < 2; page += 1) {
      const path = `/api/v1/kpis/pods?${DAY}&limit=1${cursor}`;
      const { body } = await served.as(`aggregator:${aggregator}`).get(path);
      seen.push(...body.items);
      cursor = `&cursor=${encodeURIComponent(body.next)}`;
      expect(body.next === null).toBe(page === 1);
    }
  }
  const sorted = (rows: readonly KpiRow[]) => rows.map((row) => JSON.stringify(row)).sort();
  expect(sorted(seen)).toEqual(sorted(all));
});

it('shows a single PoD to whom it belongs', async () => {
  const path = `/pods/IT002E60000000?${DAY}`;
  const own = await rowsFor('aggregator:AGG1', path);
  expect(new Set(own.map(({ kpi }) => kpi)).size).toBe(7);
  const nodes = own.filter(({ kpi }) => kpi === 'KPI_IT_03');
  expect(nodes).toMatchObject([{ note: 'it is of grid nodes, not of single PoDs' }, {}]);
  for (const other of ['aggregator:AGG2', 'dso']) {
    expect((await served.as(other).get(`/api/v1/kpis${path}`)).status).toBe(403);
  }
  expect((await served.as('dso').get(`/api/v1/kpis/pods?${DAY}`)).status).toBe(403);
  const unknown = await served.as('auditor').get(`/api/v1/kpis/pods/IT002E69999999?${DAY}`);
  expect(unknown.body).toMatchObject({ status: 404, code: 'pod-unknown' });
});

it.each([
  ['', 'from'],
  ['?from=2026-03-17', 'to'],
  ['?from=2026-02-30&to=2026-03-17', 'from'],
  ['?from=2026-03-17&to=2026-03-16', 'to'],
  ['?from=2026-03-17&to=2026-04-17', 'to'],
])('answers %s with the field at fault', async (query, field) => {
  const { status, body } = await served.as('operator').get(`/api/v1/kpis${query}`);
  expect(status).toBe(400);
  expect(body.errors).toContainEqual({ field, reason: expect.any(String) });
});

it('has nothing to say of days without sessions', async () => {
  const rows = await rowsFor('operator', '?from=2026-03-18&to=2026-04-17');
  const valued = rows.filter(({ valueBasisPoints }) => valueBasisPoints !== null);
  // Who was won for the market is known without one.
  expect(valued.map(({ kpi, scope }) => [kpi, scope])).toEqual([['KPI_PR_01', 'total']]);
});
