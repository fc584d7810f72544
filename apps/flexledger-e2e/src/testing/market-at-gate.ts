import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deliveryDay, localTimeMs } from '@flexledger/domain';
import { OPEN_LIMITS } from '@flexledger/grid-operations';
import { forecastBasis, forecastShapes } from '@flexledger/dso-technical-platform';
import { VirtualClock } from '@flexledger/runtime';
import { loadRulePack, gridFile } from '@flexledger/service-kit';
import {
  writeTsoKnowledge,
  type WholePlatform,
  declareCosts,
  registerMarket,
  tsoKnowledgeOf,
} from '@flexledger/composer';
import { type Scenario, drawScenario, publishedModel } from '@flexledger/scenario';
import { type CallAs, callAs } from './http-client';
import { serveWhole } from './whole-platform';

/** A registered market on the morning before the delivery day, served over HTTP. */
export interface MarketAtGate {
  readonly url: string;
  /** Where the parties' secrets stand. */
  readonly dataDir: string;
  readonly as: CallAs;
  readonly scenario: Scenario;
  readonly platform: WholePlatform;
  readonly clock: VirtualClock;
  /** `dayAhead-...` */
  readonly dayAhead: string;
  /** Lets time go on to a local time of the day before delivery, with all that follows from it. */
  until(time: string): Promise<void>;
  close(): Promise<void>;
}

export const DAY = '2026-03-17';
const PODS = 6;

/**
 * Opens one.
 *
 * @param actors who can sign in beside the usual parties, as `customer:IT002E60000000`
 * @param bidding whether the parties bid by themselves; all come by REST where they do not, since
 *   no costs are declared then
 */
export async function openMarketAtGate(
  actors: readonly string[] = [],
  bidding: 'byRest' | 'byThemselves' = 'byRest',
): Promise<MarketAtGate> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'flexledger-serve-'));
  const rules = loadRulePack('platone');
  const { timeZone } = rules.rulePack;
  const clock = new VirtualClock(localTimeMs(DAY, -1, '09:00', timeZone));
  const scenario = drawScenario(1, PODS, 'ieee33', gridFile('ieee33'), OPEN_LIMITS);
  if (bidding === 'byThemselves') writeTsoKnowledge(dataDir, tsoKnowledgeOf(scenario));
  const problems: string[] = [];
  const onProblem = (problem: string): void => void problems.push(problem);
  const served = await serveWhole({
    dataDir,
    clock,
    rules,
    grid: { gridId: scenario.gridId, model: publishedModel(scenario), limits: scenario.limits },
    seed: 1,
    pods: PODS,
    actors: [...aggregatorsOf(scenario), ...actors],
    seriesOf: scenario.aggregators.map(({ aggregatorId }) => aggregatorId),
    onProblem,
  });
  const { platform } = served;
  const period = deliveryDay(DAY, timeZone);
  const shapes = forecastShapes(DAY, period, forecastBasis(timeZone));
  await registerMarket(platform, scenario, { deliveryDay: DAY, period }, shapes, () => 'simulated');
  if (bidding === 'byThemselves') await declareCosts(platform, scenario);
  const [dayAhead] = await platform.market.calendar.scheduleDay(DAY);
  await platform.processors.drain();
  return {
    url: served.url,
    dataDir,
    as: callAs(served.url, dataDir),
    scenario,
    platform,
    clock,
    dayAhead: dayAhead!.sessionId,
    until: (time) =>
      clock.advanceTo(localTimeMs(DAY, -1, time, timeZone), () => platform.processors.drain()),
    async close() {
      await served.close();
      rmSync(dataDir, { recursive: true });
      expect(problems).toEqual([]);
    },
  };
}

function aggregatorsOf({ aggregators }: Scenario): string[] {
  return aggregators.map(({ aggregatorId }) => `aggregator:${aggregatorId}`);
}
