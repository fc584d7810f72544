/**
 * The Light Nodes of `docs/examples`, run as programs against a served platform: each enrols, is measured,
 * takes a setpoint and says that it follows it. Python's needs packages that are not everywhere.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { type MarketAtGate, openMarketAtGate } from './testing/market-at-gate';
import { PYTHON, hasPython } from './testing/python';

const EXAMPLES = path.resolve(__dirname, '../../../docs/examples');
const AGG1 = 'aggregator:AGG1';
/** The market opens at 09:00 local time, 08:00 UTC. */
const MEASURED = '2026-03-16T07:45:00.000Z';
const WINDOW = '2026-03-16T11:00:00.000Z';
const PATIENCE_MS = 20_000;

const PROGRAMS: [name: string, command: string, file: string, isThere: boolean][] = [
  ['JavaScript', process.execPath, 'light-node.mjs', true],
  ['Python', PYTHON, 'light_node.py', hasPython],
];

let market: MarketAtGate;
let child: ChildProcess | undefined;
beforeEach(async () => {
  market = await openMarketAtGate();
});
afterEach(async () => {
  if (child && child.exitCode === null) {
    child.kill();
    await once(child, 'exit');
  }
  await market.platform.accessLayer.layer.nodeReports.flush();
  await market.close();
});

/** A new PoD of AGG1, and a token for its node. */
async function invite(podId: string): Promise<string> {
  const pod = {
    podId,
    aggregatorId: 'AGG1',
    customerKind: 'household',
    contractedPowerW: 3_000,
    annualEnergyKwh: 2_500,
    pvPeakW: 0,
    wallet: `0x${'ab'.repeat(20)}`,
  };
  const aggregator = market.as(AGG1);
  expect((await aggregator.post('/api/v1/pods', pod)).status).toBe(201);
  const { body } = await aggregator.post(`/api/v1/nodes/${podId}/enrolment-token`);
  return body.token;
}

/** What a program says, line by line as it comes. */
function linesOf(program: ChildProcess): { until(text: string): Promise<string> } {
  let said = '';
  let errors = '';
  program.stdout!.setEncoding('utf8').on('data', (text: string) => (said += text));
  program.stderr!.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return {
    async until(text) {
      while (!said.includes(text)) {
        if (program.exitCode !== null) throw new Error(`It ended: ${said}${errors}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return said;
    },
  };
}

describe.each(PROGRAMS)('the Light Node in %s', (name, command, file, isThere) => {
  (isThere ? it : it.skip)(
    `enrols, measures and takes a setpoint (${name} with its packages)`,
    async () => {
      const podId = 'IT002E69999998';
      const { platform, url } = market;
      const token = await invite(podId);
      child = spawn(command, [path.join(EXAMPLES, file), url, podId, token, MEASURED]);
      const lines = linesOf(child);
      await lines.until('enrolled');
      await platform.accessLayer.layer.measurements.collect(1, PATIENCE_MS);
      expect(await lines.until('measured')).toContain('"accepted":true');
      const setpoints = [{ podId, windowStart: WINDOW, targetW: [1_000, null, -500] }];
      expect((await market.as(AGG1).post('/api/v1/setpoints', { setpoints })).status).toBe(202);
      await platform.processors.drain();
      await platform.dso.carrying.collect(1, PATIENCE_MS);
      await lines.until('follows');
      await platform.processors.drain();
      const { body } = await market.as(AGG1).get(`/api/v1/setpoints/${podId}/${WINDOW}`);
      expect(body).toMatchObject({ failure: null, receivedAt: expect.any(String) });
      const { body: measured } = await market
        .as(AGG1)
        .get(`/api/v1/portfolio/measurements?from=${MEASURED}&to=2026-03-16T08:00:00Z`);
      const own = measured.items.find((item: { podId: string }) => item.podId === podId);
      expect(own.quarterHours).toMatchObject([{ mtuStart: MEASURED, withdrawnWh: 250 }]);
      const { body: node } = await market.as(AGG1).get(`/api/v1/nodes/${podId}`);
      expect(node).toMatchObject({ status: 'enrolled', meterSerialNumber: 'EXAMPLE-1' });
    },
  );
});
