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

it('are broken down by kind of customer, voltage level, plant and connected power', async () => {
  const { body } = await served.as('auditor').get('/api/v1/pods?limit=1000');
  const details = (body.items as { details: Record<string, number | string> }[]).map(
    (pod) => pod.details,
  );
  const [kind] = details.map(({ customerKind }) => String(customerKind));
  const powers = details.map(({ contractedPowerW }) => Number(contractedPowerW));
  const median = [...powers].sort((one, other) => one - other)[PODS / 2]!;
  // What is offered in sum is what its groups offer: liquidity adds up, MTU by MTU.
  const liquidity = async (group: string): Promise<number> => {
    const rows = await rowsFor('tso', `?${DAY}${group}`);
    return rows.find(
      ({ scope, kpi, direction }) => scope === 'total' && kpi === 'KPI_IT_01' && direction === 'up',
    )!.valueBasisPoints!;
  };
  const all = await liquidity('');
  const low = await liquidity(`&belowPowerW=${median}`);
  const high = await liquidity(`&fromPowerW=${median}`);
  expect(Math.abs(low + high - all)).toBeLessThanOrEqual(2);
  expect(await liquidity(`&customerKind=${kind}`)).toBeLessThanOrEqual(all);
  // Of the plants of simulated PoDs only PV is registered: each has it, or none.
  const [sunny, without] = [await liquidity('&plant=pv'), await liquidity('&plant=none')];
  expect(Math.abs(sunny + without - all)).toBeLessThanOrEqual(2);
  expect(await liquidity('&plant=storage')).toBe(0);
  // The connection of simulated PoDs is described by nobody: they are in no level.
  expect([await liquidity('&voltageLevel=LV'), await liquidity('&voltageLevel=MV')]).toEqual([
    0, 0,
  ]);
  const wrong = await served
    .as('tso')
    .get(`/api/v1/kpis?${DAY}&fromPowerW=${median}&belowPowerW=${median}`);
  expect(wrong.status).toBe(400);
  expect(wrong.body.errors).toMatchObject([{ field: 'belowPowerW' }]);
});

it('count who used the app on these days, beside who offered', async () => {
  const usedApp = async (): Promise<number> => {
    const rows = await rowsFor('dso', `?${DAY}`);
    return rows.find(({ scope, activity }) => scope === 'total' && activity === 'app')!
      .valueBasisPoints!;
  };
  expect(await usedApp()).toBe(0);
  const offers = (await rowsFor('dso', `?${DAY}`)).filter(({ activity }) => activity === 'offers');
  expect(offers.at(-1)).toMatchObject({ scope: 'total', valueBasisPoints: 10_000 });
});

it('leave a PoD out that distorts KPI_IT_02, for a reason that the log keeps', async () => {
  const forecastOf = async (): Promise<number> =>
    (await rowsFor('dso', `?${DAY}`)).find(
      ({ scope, kpi, horizon }) =>
        scope === 'total' && kpi === 'KPI_IT_02' && horizon === 'dayAhead',
    )!.valueBasisPoints!;
  const before = await forecastOf();
  const path = '/api/v1/kpis/exclusions/IT002E60000000';
  const reason = 'Its meter has <b>counted</b> backwards since May.';
  const put = (actor: string, body: object) => served.as(actor).put(path, body);
  expect((await put('dso', { reason })).status).toBe(403);
  expect((await put('operator', { reason: ' ' })).body.code).toBe('reason-malformed');
  const unknown = '/api/v1/kpis/exclusions/IT002E69999999';
  expect((await served.as('operator').put(unknown, { reason })).body.code).toBe('pod-unknown');
  expect((await put('operator', { reason })).body).toMatchObject({ excluded: true });
  expect(await forecastOf()).not.toBe(before);
  const { body } = await served.as('tso').get('/api/v1/kpis/exclusions');
  expect(body.items).toMatchObject([{ podId: 'IT002E60000000', reason, excludedBy: 'operator' }]);
  const report = await served.as('dso').get(`/api/v1/kpis/report?year=${DATE.slice(0, 4)}`);
  expect(report.headers['content-type']).toBe('text/html; charset=utf-8');
  for (const { id, name } of KPIS) expect(report.text).toContain(`<h2>${id}: ${name}</h2>`);
  expect(report.text).toContain('&lt;b&gt;counted&lt;/b&gt;');
  expect((await served.as('operator').delete(path)).body).toMatchObject({ excluded: false });
  expect(await forecastOf()).toBe(before);
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
