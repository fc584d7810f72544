/**
 * A simulated day on which a voltage falls below its limit: DSO and TSO ask for reactive power, PoDs with an
 * inverter offer it, it is cleared, validated, dispatched, measured, settled and counted, and the violation ends.
 */
import type { KpiRow } from '@flexledger/domain';
import { DATE, type ServedDay, serveSimulatedDay } from './testing/served-day';

const PODS = 16;
let served: ServedDay;
let dayAhead: string;

beforeAll(async () => {
  served = await serveSimulatedDay(PODS, [], true);
  dayAhead = (await items<{ sessionId: string }>('operator', `sessions?date=${DATE}`)).find(
    ({ sessionId }) => sessionId.startsWith('dayAhead'),
  )!.sessionId;
});
afterAll(() => served.close());

async function items<Item>(actor: string, path: string): Promise<Item[]> {
  const { status, body } = await served.as(actor).get(`/api/v1/${path}`);
  expect([path, status]).toEqual([path, 200]);
  return body.items as Item[];
}

interface Row {
  readonly podId: string;
  readonly requester: 'DSO' | 'TSO';
  readonly product: 'P' | 'Q';
  readonly acceptedW: readonly number[];
  readonly deliveredW: readonly number[];
  readonly paidMicroEur: readonly number[];
  readonly baselineMethod: string;
}
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

it('both operators ask for reactive power, and the voltage that was too low is in its band', async () => {
  const requests = await items<{ requester: string; product: string }>(
    'operator',
    `sessions/${dayAhead}/requests?limit=1000`,
  );
  const reactive = requests.filter(({ product }) => product === 'Q');
  expect(new Set(reactive.map(({ requester }) => requester))).toEqual(new Set(['DSO', 'TSO']));
  const [forecast] = await items<{
    violations: { violation: string; elementType: string; resolvedAt: string | null }[];
  }>('dso', `grids/ieee33/violations?sessionId=${dayAhead}`);
  const voltages = forecast!.violations.filter(({ violation }) => violation === 'underVoltage');
  expect(voltages).not.toEqual([]);
  for (const voltage of voltages) {
    expect(voltage).toMatchObject({ elementType: 'bus', resolvedAt: expect.any(String) });
  }
});

it('is sold by PoDs with an inverter alone, delivered by their setpoints, and settled', async () => {
  const path = `sessions/${dayAhead}/settlement/rows?limit=1000`;
  const rows = (await items<Row>('auditor', path)).filter(({ product }) => product === 'Q');
  expect(new Set(rows.map(({ requester }) => requester))).toEqual(new Set(['DSO', 'TSO']));
  const [acceptedVar, deliveredVar, paid] = [
    sum(rows.flatMap(({ acceptedW }) => acceptedW)),
    sum(rows.flatMap(({ deliveredW }) => deliveredW)),
    sum(rows.flatMap(({ paidMicroEur }) => paidMicroEur)),
  ];
  expect(acceptedVar).toBeGreaterThan(0);
  expect(deliveredVar).toBeGreaterThan(0.5 * acceptedVar);
  expect(paid).toBeGreaterThan(0);
  // As the rule pack says of reactive power.
  expect(new Set(rows.map(({ baselineMethod }) => baselineMethod))).toEqual(
    new Set(['meterBefore']),
  );
  const { body } = await served.as('auditor').get(`/api/v1/sessions/${dayAhead}/settlement`);
  expect(body.published).toMatchObject({
    acceptedVarMtu: acceptedVar,
    deliveredVarMtu: deliveredVar,
  });
  expect(served.day.deliveredVarh).toBeGreaterThan(deliveredVar / 4 - 1);
  const { podId } = rows[0]!;
  const setpoints = await items<{ targetVar: (number | null)[]; status: string }>(
    'dso',
    `setpoints?podId=${podId}`,
  );
  const holding = setpoints.filter(({ targetVar }) => targetVar.some((vars) => vars !== null));
  expect(holding).not.toEqual([]);
  for (const { status } of holding) expect(status).toBe('applied');
});

it('has an effectiveness and a liquidity of its own among the indicators', async () => {
  const kpis = await items<KpiRow>('tso', `kpis?from=${DATE}&to=${DATE}`);
  const total = kpis.filter(({ scope, product }) => scope === 'total' && product === 'Q');
  expect(total.map(({ kpi }) => kpi)).toEqual(expect.arrayContaining(['KPI_PR_04', 'KPI_IT_01']));
  const effectiveness = total.find(({ kpi }) => kpi === 'KPI_PR_04')!.valueBasisPoints!;
  expect(effectiveness).toBeGreaterThan(5_000);
  expect(effectiveness).toBeLessThanOrEqual(10_000);
});
