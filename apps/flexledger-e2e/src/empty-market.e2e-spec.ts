/**
 * A market from nothing by its public interfaces alone: on what `up` serves on an empty folder an
 * administrator makes the parties, aggregators bring customers and plants, nodes enrol with keys of their
 * own, and one session goes its whole way, from the gate to the tokens on the chain and the audit.
 */
import path from 'node:path';
import { auditLog, exportTrust, monitorOnce, servedTiles } from '@flexledger/audit-cli';
import { MTU_MS, localTimeMs } from '@flexledger/domain';
import { EnrolmentRefused } from '@flexledger/edge-node';
import { parseCheckpoint } from '@flexledger/merkle-log';
import request from 'supertest';
import { type EmptyMarket, TODAY, openEmptyMarket } from './testing/empty-market';
import { type Household, connectHousehold } from './testing/household';
import { type Calls, callsOf } from './testing/http-client';
import { NOT_HERE, readingRoutes } from './testing/reading-routes';
import { type ShownEvent, allEvents, ownEvents } from './testing/own-events';

const PATIENCE_MS = 20_000;
const [ALFA, BETA] = ['aggregator:ALFA', 'aggregator:BETA'];
const PODS = [
  { podId: 'IT001E00000001', aggregatorId: 'ALFA', costMicroEurPerKwh: 90_000 },
  { podId: 'IT001E00000002', aggregatorId: 'ALFA', costMicroEurPerKwh: 110_000 },
  { podId: 'IT001E00000003', aggregatorId: 'BETA', costMicroEurPerKwh: 100_000 },
] as const;
const [MINE, , FOREIGN] = PODS;
const CUSTOMER = `customer:${MINE.podId}`;
const POWER_W = 2_000;
const REACH_W = 1_000;
/** The real-time session that delivers from 12:00 to 16:00 local time. */
const MTUS = 16;
const START = '12:00';
const walletOf = (digit: number): string => `0x${String(digit).repeat(40)}`;

let market: EmptyMarket;
const households: Household[] = [];
let session: string;
const parties = new Map<string, Calls>();
const as = (party: string): Calls => parties.get(party)!;
const ofAggregator = (aggregatorId: string): Calls => as(`aggregator:${aggregatorId}`);

beforeAll(async () => {
  market = await openEmptyMarket(PODS.length);
});
afterAll(async () => {
  await market.remove();
});

/** The answer's body, once it is what was expected. */
async function body<Body = Record<string, unknown>>(
  call: Promise<request.Test>,
  status = 200,
): Promise<Body> {
  const response = (await call) as unknown as request.Response;
  if (response.status !== status) throw new Error(`${response.status}: ${response.text}`);
  return response.body as Body;
}

/** Every quarter-hour of the delivery: nodes follow, measure, and are answered. */
async function deliver(): Promise<void> {
  const { clock, platform, until } = market;
  const startMs = localTimeMs(TODAY, 0, START, 'Europe/Rome');
  const { measurements } = platform.accessLayer.layer;
  for (let mtu = 0; mtu < MTUS; mtu += 1) {
    const mtuMs = startMs + mtu * MTU_MS;
    for (const { node } of households) await node.beginQuarterHour(mtuMs);
    await clock.advanceTo(mtuMs + MTU_MS, () => platform.processors.drain());
    for (const { node } of households) await node.closeQuarterHour(mtuMs);
    await measurements.collect(households.length, PATIENCE_MS);
    await platform.processors.drain();
  }
  await until('17:30');
}

it('the administrator makes a DSO, a TSO, two aggregators and a customer', async () => {
  const { administrator, url } = market;
  // The one DSO, TSO and authority of a market stand from the beginning; they get clients here.
  const standing = await body<{ items: { party: string }[] }>(administrator.get('/api/v1/parties'));
  for (const party of ['dso', 'tso', ALFA!, BETA!, CUSTOMER, 'auditor']) {
    if (!standing.items.some((one) => one.party === party)) {
      const name = party === CUSTOMER ? {} : { name: `Company of ${party}` };
      await body(administrator.post('/api/v1/parties', { party, ...name }), 201);
    }
    const clientId = `desk-${party.replace(':', '-')}`;
    const asked = administrator.post('/api/v1/clients', { clientId, party });
    const { secret } = await body<{ secret: string }>(asked, 201);
    parties.set(party, callsOf(url, clientId, secret));
  }
  parties.set('operator', administrator);
});

it('aggregators bring PoDs with all that is known of them', async () => {
  for (const [index, { podId, aggregatorId, costMicroEurPerKwh }] of PODS.entries()) {
    const aggregator = ofAggregator(aggregatorId);
    const pod = {
      podId,
      aggregatorId,
      customerKind: 'household',
      contractedPowerW: 4_500,
      annualEnergyKwh: 4_000,
      pvPeakW: 0,
      wallet: walletOf(index + 1),
    };
    await body(aggregator.post('/api/v1/pods', pod), 201);
    const flexibility = { upW: REACH_W, downW: 0, upVar: 0, downVar: 0 };
    await body(aggregator.put(`/api/v1/pods/${podId}/flexibility`, flexibility));
    const baseline = { baselineW: new Array<number>(96).fill(POWER_W), origin: 'imported' };
    for (const day of [TODAY, '2026-03-17']) {
      await body(aggregator.put(`/api/v1/pods/${podId}/baselines/${day}`, baseline));
    }
    const units = [{ podId, operationMicroEurPerKwh: costMicroEurPerKwh }];
    await body(aggregator.put('/api/v1/portfolio/costs', { units }));
    await market.platform.processors.drain();
  }
  const { items } = await body<{ items: { busId: string }[] }>(as('dso').get('/api/v1/pods'));
  expect(items.map(({ busId }) => busId)).toEqual(PODS.map(() => expect.any(String)));
});

it('customers accept their agreements; the first does it in its own name', async () => {
  for (const { podId, aggregatorId } of PODS) {
    const terms = {
      aggregatorId,
      customerSharePerMille: 700,
      customerPenaltySharePerMille: 500,
      aggregatorWallet: walletOf(aggregatorId === 'ALFA' ? 8 : 9),
    };
    const path = `/api/v1/pods/${podId}/agreement`;
    await body(ofAggregator(aggregatorId).put(path, terms));
    const customer = podId === MINE.podId ? as(CUSTOMER) : await newCustomer(podId);
    await body(customer.post(`${path}/acceptance`, terms));
  }
  await market.until('08:35');
  const { items } = await body<{ items: unknown[] }>(
    as('auditor').get('/api/v1/agreements?status=inForce'),
  );
  expect(items).toHaveLength(PODS.length);
});

async function newCustomer(podId: string): Promise<Calls> {
  const clientId = `app-${podId}`;
  const party = `customer:${podId}`;
  await body(market.administrator.post('/api/v1/parties', { party }), 201);
  const asked = market.administrator.post('/api/v1/clients', { clientId, party });
  const { secret } = await body<{ secret: string }>(asked, 201);
  return callsOf(market.url, clientId, secret);
}

it('nodes enrol by one-time token, with keys that nobody else has', async () => {
  const { url, clock, platform } = market;
  for (const { podId, aggregatorId } of PODS) {
    const asked = ofAggregator(aggregatorId).post(`/api/v1/nodes/${podId}/enrolment-token`);
    const { token } = await body<{ token: string }>(asked, 201);
    const plant = { powerW: POWER_W, reachW: REACH_W };
    households.push(await connectHousehold({ url, podId, token, clock, ...plant }));
    const stolen = connectHousehold({ url, podId, token, clock, ...plant });
    await expect(stolen).rejects.toThrow(EnrolmentRefused);
  }
  await platform.accessLayer.layer.nodeReports.collect(PODS.length, PATIENCE_MS);
  const { items } = await body<{ items: object[] }>(as('dso').get('/api/v1/nodes'));
  expect(items).toMatchObject(
    PODS.map(() => ({ status: 'enrolled', connected: true, meterDriver: 'simulated' })),
  );
});

it('DSO and TSO ask; one aggregator bids by itself, the other by hand', async () => {
  await body(
    as(BETA!).put('/api/v1/portfolio/automatic-offers', {
      podIds: [FOREIGN.podId],
      automaticOffers: false,
    }),
  );
  await market.until('09:15');
  const { items } = await body<{ items: { sessionId: string; deliveryStart: string }[] }>(
    as('tso').get(`/api/v1/sessions?date=${TODAY}&status=open`),
  );
  expect(items).toHaveLength(1);
  session = `/api/v1/sessions/${items[0]!.sessionId}`;
  const { items: pods } = await body<{ items: { pom: string }[] }>(as('tso').get('/api/v1/pods'));
  const asked = (requester: string, watts: number, scope: object) => ({
    requestId: `${requester}-noon`,
    requester,
    product: 'P',
    direction: 'up',
    scope,
    quantityW: new Array<number>(MTUS).fill(watts),
    priceCapMicroEurPerKwh: null,
  });
  await body(
    as('dso').post(
      `${session}/requests`,
      asked('DSO', 1_500, { podIds: PODS.map(({ podId }) => podId) }),
    ),
    201,
  );
  await body(as('tso').post(`${session}/requests`, asked('TSO', 400, { pom: pods[0]!.pom })), 201);
  const offer = {
    offerId: 'by-hand',
    podId: FOREIGN.podId,
    product: 'P',
    direction: 'up',
    kind: 'single',
    quantityW: new Array<number>(MTUS).fill(REACH_W),
    priceMicroEurPerKwh: new Array<number>(MTUS).fill(105_000),
    divisible: true,
    minQuantityW: 0,
  };
  const bid = as(BETA!).post(`${session}/offers`, { bidId: 'beta-1', offers: [offer] });
  expect(await body(bid, 201)).toMatchObject({ accepted: 1, refused: [] });
  await market.until('09:45');
  const { items: offers } = await body<{ items: { aggregatorId: string }[] }>(
    as('auditor').get(`${session}/offers`),
  );
  expect(offers.map(({ aggregatorId }) => aggregatorId).sort()).toEqual(['ALFA', 'ALFA', 'BETA']);
});

it('the session is cleared, validated and published', async () => {
  await market.until('11:10');
  expect(await body(as(ALFA!).get(session))).toMatchObject({
    status: 'published',
    validation: { validatedBy: 'DSO' },
    result: { acceptedWMtu: (1_500 + 400) * MTUS },
  });
});

it('what was sold is dispatched, delivered, measured, settled and paid', async () => {
  await market.until('12:00');
  await deliver();
  const { items: setpoints } = await body<{ items: object[] }>(as('dso').get('/api/v1/setpoints'));
  expect(setpoints.length).toBeGreaterThan(0);
  for (const setpoint of setpoints) expect(setpoint).toMatchObject({ status: 'applied' });
  const settlement = await body<{ published: { deliveredWMtu: number; netMicroEur: number } }>(
    as('auditor').get(`${session}/settlement`),
  );
  expect(settlement.published.deliveredWMtu).toBeGreaterThan(1_500 * MTUS);
  let paid = 0;
  for (const { podId } of PODS) {
    const path = `/contracts/transactions/balanceOf/${podId}`;
    paid += (await body<{ awardedMicroEur: number }>(as('auditor').get(path))).awardedMicroEur;
  }
  expect(paid).toBeGreaterThan(0);
});

const told = ({ position, type, data }: ShownEvent) => ({ position, type, data });

it('each role reads every route that it may read, and no other', async () => {
  const { body: document } = await request(market.url).get('/api/docs/openapi.json');
  const paths = document.paths as Record<string, { get?: object }>;
  const reading = Object.keys(paths).filter((path) => paths[path]!.get);
  const { items: setpoints } = await body<{ items: { windowStart: string }[] }>(
    as('dso').get('/api/v1/setpoints'),
  );
  const { items: offers } = await body<{ items: { offerId: string }[] }>(
    as(ALFA!).get(`${session}/offers`),
  );
  const routes = readingRoutes({
    sessionId: session.split('/').pop()!,
    podId: MINE.podId,
    windowStart: setpoints[0]!.windowStart,
    offerId: offers[0]!.offerId,
  });
  expect([...routes.map(([path]) => path), ...NOT_HERE].sort()).toEqual(reading.sort());
  const found: string[] = [];
  const expected: string[] = [];
  for (const [path, asked, readers] of routes) {
    const url = asked.startsWith('/') ? asked : `${path}${asked}`;
    const answers = ['dso', 'tso', ALFA!, CUSTOMER, 'operator', 'auditor'].map(async (party) => {
      const { status } = (await as(party).get(url)) as unknown as request.Response;
      const role = party.split(':')[0]!;
      if (status === 403) return [];
      return status === 200 ? [role] : [`${role}:${status}`];
    });
    const open = (await Promise.all(answers)).flat();
    found.push(`${path}: ${open.join(' ')}`);
    expected.push(`${path}: ${readers}`);
  }
  expect(found).toEqual(expected);
});

it("each party's stream has exactly its own rows", async () => {
  const whole = await allEvents(as('auditor'));
  for (const party of ['dso', 'tso', ALFA!, BETA!, CUSTOMER]) {
    const aggregatorId = party.startsWith('aggregator:') ? party.split(':')[1]! : null;
    const podIds = PODS.filter((pod) => pod.aggregatorId === aggregatorId || party === CUSTOMER)
      .map(({ podId }) => podId)
      .filter((podId) => party !== CUSTOMER || podId === MINE.podId);
    const shown = await allEvents(as(party));
    const expected = ownEvents(whole, { party, aggregatorId, podIds });
    expect(shown.map(told)).toEqual(expected.map(told));
    expect(shown.length).toBeLessThan(whole.length);
  }
});

it('a monitor follows the whole log by its public tiles, and finds nothing wrong', async () => {
  const trust = await exportTrust({ dataDir: market.dataDir });
  const stateFile = path.join(market.dataDir, 'monitor.json');
  const { clock } = market;
  const round = () => monitorOnce(servedTiles(market.url), { trust, stateFile, clock });
  const checkpoint = await (await fetch(`${market.url}/api/v1/log/checkpoint`)).text();
  const { size } = parseCheckpoint(checkpoint);
  expect(size).toBeGreaterThan(100);
  expect(await round()).toEqual({ size, alarms: [] });
  await market.platform.certifier.certifier.seal();
  const later = await round();
  expect(later.alarms).toEqual([]);
  expect(later.size).toBeGreaterThanOrEqual(size);
});

it('the auditor audits, and everything holds', async () => {
  for (const { node } of households) await node.close();
  await market.platform.accessLayer.layer.nodeReports.flush();
  await market.platform.certifier.certifier.seal();
  await market.platform.processors.drain();
  await market.close();
  const report = await auditLog({ dataDir: market.dataDir }, () => {});
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(report.ok).toBe(true);
});
