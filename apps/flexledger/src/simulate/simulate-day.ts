/**
 * One whole market day in virtual time: from the registration on the morning before to the last
 * settlement. Only the clock and the field are simulated; log, broker, chain and all platforms are
 * those of a real day.
 */
import { existsSync } from 'node:fs';
import { deliveryDay, localTimeMs, sessionsDelivering } from '@flexledger/domain';
import { limitsOf } from '@flexledger/grid-operations';
import {
  type ForecastShapes,
  forecastBasis,
  forecastShapes,
  reportWeather,
} from '@flexledger/dso-technical-platform';
import { BEFORE_FIRST, contextOf, openLog, recurringContextOf } from '@flexledger/event-store';
import type { Weather } from '@flexledger/grid';
import { VirtualClock, wallClock } from '@flexledger/runtime';
import { type LoadedRulePack, gridFile, openTokens } from '@flexledger/service-kit';
import { UsageError } from '@flexledger/command-line';
import { type Progress } from '@flexledger/terminal';
import { type TsoKnowledge, writeTsoKnowledge } from '../platform/market-knowledge';
import type { PartialConfig } from '../config/config';
import { loadConfig } from '../config/load-config';
import { logFile, makeDataFolder } from '../platform/data-folder';
import { type WholePlatform, openWholePlatform } from '../platform/open-platform';
import { PATIENCE_MS, settleConsequences } from '../platform/settle-consequences';
import { type DayTotals, dayTotals } from './day-totals';
import { type FleetOptions, startFleet } from './fleet';
import { type DayPlatforms, runDay } from './run-day';
import {
  type MeterDriverOf,
  type Scenario,
  congested,
  declareCosts,
  drawRome,
  drawScenario,
  holdingVoltage,
  publishedModel,
  registerMarket,
  romeTestServices,
  tsoNeedsOf,
} from '@flexledger/scenario';

export interface SimulateOptions {
  readonly pods: number;
  /** Civil day of delivery, ISO date. */
  readonly date: string;
  readonly seed: number;
  readonly grid: string;
  readonly dataDir: string;
  /** Of the server that keeps the log; the folder's own when absent. */
  readonly logUrl?: string;
  /** Where the day's other engines are; the embedded ones when absent. */
  readonly engines?: Pick<PartialConfig, 'views' | 'kafka' | 'mqtt' | 'chain'>;
  readonly rules: LoadedRulePack;
  /** Reported to the DSO before the day, and what the sun does that day; a clear sky when absent. */
  readonly weather?: Weather;
  /** Whether PoDs with an inverter are in the market for the voltage; as the scenario has it when absent. */
  readonly holdsVoltage?: boolean;
  readonly progress: Progress;
  readonly onProblem: (problem: string) => void;
}

export interface SimulatedDay extends DayTotals {
  readonly seed: number;
  readonly date: string;
  readonly grid: string;
  /** Micro-euro in existence on the chain: the token's total supply. */
  readonly tokensMinted: number;
  /** RFC 9162 root over all event hashes, hex. */
  readonly logDigest: string;
}

/** Local time on the day before at which everybody registers. */
const REGISTRATION_TIME = '09:00';

/**
 * Simulates a day into an empty data folder.
 *
 * @throws UsageError when the folder holds a log already
 */
export async function simulateDay(options: SimulateOptions): Promise<SimulatedDay> {
  const { rules, progress } = options;
  const { platform, clock, ...day } = await openRegisteredDay(options);
  try {
    const { broker, nodeToken } = platform;
    const fleet = await startFleet({ ...day, broker, nodeToken, clock });
    const platforms = platformsOfOneProcess(platform, clock);
    askForTestServices(platform, clock, options, day);
    try {
      await runDay({
        platforms,
        fleet,
        period: day.period,
        rules: rules.rulePack,
        progress,
      });
    } finally {
      await fleet.close();
    }
    await platforms.collect('reports', fleet.size);
    return await conclude(platform, options);
  } finally {
    await platform.close();
  }
}

/** What the DSO of the trial asked of single households, once the day-ahead gate is open. */
function askForTestServices(
  platform: WholePlatform,
  clock: VirtualClock,
  { date, rules }: Pick<SimulateOptions, 'date' | 'rules'>,
  { scenario, period }: Pick<RegisteredDay, 'scenario' | 'period'>,
): void {
  const { timeZone } = rules.rulePack;
  const requests = romeTestServices(scenario, { date, period, timeZone });
  if (requests.length === 0) return;
  const [dayAhead] = sessionsDelivering(date, rules.rulePack);
  const { sessionId, gateOpensMs } = dayAhead!;
  clock.at(gateOpensMs + 60_000, 'simulation/test-services', async () => {
    for (const request of requests) {
      const context = contextOf(`test-services/${request.requestId}`, sessionId, 'dso');
      await platform.market.ports.orders.requestFlexibility(sessionId, request, context);
    }
  });
}

/** A day on the morning before, everybody registered and the sessions scheduled. */
export interface RegisteredDay extends Pick<
  FleetOptions,
  'scenario' | 'period' | 'shapes' | 'driverOf'
> {
  readonly platform: WholePlatform;
  readonly clock: VirtualClock;
}

/**
 * Opens an empty data folder and registers everybody.
 *
 * @throws UsageError when the folder holds a log already
 */
export async function openRegisteredDay(options: SimulateOptions): Promise<RegisteredDay> {
  const { date, seed, dataDir, rules, progress } = options;
  if (existsSync(logFile(dataDir))) {
    throw new UsageError(
      `${dataDir} holds an event log already; choose another folder with --data, or remove it.`,
    );
  }
  if (options.logUrl !== undefined) await requireEmptyLog(options.logUrl, dataDir);
  makeDataFolder(dataDir);
  const { scenario, period, shapes, beginsMs } = drawDay(options);
  writeTsoKnowledge(dataDir, tsoKnowledgeOf(scenario));
  const clock = new VirtualClock(beginsMs);
  const log = options.logUrl === undefined ? {} : { log: { url: options.logUrl } };
  const { engines } = options;
  const mqtt = { port: 0, ...engines?.mqtt };
  const config = loadConfig({ flags: { ...engines, dataDir, http: { port: 0 }, mqtt, ...log } });
  const tokens = await openTokens(dataDir);
  const platform = await openWholePlatform({
    config,
    clock,
    timers: clock,
    rules,
    grid: { gridId: scenario.gridId, model: publishedModel(scenario), limits: scenario.limits },
    seed,
    mode: 'drain',
    expectedNodes: options.pods,
    tokenOf: tokens.tokenOf,
    onProblem: options.onProblem,
  });
  try {
    progress.update(1, 'registration');
    if (options.weather) {
      const report = { gridId: scenario.gridId, source: 'scenario', weather: options.weather };
      const context = recurringContextOf('weather', 'weather', 'dso');
      await reportWeather({ store: platform.store, clock }, report, context);
    }
    await registerMarket(platform, scenario, { deliveryDay: date, period }, shapes, meterDriverOf);
    await declareCosts(platform, scenario);
    await platform.market.calendar.scheduleDay(date);
    await platform.processors.drain();
    return { platform, clock, scenario, period, shapes, driverOf: meterDriverOf };
  } catch (error) {
    await platform.close();
    throw error;
  }
}

/** A day before anybody has registered: who and what there is, and when it begins. */
export interface DrawnDay extends Pick<FleetOptions, 'scenario' | 'period' | 'shapes'> {
  /** The morning on which everybody registers. */
  readonly beginsMs: number;
}

/** All that follows from the seed, for whatever platforms the day is to run on. */
export function drawDay(
  options: Pick<SimulateOptions, 'date' | 'rules' | 'weather' | 'seed' | 'pods' | 'grid'>,
): DrawnDay {
  const { date, rules, weather } = options;
  const { timeZone, baseline } = rules.rulePack;
  const period = deliveryDay(date, timeZone);
  const shapes = forecastShapes(date, period, forecastBasis(timeZone, baseline.holidays), weather);
  const scenario = scenarioFor(options, shapes);
  const beginsMs = localTimeMs(date, -1, REGISTRATION_TIME, timeZone);
  return { scenario, period, shapes, beginsMs };
}

/** One household has its meter behind a real Modbus TCP connection. */
export const meterDriverOf: MeterDriverOf = (index) => (index === 0 ? 'modbusTcp' : 'simulated');

/** @throws UsageError when a server keeps a log already */
async function requireEmptyLog(url: string, dataDir: string): Promise<void> {
  const log = await openLog({ dataDir, url }, { clock: wallClock });
  try {
    if ((await log.head()) === BEFORE_FIRST) return;
    throw new UsageError(`The log at ${url} holds events already; name an empty one with --log.`);
  } finally {
    await log.close();
  }
}

/** The day's platforms in this process, with their clock. */
function platformsOfOneProcess(platform: WholePlatform, clock: VirtualClock): DayPlatforms {
  const settle = (): Promise<void> => settleConsequences(platform);
  const { measurements, nodeReports } = platform.accessLayer.layer;
  return {
    advanceTo: (untilMs) => clock.advanceTo(untilMs, settle),
    reach: (untilMs) => clock.advanceTo(untilMs),
    settle,
    async collect(what, count) {
      await (what === 'measurements' ? measurements : nodeReports).collect(count, PATIENCE_MS);
    },
  };
}

async function conclude(platform: WholePlatform, options: SimulateOptions): Promise<SimulatedDay> {
  const { processors, store, chain, views } = platform;
  const { certifier } = platform.certifier;
  await certifier.seal();
  await processors.drain();
  await views.runner.catchUp();
  const { seed, date, grid } = options;
  return {
    seed,
    date,
    grid,
    ...(await dayTotals(store)),
    tokensMinted: Number(await chain.tokenContract.totalSupplyMicroEur()),
    logDigest: await certifier.logDigest(),
  };
}

/** The scenario with its limits lowered until there is something to buy flexibility for. */
function scenarioFor(
  options: Pick<SimulateOptions, 'seed' | 'pods' | 'grid' | 'rules' | 'holdsVoltage'>,
  shapes: ForecastShapes,
): Scenario {
  const { seed, pods, grid: gridId, holdsVoltage } = options;
  const limits = limitsOf(options.rules.rulePack);
  const drawn =
    drawRome(seed, gridId, limits) ?? drawScenario(seed, pods, gridId, gridFile(gridId), limits);
  return congested(holdsVoltage ? holdingVoltage(drawn) : drawn, shapes);
}

/** What the TSO of a scenario needs, which it alone knows. */
export function tsoKnowledgeOf(scenario: Scenario): TsoKnowledge {
  return { seed: scenario.seed, tso: tsoNeedsOf(scenario) };
}

/** Steps that a day's progress counts to. */
export function progressSteps(date: string, { rulePack }: LoadedRulePack): number {
  return deliveryDay(date, rulePack.timeZone).mtuCount + 2;
}
