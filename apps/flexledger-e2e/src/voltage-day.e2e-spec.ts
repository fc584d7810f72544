/**
 * A simulated day on which a voltage falls below its limit: DSO and TSO ask for reactive power, PoDs with an
 * inverter offer it, it is cleared, validated, dispatched, measured by quadrant, settled by the baselines that were declared of it,
 * and counted, and the violation ends.
 */
import {
  type KpiRow,
  type MeterEvent,
  type PodEvent,
  MTUS_PER_HOUR,
  deliveryDay,
  mtuIndex,
  netReactiveVarh,
} from '@flexledger/domain';
import { documentDigest } from '@flexledger/identity';
import { loadRulePack } from '@flexledger/service-kit';
import { DATE, type ServedDay, serveSimulatedDay } from './testing/served-day';

const PODS = 16;
let served: ServedDay;
let dayAhead: string;

/** The rules of the demonstration, but for reactive power: its baseline is what was declared too. */
function rulesOfBaselines() {
  const { rulePack } = loadRulePack('platone');
  const { reactiveMethod: _, ...baseline } = rulePack.baseline;
  const own = { ...rulePack, id: 'platone-nominated', baseline };
  return { rulePack: own, digest: documentDigest(own) };
}

beforeAll(async () => {
  served = await serveSimulatedDay(PODS, [], true, rulesOfBaselines());
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
  readonly firstMtu: number;
  readonly acceptedW: readonly number[];
  readonly baselineW: readonly (number | null)[];
  readonly measuredW: readonly (number | null)[];
  readonly deliveredW: readonly number[];
  readonly paidMicroEur: readonly number[];
  readonly baselineMethod?: string;
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
  expect(new Set(rows.map(({ baselineMethod = 'nominated' }) => baselineMethod))).toEqual(
    new Set(['nominated']),
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

it('is settled by the baseline that was declared of it, and by the quadrants that its meter counts', async () => {
  const path = `sessions/${dayAhead}/settlement/rows?limit=1000`;
  const rows = (await items<Row>('auditor', path)).filter(({ product }) => product === 'Q');
  const day = deliveryDay(DATE, 'Europe/Rome');
  const declaredVar = new Map<string, readonly number[]>();
  const measuredVar = new Map<string, Map<number, number>>();
  const quadrants = new Set<string>();
  const ofQuadrants = new Set<string>();
  const types = ['BaselineDeclared', 'MeasurementRecorded'];
  for await (const event of served.platform.store.readAll({ filter: { types } })) {
    const { type, data } = event as unknown as PodEvent | MeterEvent;
    if (type === 'BaselineDeclared') {
      if (data.deliveryDay === DATE && data.baselineVar)
        declaredVar.set(data.podId, data.baselineVar);
    } else if (type === 'MeasurementRecorded') {
      const { chain2Full, reactiveVarh, mtuStart } = data.inputData;
      const { meanPowerW: _, ...counted } = chain2Full ?? { meanPowerW: 0 };
      for (const [quadrant, varh] of Object.entries(counted)) if (varh > 0) quadrants.add(quadrant);
      const ofPod = measuredVar.get(data.podId) ?? new Map<number, number>();
      if (chain2Full) ofQuadrants.add(data.podId);
      // The Modbus meter among them knows no quadrants.
      const vars = (chain2Full ? netReactiveVarh(chain2Full) : reactiveVarh) * MTUS_PER_HOUR;
      measuredVar.set(data.podId, ofPod.set(mtuIndex(day, Date.parse(mtuStart)), vars));
    }
  }
  // By day they feed in from the sun: reactive power is counted beside what is withdrawn, and beside what is fed in.
  expect(quadrants.size).toBeGreaterThanOrEqual(2);
  expect(rows.some(({ podId }) => ofQuadrants.has(podId))).toBe(true);
  for (const { podId, firstMtu, baselineW, measuredW } of rows) {
    const until = firstMtu + baselineW.length;
    expect(baselineW).toEqual(declaredVar.get(podId)!.slice(firstMtu, until));
    const counted = baselineW.map((_, index) => measuredVar.get(podId)!.get(firstMtu + index));
    expect(measuredW).toEqual(counted);
  }
});

it('has an availability, an effectiveness and a liquidity of its own among the indicators', async () => {
  const kpis = await items<KpiRow>('tso', `kpis?from=${DATE}&to=${DATE}`);
  const total = kpis.filter(({ scope, product }) => scope === 'total' && product === 'Q');
  expect(total.map(({ kpi }) => kpi)).toEqual(
    expect.arrayContaining(['KPI_PR_03', 'KPI_PR_04', 'KPI_IT_01']),
  );
  const available = total.filter(({ kpi }) => kpi === 'KPI_PR_03');
  expect(available.some(({ valueBasisPoints }) => valueBasisPoints! > 0)).toBe(true);
  const effectiveness = total.find(({ kpi }) => kpi === 'KPI_PR_04')!.valueBasisPoints!;
  expect(effectiveness).toBeGreaterThan(5_000);
  expect(effectiveness).toBeLessThanOrEqual(10_000);
});
