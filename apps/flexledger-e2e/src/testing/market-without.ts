/** A market of one day in which one platform of ours does not run: somebody else's does its work, or nobody. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type PlatformName, PLATFORMS } from '@flexledger/command-line';
import {
  actorsOf,
  loadConfig,
  openPlatform,
  openWholePlatform,
  registerMarket,
  servePlatform,
} from '@flexledger/composer';
import { deliveryDay, localTimeMs } from '@flexledger/domain';
import { forecastBasis, forecastShapes } from '@flexledger/dso-technical-platform';
import { OPEN_LIMITS } from '@flexledger/grid-operations';
import { VirtualClock, freePort } from '@flexledger/runtime';
import { type Scenario, drawScenario, publishedModel } from '@flexledger/scenario';
import { gridFile, loadRulePack, openTokens } from '@flexledger/service-kit';
import { type CallAs, callAs } from './http-client';

/** It is the day before delivery, 09:00; the register is filled. */
export interface MarketWithout {
  readonly url: string;
  readonly dataDir: string;
  readonly as: CallAs;
  readonly scenario: Scenario;
  readonly clock: VirtualClock;
  readonly platform: Awaited<ReturnType<typeof openPlatform>>;
  /** `dayAhead-...` */
  readonly dayAhead: string;
  /** Lets time go on to a local time, so many days from the day before delivery, with all that follows. */
  until(time: string, days?: number): Promise<void>;
  /** Closes it and removes the folder; whatever went wrong fails. */
  close(): Promise<void>;
}

export const DAY = '2026-03-17';
const PODS = 6;

/** Opens one. */
export async function openMarketWithout(left: PlatformName): Promise<MarketWithout> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'flexledger-without-'));
  const rules = loadRulePack('platone');
  const { timeZone } = rules.rulePack;
  const at = (time: string, days: number): number => localTimeMs(DAY, days, time, timeZone);
  const clock = new VirtualClock(at('09:00', -1));
  const scenario = drawScenario(1, PODS, 'ieee33', gridFile('ieee33'), OPEN_LIMITS);
  const grid = {
    gridId: scenario.gridId,
    model: publishedModel(scenario),
    limits: scenario.limits,
  };
  const ports = { http: { port: 0 }, mqtt: { port: 0 }, chain: { port: await freePort() } };
  const configOf = (platforms: readonly PlatformName[]) =>
    loadConfig({ flags: { dataDir, platforms, ...ports } });
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

  // The register is filled while all run, so that the PoDs are located by ours of the DSO.
  const whole = configOf(PLATFORMS);
  const tokens = await openTokens(dataDir);
  const { tokenOf } = tokens;
  const before = await openWholePlatform({ config: whole, tokenOf, ...opening });
  const period = deliveryDay(DAY, timeZone);
  const shapes = forecastShapes(DAY, period, forecastBasis(timeZone));
  await registerMarket(before, scenario, { deliveryDay: DAY, period }, shapes, () => 'simulated');
  await before.close();

  const config = configOf(PLATFORMS.filter((name) => name !== left));
  const platform = await openPlatform({ config, tokenOf, ...opening });
  const actors = [
    ...(await actorsOf(whole)),
    ...scenario.aggregators.map(({ aggregatorId }) => `aggregator:${aggregatorId}`),
  ];
  const serving = { platform, config, tokens, timeZone, clock, actors: [...new Set(actors)] };
  const served = await servePlatform({ ...serving, onProblem: opening.onProblem });
  const [dayAhead] = await platform.market!.calendar.scheduleDay(DAY);
  await platform.processors.drain();
  return {
    url: served.url,
    dataDir,
    as: callAs(served.url, dataDir),
    scenario,
    clock,
    platform,
    dayAhead: dayAhead!.sessionId,
    until: (time, days = 0) =>
      clock.advanceTo(at(time, days - 1), () => platform.processors.drain()),
    async close() {
      await served.close();
      await platform.close();
      rmSync(dataDir, { recursive: true });
      expect(problems).toEqual([]);
    },
  };
}
