/**
 * A market without our DSO platform: nobody validates but who answers over REST (flows 3 and 4). The
 * others run; the DSO's own system asks, fetches the outcome, and permits a part of it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deliveryDay, localTimeMs } from '@flexledger/domain';
import { forecastBasis, forecastShapes } from '@flexledger/dso-technical-platform';
import { OPEN_LIMITS } from '@flexledger/grid-operations';
import { VirtualClock } from '@flexledger/runtime';
import { drawScenario, publishedModel } from '@flexledger/scenario';
import { gridFile, loadRulePack, openTokens } from '@flexledger/service-kit';
import {
  type WholePlatform,
  actorsOf,
  loadConfig,
  openPlatform,
  openWholePlatform,
  registerMarket,
  servePlatform,
} from '@flexledger/composer';
import { PLATFORMS } from '@flexledger/command-line';
import { type CallAs, callAs } from './testing/http-client';

const DAY = '2026-03-17';
const PODS = 6;
const MTUS = 96;
const AT = 40;

let dataDir: string;
let as: CallAs;
let session: string;
let until: (time: string) => Promise<void>;
let close: () => Promise<void>;

beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'flexledger-foreign-dso-'));
  const rules = loadRulePack('platone');
  const { timeZone } = rules.rulePack;
  const at = (time: string): number => localTimeMs(DAY, -1, time, timeZone);
  const clock = new VirtualClock(at('09:00'));
  const scenario = drawScenario(1, PODS, 'ieee33', gridFile('ieee33'), OPEN_LIMITS);
  const grid = {
    gridId: scenario.gridId,
    model: publishedModel(scenario),
    limits: scenario.limits,
  };
  const configOf = (platforms: typeof PLATFORMS | readonly (typeof PLATFORMS)[number][]) =>
    loadConfig({ flags: { dataDir, platforms, http: { port: 0 }, mqtt: { port: 0 } } });
  const problems: string[] = [];
  const opening = {
    clock,
    timers: clock,
    rules,
    grid,
    mode: 'drain' as const,
    expectedNodes: PODS,
    onProblem: (problem: string) => void problems.push(problem),
  };

  // The day before, the register is filled while all run, ours of the DSO too.
  const whole = configOf(PLATFORMS);
  const tokens = await openTokens(dataDir);
  const { tokenOf } = tokens;
  const before: WholePlatform = await openWholePlatform({ config: whole, tokenOf, ...opening });
  const period = deliveryDay(DAY, timeZone);
  const shapes = forecastShapes(DAY, period, forecastBasis(timeZone));
  await registerMarket(before, scenario, { deliveryDay: DAY, period }, shapes, () => 'simulated');
  await before.close();

  const config = configOf(PLATFORMS.filter((name) => name !== 'dso-technical-platform'));
  const platform = await openPlatform({ config, tokenOf, ...opening });
  const actors = await actorsOf(whole);
  const serving = { platform, config, tokens, timeZone, clock, actors };
  const served = await servePlatform({ ...serving, onProblem: opening.onProblem });
  const [dayAhead] = await platform.market!.calendar.scheduleDay(DAY);
  session = `/api/v1/sessions/${dayAhead!.sessionId}`;
  as = callAs(served.url, dataDir);
  until = (time) => clock.advanceTo(at(time), () => platform.processors.drain());
  await platform.processors.drain();
  close = async () => {
    await served.close();
    await platform.close();
    expect(problems).toEqual([]);
  };
});
afterAll(async () => {
  await close();
  rmSync(dataDir, { recursive: true });
});

it('waits for the DSO, and takes its answer by REST', async () => {
  await until('11:05');
  const { body: pods } = await as('operator').get('/api/v1/pods');
  const own = pods.items.find((pod: { aggregatorId: string }) => pod.aggregatorId === 'AGG1');
  const { upW } = own.flexibility;
  const request = {
    requestId: 'evening',
    requester: 'DSO',
    product: 'P',
    direction: 'up',
    scope: { podIds: [own.podId] },
    quantityW: Array.from({ length: MTUS }, (_, mtu) => (mtu === AT ? upW : 0)),
    priceCapMicroEurPerKwh: null,
  };
  expect((await as('dso').post(`${session}/requests`, request)).status).toBe(201);
  const offer = {
    offerId: 'offer-0',
    podId: own.podId,
    product: 'P',
    direction: 'up',
    kind: 'single',
    quantityW: new Array<number>(MTUS).fill(upW),
    priceMicroEurPerKwh: new Array<number>(MTUS).fill(100_000),
    divisible: true,
    minQuantityW: 0,
  };
  const bid = { bidId: 'bid', offers: [offer] };
  expect((await as('aggregator:AGG1').post(`${session}/offers`, bid)).status).toBe(201);

  await until('15:35');
  const waiting = await as('dso').get(`${session}/validation`);
  expect(waiting.body).toMatchObject({ validated: false, rows: [{ podId: own.podId }] });
  const permittedW = Math.floor(upW / 2);
  const exceptions = [
    { index: 0, status: 'partial', permittedW: [permittedW], violatedElement: 'line-7' },
  ];
  const { outcomeId } = waiting.body;
  const answer = await as('dso').post(`${session}/validation`, { outcomeId, exceptions });
  expect(answer.status).toBe(200);

  await until('17:30');
  const result = await as('aggregator:AGG1').get(`${session}/outcomes`);
  expect(result.body.items).toMatchObject([{ offerId: 'offer-0', acceptedW: [permittedW] }]);
  const { body } = await as('aggregator:AGG1').get(`${session}/offers/offer-0/why`);
  expect(body.rounds[0].mtus[AT]).toMatchObject({ permittedW, violatedElement: 'line-7' });
});

it('says of what only the DSO platform serves that it is not here', async () => {
  const response = await as('dso').get('/api/v1/grids/ieee33/alarms');
  expect(response.status).toBe(404);
  expect(response.body.code).toBe('not-found');
});
