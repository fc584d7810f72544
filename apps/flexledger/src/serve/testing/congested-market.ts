import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deliveryDay, localTimeMs } from '@flexledger/domain';
import { operateGrid } from '@flexledger/grid-operations';
import { forecastShapes } from '@flexledger/dso-technical-platform';
import { VirtualClock } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import { type Platform, openPlatform } from '../../platform/open-platform';
import { forecastBasis, gridFile } from '../../platform/reference-data';
import { registerMarket } from '../../simulate/register-market';
import { drawScenario, publishedModel } from '../../simulate/scenario';
import { OPEN_LIMITS, tightenLimits } from '../../simulate/tighten-limits';
import { type ServedPlatform, servePlatform } from '../serve-platform';
import { type CallAs, callAs } from './http-client';
import { DAY } from './market-at-gate';

/** A registered market on a grid with congestions, served over HTTP, that can be started again. */
export interface CongestedMarket {
  readonly as: CallAs;
  readonly dayAhead: string;
  platform(): Platform;
  /** Lets time go on to a local time of the day before delivery, with all that follows from it. */
  until(time: string): Promise<void>;
  /** All that follows from what was asked. */
  settle(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

const PODS = 12;

/** Opens one on the morning before; nobody bids by itself. */
export async function openCongestedMarket(): Promise<CongestedMarket> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'flexledger-congested-'));
  const rules = loadRulePack('platone');
  const { timeZone } = rules.rulePack;
  let clock = new VirtualClock(localTimeMs(DAY, -1, '09:00', timeZone));
  const period = deliveryDay(DAY, timeZone);
  const shapes = forecastShapes(DAY, period, forecastBasis(timeZone));
  const gridId = 'ieee33';
  const scenario = drawScenario(1, PODS, gridId, gridFile(gridId), OPEN_LIMITS);
  const model = publishedModel(scenario);
  const limits = tightenLimits(
    operateGrid({ gridId, digest: '', model, limits: OPEN_LIMITS }),
    scenario.pods,
    shapes,
    OPEN_LIMITS,
  );
  const problems: string[] = [];
  const onProblem = (problem: string): void => void problems.push(problem);
  let platform: Platform;
  let served: ServedPlatform;
  const open = async (): Promise<void> => {
    platform = await openPlatform({
      ...{ dataDir, clock, timers: clock, rules, onProblem },
      grid: { gridId, model, limits },
      seed: 1,
      brokerPort: 0,
      expectedNodes: PODS,
      sealEverySeconds: 60,
    });
    const shown = { dataDir, dataDirShown: 'data' };
    served = await servePlatform({ platform, rules, clock, ...shown, port: 0, onProblem });
  };
  await open();
  await registerMarket(
    platform!,
    scenario,
    { deliveryDay: DAY, period },
    shapes,
    () => 'simulated',
  );
  const [dayAhead] = await platform!.calendar.scheduleDay(DAY);
  await platform!.reactors.drain();
  return {
    dayAhead: dayAhead!.sessionId,
    as: (actor) => callAs(served.url, dataDir)(actor),
    platform: () => platform,
    until: (time) =>
      clock.advanceTo(localTimeMs(DAY, -1, time, timeZone), () => platform.reactors.drain()),
    settle: () => platform.reactors.drain(),
    async restart() {
      await served.close();
      await platform.close();
      clock = new VirtualClock(clock.nowMs());
      await open();
      await platform.calendar.run();
      await platform.reactors.drain();
      // What was due while the platform was down, or is done already, is due now.
      await clock.advanceTo(clock.nowMs(), () => platform.reactors.drain());
    },
    async close() {
      await served.close();
      await platform.close();
      rmSync(dataDir, { recursive: true });
      expect(problems).toEqual([]);
    },
  };
}
