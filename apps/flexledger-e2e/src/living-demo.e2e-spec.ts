/**
 * A demonstration that stays alive: after its simulated day the households enrol anew with keys of their own, and
 * the next session goes its whole way on the present day, from the gate to the settlement.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { auditLog } from '@flexledger/audit-cli';
import type request from 'supertest';
import {
  type LivingDemo,
  TODAY,
  householdFile,
  serveLivingDemo,
  simulatedFolder,
} from './testing/living-demo';

const PODS = ['IT002E60000000', 'IT002E60000001', 'IT002E60000002'];
/** Quarter-hours of the session that delivers from 12:00 to 16:00. */
const MTUS = 16;

async function body<Body = Record<string, unknown>>(call: Promise<request.Test>): Promise<Body> {
  const response = (await call) as unknown as request.Response;
  if (response.status !== 200) throw new Error(`${response.status}: ${response.text}`);
  return response.body as Body;
}

interface Node {
  readonly podId: string;
  readonly status: string;
  readonly publicKey: string;
  readonly meterDriver: string;
  readonly connected: boolean;
}

const nodesOf = async (demo: LivingDemo): Promise<Node[]> =>
  (await body<{ items: Node[] }>(demo.as('operator').get('/api/v1/nodes'))).items;

async function countOf(demo: LivingDemo, type: string): Promise<number> {
  let count = 0;
  const filter = { types: [type] };
  for await (const _ of demo.platform.store.readAll({ filter })) count += 1;
  return count;
}

describe('a folder of the demo, served on the day after', () => {
  let folder: Awaited<ReturnType<typeof simulatedFolder>>;
  let demo: LivingDemo;
  let keysOfYesterday: string[];
  let enrolments: number;
  let session: string;

  beforeAll(async () => {
    folder = await simulatedFolder(PODS.length, true);
    demo = await serveLivingDemo(folder.dataDir, PODS.length, '08:30');
  });
  afterAll(async () => {
    await demo.close();
    folder.remove();
  });

  it('has its households enrolled anew, with keys that follow from no seed', async () => {
    const nodes = await nodesOf(demo);
    expect(nodes).toMatchObject(
      PODS.map((podId) => ({
        podId,
        status: 'enrolled',
        connected: true,
        meterDriver: 'simulated',
      })),
    );
    keysOfYesterday = [];
    const filter = { types: ['NodeEnrolled'] };
    for await (const { data } of demo.platform.store.readAll({ filter, limit: PODS.length })) {
      keysOfYesterday.push((data as { publicKey: string }).publicKey);
    }
    for (const { publicKey } of nodes) expect(keysOfYesterday).not.toContain(publicKey);
    for (const podId of PODS) {
      expect(statSync(householdFile(folder.dataDir, podId)!).mode & 0o777).toBe(0o600);
    }
    enrolments = await countOf(demo, 'NodeEnrolled');
    expect(enrolments).toBe(2 * PODS.length);
    expect(demo.news).toEqual([
      'Simulated households live on from here: 3 enrolled with keys of their own.',
    ]);
  });

  it('has requests and offers at the next gate, by nobody’s hand', async () => {
    await demo.until('09:45');
    const query = `/api/v1/sessions?date=${TODAY}&status=open`;
    const { items } = await body<{ items: { sessionId: string }[] }>(demo.as('dso').get(query));
    expect(items).toHaveLength(1);
    session = `/api/v1/sessions/${items[0]!.sessionId}`;
    const { items: requests } = await body<{ items: object[] }>(
      demo.as('auditor').get(`${session}/requests`),
    );
    expect(requests.length).toBeGreaterThan(0);
    const { items: offers } = await body<{ items: { podId: string }[] }>(
      demo.as('auditor').get(`${session}/offers`),
    );
    expect(offers.map(({ podId }) => podId).sort()).toEqual(PODS);
  });

  it('comes back after a stop: the same keys, no new enrolment', async () => {
    await demo.until('10:05');
    const before = await nodesOf(demo);
    const files = PODS.map((podId) => readFileSync(householdFile(folder.dataDir, podId)!, 'utf8'));
    await demo.close();
    expect(demo.problems).toEqual([]);
    demo = await serveLivingDemo(folder.dataDir, PODS.length, '10:10');
    expect(await nodesOf(demo)).toEqual(before);
    expect(await countOf(demo, 'NodeEnrolled')).toBe(enrolments);
    expect(
      PODS.map((podId) => readFileSync(householdFile(folder.dataDir, podId)!, 'utf8')),
    ).toEqual(files);
    expect(demo.news).toEqual(['Simulated households live on from here: 3 came back.']);
  });

  it('sells, validates and publishes the session', async () => {
    await demo.until('11:10');
    const { status, validation, result } = await body<{
      status: string;
      validation: object;
      result: { acceptedWMtu: number };
    }>(demo.as('auditor').get(session));
    expect([status, validation]).toEqual([
      'published',
      expect.objectContaining({ validatedBy: 'DSO' }),
    ]);
    expect(result.acceptedWMtu).toBeGreaterThan(0);
  });

  it('dispatches, measures and settles it', async () => {
    const measuredBefore = await countOf(demo, 'MeasurementRecorded');
    await demo.until('17:30');
    const { items } = await body<{ items: { windowStart: string }[] }>(
      demo.as('dso').get('/api/v1/setpoints?limit=1000'),
    );
    const setpoints = items.filter(({ windowStart }) => windowStart.startsWith(TODAY));
    expect(setpoints.length).toBeGreaterThan(0);
    for (const setpoint of setpoints) expect(setpoint).toMatchObject({ status: 'applied' });
    expect((await countOf(demo, 'MeasurementRecorded')) - measuredBefore).toBeGreaterThanOrEqual(
      MTUS * PODS.length,
    );
    for (const type of ['PacketRejected', 'AnomalyRaised'])
      expect(await countOf(demo, type)).toBe(0);
    const { published } = await body<{ published: { deliveredWMtu: number } }>(
      demo.as('auditor').get(`${session}/settlement`),
    );
    expect(published.deliveredWMtu).toBeGreaterThan(0);
    expect(demo.problems).toEqual([]);
  });

  it('leaves a PoD to the node that its aggregator enrols in its place', async () => {
    const [podId, ...others] = PODS;
    const aggregatorId = 'AGG1';
    const asked = demo
      .as(`aggregator:${aggregatorId}`)
      .post(`/api/v1/nodes/${podId}/revocation`, { reason: 'stolen' });
    expect(((await asked) as unknown as request.Response).status).toBe(200);
    while (demo.field!.households().length > others.length) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(
      demo
        .field!.households()
        .map((one) => one.podId)
        .sort(),
    ).toEqual(others);
    expect(demo.problems).toContainEqual(
      `${podId}: its simulated household leaves, as another node has its place or none`,
    );
  });

  it('and the whole log holds, both days of it', async () => {
    await demo.field!.close();
    await demo.platform.accessLayer.layer.nodeReports.flush();
    await demo.platform.certifier.certifier.seal();
    await demo.platform.processors.drain();
    await demo.close();
    const report = await auditLog({ dataDir: folder.dataDir }, () => {});
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  });
});

it('a folder that no demo made gets no household', async () => {
  const folder = await simulatedFolder(1, false);
  const other = await serveLivingDemo(folder.dataDir, 1, '08:30');
  expect(other.field).toBeUndefined();
  await other.until('09:45');
  expect(await countOf(other, 'NodeEnrolled')).toBe(1);
  expect(readdirSync(folder.dataDir)).not.toContain('households');
  await other.close();
  folder.remove();
});
