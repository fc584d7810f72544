/**
 * Goal: what the control system measures of assets stands in the log by quarter-hour beside what was forecast, whoever
 * hears it and whoever dies, and KPI_IT_03 by category follows from the log alone. Method: a data server over the broker,
 * the platform behind HTTP; read models folded anew from the log.
 */
import {
  type AssetFlowsCompared,
  type KpiRow,
  type OperationsMeasured,
  sessionStream,
} from '@flexledger/domain';
import { type TopicConnection, openTopicConnection } from '@flexledger/messaging';
import { marketKpis, openViews } from '@flexledger/projections';
import { MINUTE_MS, START_MS, TRIAL_SOURCES, scheduledData } from '../testing/dso-trial';
import { type ServedDso, serveDso } from '../testing/served-dso';

const GATE_MS = START_MS + 60 * MINUTE_MS;
const DELIVERY_MS = Date.parse(scheduledData().deliveryStart);
const QUARTER_MS = 15 * MINUTE_MS;
const iso = (ms: number): string => new Date(ms).toISOString();

let served: ServedDso;
let server: TopicConnection;
let sessionId: string;

beforeEach(async () => {
  served = await serveDso();
  const { host, port } = served.trial.broker;
  const [, { username, token }] = TRIAL_SOURCES;
  server = openTopicConnection({
    ...{ host, port, clientId: username, username, token, subscribe: [], onMessage: () => {} },
  });
  await server.ready;
  sessionId = await served.trial.schedule();
  await served.trial.until(GATE_MS + 5 * MINUTE_MS);
});
afterEach(async () => {
  await server.close();
  await served.close();
});

const flow = (id: string, element: string, value: number, side = 'from') => ({
  ...{ id, kind: 'pFlowMw', element, side, value, sigma: 0.001 },
});
const busbar = { id: 'busbar', kind: 'vmPu', bus: 'n0', value: 1.01, sigma: 0.002 };

/** Says values of one instant, and waits until the platform has the last of them. */
async function say(atMs: number, measurements: readonly { readonly id: string }[]): Promise<void> {
  await served.trial.until(atMs);
  const message = JSON.stringify({ at: iso(atMs), measurements });
  await server.publish('dso/feeder/scada', message, { qos: 1, retain: false });
  const last = measurements.at(-1)!.id;
  for (;;) {
    const { body } = await served.call('GET', '/api/v1/grids/feeder/operations', 'dso');
    const items = body.items as { id: string; at: string }[];
    if (items.some(({ id, at }) => id === last && at === iso(atMs))) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function logged<Event extends { type: string; data: object }>(
  type: Event['type'],
): Promise<Event['data'][]> {
  const found: Event['data'][] = [];
  for await (const event of served.trial.log.readAll({ filter: { types: [type] } })) {
    found.push(event.data);
  }
  return found;
}

/** Of the day's session, from read models that know nothing but the log. */
async function kpiRows(): Promise<KpiRow[]> {
  for (const type of ['SessionOpened', 'SessionClosed']) {
    await served.trial.append(sessionStream(sessionId), type, { sessionId });
  }
  const views = openViews({ path: ':memory:', store: served.trial.log });
  try {
    await views.caughtUp();
    const rows: KpiRow[] = [];
    for await (const row of marketKpis(views.documents)) rows.push(row);
    return rows.filter(({ kpi, category }) => kpi === 'KPI_IT_03' && category !== null);
  } finally {
    await views.close();
  }
}

it('one event a quarter-hour holds the means; beside them stand the flows that follow from the forecast', async () => {
  const second = 1_000;
  await say(DELIVERY_MS + 10 * second, [
    busbar,
    flow('supply', 't1', 0.02),
    flow('feeder', 'l2', 0.01),
  ]);
  await say(DELIVERY_MS + 20 * second, [flow('supply', 't1', 0.04)]);
  await served.trial.until(DELIVERY_MS + QUARTER_MS);
  expect(await logged('OperationsMeasured')).toEqual([]);
  await served.trial.until(DELIVERY_MS + QUARTER_MS + 2 * MINUTE_MS);
  const [measured, ...more] = await logged<OperationsMeasured>('OperationsMeasured');
  expect(more).toEqual([]);
  expect(measured).toMatchObject({
    gridId: 'feeder',
    at: iso(DELIVERY_MS),
    ids: ['busbar', 'supply', 'feeder'],
    places: ['n0', 't1', 'l2'],
    sides: [null, 'from', 'from'],
    valuesMicro: [1_010_000, 30_000, 10_000],
    counts: [1, 2, 1],
  });
  const [compared] = await logged<AssetFlowsCompared>('AssetFlowsCompared');
  expect(compared).toMatchObject({
    assetIds: ['l2', 't1'],
    categories: ['line', 'secondarySubstation'],
    measuredW: [10_000, 30_000],
  });
  // As the power flow on the forecast says by its own route.
  const path = `/api/v1/grids/feeder/forecasts/${sessionId}/power-flow?mtu=0`;
  const { powerFlow } = (await served.call('GET', path, 'dso')).body;
  const wattsOf = (mw: number): number => Math.round(mw * 1e6);
  const line = powerFlow.lines.find(({ id }: { id: string }) => id === 'l2');
  const transformer = powerFlow.transformers.find(({ id }: { id: string }) => id === 't1');
  const expectedW = [wattsOf(line.pFromMw), wattsOf(transformer.pHvMw)];
  expect(compared!.forecasts).toMatchObject([{ sessionId, horizon: 'realTime', flowW: expectedW }]);
  const { body } = await served.call(
    'GET',
    `/api/v1/grids/feeder/operations/flows/${sessionId}`,
    'dso',
  );
  expect(body.items).toEqual([
    expect.objectContaining({
      at: iso(DELIVERY_MS),
      assets: [
        {
          assetId: 'l2',
          category: 'line',
          side: 'from',
          measuredW: 10_000,
          forecastW: expectedW[0],
        },
        expect.objectContaining({ assetId: 't1', measuredW: 30_000, forecastW: expectedW[1] }),
      ],
    }),
  ]);
  const errorOf = (category: string, measuredW: number, forecastW: number) => ({
    category,
    horizon: 'realTime',
    periods: 1,
    valueBasisPoints: Math.round((10_000 * Math.abs(measuredW - forecastW)) / measuredW),
  });
  const ofSession = (await kpiRows()).filter(({ scope }) => scope === 'session');
  expect(ofSession).toMatchObject([
    errorOf('secondarySubstation', 30_000, expectedW[1]!),
    errorOf('line', 10_000, expectedW[0]!),
  ]);
});

it('what comes late is recorded again, and the comparison with it; what comes twice is not', async () => {
  await say(DELIVERY_MS + 10_000, [flow('supply', 't1', 0.02)]);
  await served.trial.until(DELIVERY_MS + QUARTER_MS + 2 * MINUTE_MS);
  const late = { at: iso(DELIVERY_MS + 30_000), measurements: [flow('supply', 't1', 0.06)] };
  const publish = () =>
    server.publish('dso/feeder/scada', JSON.stringify(late), { qos: 1, retain: false });
  await publish();
  await publish();
  await say(DELIVERY_MS + QUARTER_MS + 3 * MINUTE_MS, [busbar]);
  await served.trial.until(DELIVERY_MS + QUARTER_MS + 6 * MINUTE_MS);
  const ofQuarter = (await logged<OperationsMeasured>('OperationsMeasured')).filter(
    ({ at }) => at === iso(DELIVERY_MS),
  );
  expect(ofQuarter.map(({ valuesMicro }) => valuesMicro)).toEqual([[20_000], [40_000]]);
  const compared = await logged<AssetFlowsCompared>('AssetFlowsCompared');
  expect(compared.map(({ measuredW }) => measuredW)).toEqual([[20_000], [40_000]]);
});

it('two instances that hear the same record it once; of one that died the log has what it had recorded', async () => {
  const { trial, instance } = served;
  const second = await trial.open('second');
  await say(DELIVERY_MS + 10_000, [busbar, flow('supply', 't1', 0.02)]);
  await trial.until(DELIVERY_MS + QUARTER_MS + 2 * MINUTE_MS);
  expect(await logged('OperationsMeasured')).toHaveLength(1);
  await instance.die();
  await second.die();
  // It heard nothing of that time, and works on what stands.
  const third = await trial.open('third');
  await third.work();
  await trial.until(DELIVERY_MS + QUARTER_MS + 3 * MINUTE_MS);
  expect(await logged('OperationsMeasured')).toHaveLength(1);
  expect(await logged('AssetFlowsCompared')).toHaveLength(1);
});
