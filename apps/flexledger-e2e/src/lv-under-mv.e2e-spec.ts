/**
 * One medium-voltage network and two low-voltage networks below it, published by REST and operated as one:
 * solved together, asked for apart by level, their outcome validated together; pandapower agrees.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { declareCosts, registerMarket } from '@flexledger/composer';
import { type OperatingLimits, deliveryDay, localTimeMs } from '@flexledger/domain';
import {
  type ForecastShapes,
  backgroundW,
  forecastBasis,
  forecastGrid,
  forecastShapes,
} from '@flexledger/dso-technical-platform';
import {
  type Network,
  busesBelow,
  gridFileOf,
  joinFeeders,
  parseNetwork,
  solveSeries,
} from '@flexledger/grid';
import { OPEN_LIMITS, feederFile, loadingOf, operateGrid } from '@flexledger/grid-operations';
import { VirtualClock } from '@flexledger/runtime';
import { type Scenario, type ScenarioPod, drawScenario } from '@flexledger/scenario';
import { gridFile, loadRulePack } from '@flexledger/service-kit';
import { type CallAs, callAs } from './testing/http-client';
import { DAY } from './testing/market-at-gate';
import { PYTHON } from './testing/python';
import { type ServedWhole, serveWhole } from './testing/whole-platform';

const PODS = 16;
const GRID = 'cigre-mv';
const GRID_PATH = `/api/v1/grids/${GRID}`;
/** Part of the flexibility below a line that its congestion asks for. */
const ASKED_SHARE = 0.3;
const HEADS = { ostiense: 'bus5', centocelle: 'bus11' };
const rules = loadRulePack('platone');
const { timeZone } = rules.rulePack;
const at = (time: string): number => localTimeMs(DAY, -1, time, timeZone);
const dataDir = mkdtempSync(path.join(tmpdir(), 'flexledger-levels-'));
const problems: string[] = [];
let clock: VirtualClock;
let served: ServedWhole;
let as: CallAs;
let session: string;

const until = (time: string): Promise<void> =>
  clock.advanceTo(at(time), () => served.platform.processors.drain());

/** A street below a transformer, where every second customer of the scenario lives. */
function street(scenario: Scenario, half: number): Network {
  const network = parseNetwork(feederFile([0, 1, 2, 3].map((parent) => ({ parent, rOhm: 0.04 }))));
  const podIds = scenario.pods.flatMap(({ podId }, index) => (index % 2 === half ? [podId] : []));
  return { ...network, pods: podIds.map((id, place) => ({ id, bus: `n${1 + (place % 4)}` })) };
}

/** A line of a street and one of the MV network above the other may carry a little less than is forecast. */
function limitsBelowPeak(
  network: Network,
  pods: readonly ScenarioPod[],
  shapes: ForecastShapes,
): OperatingLimits {
  const whole = { gridId: GRID, digest: '', model: gridFileOf(network), limits: OPEN_LIMITS };
  const grid = operateGrid(whole);
  const forecast = forecastGrid(grid, pods, shapes, Math.max(...backgroundW(shapes)));
  const { lineIKa, steps } = solveSeries(grid.compiled, loadingOf(grid, forecast));
  const limitOf = (id: string): number => {
    const index = network.lines.findIndex((line) => line.id === id);
    const below = new Set(busesBelow(network, id));
    const upW = pods
      .filter(({ busId }) => below.has(busId))
      .reduce((sum, { flexibility }) => sum + flexibility.upW, 0);
    const { vnKv } = network.buses.find((bus) => bus.id === network.lines[index]!.from)!;
    const ofLine = Array.from(
      { length: steps },
      (_, mtu) => lineIKa[mtu * network.lines.length + index]!,
    );
    return Math.max(...ofLine) * 1e3 - (ASKED_SHARE * upW) / (vnKv * 1e3 * Math.sqrt(3));
  };
  const above = network.lines
    .filter(({ id, inService }) => inService && busesBelow(network, id).includes(HEADS.centocelle))
    .at(-1)!.id;
  const lineLimitA = { 'ostiense/l1': limitOf('ostiense/l1'), [above]: limitOf(above) };
  return { ...OPEN_LIMITS, lineLimitA };
}

beforeAll(async () => {
  clock = new VirtualClock(at('09:00'));
  const drawn = drawScenario(1, PODS, GRID, gridFile(GRID), OPEN_LIMITS);
  const streets = [street(drawn, 0), street(drawn, 1)];
  const below = Object.entries(HEADS).map(([name, bus], index) => ({
    name,
    bus,
    network: streets[index]!,
  }));
  const joined = joinFeeders(parseNetwork(gridFile(GRID)), below);
  const busOf = new Map(joined.pods.map(({ id, bus }) => [id, bus]));
  // Nobody feeds in, and everybody has a battery that moves what is declared, at any hour.
  const pods = drawn.pods.map(({ limits: _, ...pod }) => ({
    ...pod,
    busId: busOf.get(pod.podId)!,
    pvPeakW: 0,
    storageW: pod.flexibility.upW,
  }));
  const period = deliveryDay(DAY, timeZone);
  const shapes = forecastShapes(DAY, period, forecastBasis(timeZone));
  const limits = limitsBelowPeak(joined, pods, shapes);

  const grid = { gridId: GRID, model: gridFile(GRID), limits: OPEN_LIMITS };
  const onProblem = (problem: string): void => void problems.push(problem);
  const actors = drawn.aggregators.map(({ aggregatorId }) => `aggregator:${aggregatorId}`);
  const opening = { dataDir, clock, rules, grid, seed: 1, pods: PODS, actors, onProblem };
  served = await serveWhole(opening);
  as = callAs(served.url, dataDir);
  const answer = await as('dso').put(GRID_PATH, {
    model: grid.model,
    feeders: below.map(({ network, ...feeder }) => ({ ...feeder, model: gridFileOf(network) })),
    limits,
  });
  expect([answer.status, answer.body]).toEqual([200, expect.objectContaining({ changed: true })]);
  const { platform } = served;
  const scenario = { ...drawn, pods, network: joined };
  await registerMarket(platform, scenario, { deliveryDay: DAY, period }, shapes, () => 'simulated');
  await declareCosts(platform, scenario);
  const [dayAhead] = await platform.market.calendar.scheduleDay(DAY);
  session = dayAhead!.sessionId;
  await platform.processors.drain();
});
afterAll(async () => {
  await served.close();
  rmSync(dataDir, { recursive: true });
  expect(problems).toEqual([]);
});

interface Alarms {
  readonly violations: readonly { elementId: string; resolvedAt: string | null }[];
  readonly requests: readonly { requestId: string; voltageLevel: string }[];
}

async function alarms(): Promise<Alarms> {
  const { body } = await as('dso').get(`${GRID_PATH}/violations?sessionId=${session}`);
  return (body.items as Alarms[])[0]!;
}
/** Elements of a street have its name before theirs. */
const levelsOf = (violations: Alarms['violations']): Set<string> =>
  new Set(violations.map(({ elementId }) => (elementId.includes('/') ? 'LV' : 'MV')));
const BOTH = new Set(['LV', 'MV']);

it('customers hang at the buses of their street, under a primary substation of the MV network', async () => {
  const { body } = await as('operator').get('/api/v1/pods?limit=100');
  const pods = body.items as { busId: string; pom: string }[];
  expect(pods).toHaveLength(PODS);
  for (const { busId, pom } of pods) {
    expect(busId).toMatch(/^(ostiense|centocelle)\/n[1-4]$/);
    expect(pom).toMatch(/^PS-trafo[01]$/);
  }
});

it('what is violated on either level is asked for apart', async () => {
  await until('11:30');
  const { violations, requests } = await alarms();
  expect(levelsOf(violations)).toEqual(BOTH);
  expect(new Set(requests.map(({ voltageLevel }) => voltageLevel))).toEqual(BOTH);
  const { body } = await as('dso').get(`/api/v1/sessions/${session}/requests?limit=100`);
  const sent = (body.items as { requestId: string }[]).map(({ requestId }) => requestId);
  for (const { requestId } of requests) expect(sent).toContain(requestId);
});

it('the outcome is validated on both levels at once, and ends violations of both', async () => {
  // All that customers have, so that what is asked for is there.
  for (const aggregator of ['AGG1', 'AGG2', 'AGG3']) {
    const bid = { bidId: `${aggregator}-all`, sharePerMille: 1_000 };
    const bidding = await as(`aggregator:${aggregator}`).post(
      `/api/v1/portfolio/sessions/${session}/offers`,
      bid,
    );
    expect(bidding.status).toBe(201);
  }
  await until('18:00');
  const { body } = await as('operator').get(`/api/v1/sessions/${session}`);
  expect(body).toMatchObject({ status: 'published', validation: { exceptions: 0 } });
  const { violations } = await alarms();
  expect(levelsOf(violations.filter(({ resolvedAt }) => resolvedAt !== null))).toEqual(BOTH);
});

const hasPandapower = spawnSync(PYTHON, ['-c', 'import pandapower']).status === 0;
(hasPandapower ? it : it.skip)('pandapower agrees to 1e-6 pu', async () => {
  const dso = as('dso');
  const { model } = (await dso.get(GRID_PATH)).body as { model: Network };
  const forecast = (await dso.get(`${GRID_PATH}/forecasts/${session}`)).body as {
    busW: number[][];
    busVar: number[][];
  };
  for (const mtu of [0, 48, 78]) {
    const flow = await dso.get(`${GRID_PATH}/forecasts/${session}/power-flow?mtu=${mtu}`);
    const { converged, buses } = flow.body.powerFlow as {
      converged: boolean;
      buses: { id: string; vmPu: number }[];
    };
    expect(converged).toBe(true);
    const ofMtu = (rows: number[][]): number[] => rows.map((row) => row[mtu]!);
    const input = { model, busW: ofMtu(forecast.busW), busVar: ofMtu(forecast.busVar) };
    const script = path.join(__dirname, 'testing/pandapower-flow.py');
    const run = spawnSync(PYTHON, [script], { input: JSON.stringify(input), encoding: 'utf8' });
    expect([run.status, run.stderr]).toEqual([0, '']);
    const peer = JSON.parse(run.stdout) as Record<string, number>;
    expect(buses).toHaveLength(model.buses.length);
    for (const { id, vmPu } of buses) expect(Math.abs(vmPu - peer[id]!)).toBeLessThan(1e-6);
  }
});

it.each<[string, object, string]>([
  ['a bus that is not there', { bus: 'busX' }, 'no bus'],
  ['another voltage', { bus: 'bus0' }, '20 kV'],
  ['a network that is none', { model: {} }, 'schema'],
])('a feeder with %s is refused by name, and the model stands', async (_, wrong, words) => {
  const dso = as('dso');
  const before = await dso.get(GRID_PATH);
  const good = { name: 'street', bus: 'bus6', model: feederFile([{ parent: 0, rOhm: 0.04 }]) };
  const feeders = [{ ...good, ...wrong }];
  const refused = await dso.put(GRID_PATH, { model: gridFile(GRID), feeders });
  expect(refused.status).toBeGreaterThanOrEqual(400);
  expect(refused.status).toBeLessThan(500);
  expect(JSON.stringify(refused.body)).toContain(words);
  const after = await dso.get(GRID_PATH);
  expect(after.headers['etag']).toBe(before.headers['etag']);
});
