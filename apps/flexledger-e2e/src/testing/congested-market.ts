import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deliveryDay, localTimeMs } from '@flexledger/domain';
import { forecastBasis, forecastShapes } from '@flexledger/dso-technical-platform';
import { OPEN_LIMITS, operateGrid } from '@flexledger/grid-operations';
import { VirtualClock } from '@flexledger/runtime';
import { loadRulePack, gridFile } from '@flexledger/service-kit';
import { type WholePlatform, registerMarket } from '@flexledger/composer';
import { drawScenario, publishedModel, tightenLimits } from '@flexledger/scenario';
import { type CallAs, callAs } from './http-client';
import { DAY } from './market-at-gate';
import { type ServedWhole, serveWhole } from './whole-platform';

/** A registered market on a grid with congestions, served over HTTP, that can be started again. */
export interface CongestedMarket {
  readonly as: CallAs;
  readonly dayAhead: string;
  platform(): WholePlatform;
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
  let served: ServedWhole;
  const open = async (): Promise<void> => {
    const grid = { gridId, model, limits };
    served = await serveWhole({ dataDir, clock, rules, grid, seed: 1, pods: PODS, onProblem });
  };
  await open();
  await registerMarket(
    served!.platform,
    scenario,
    { deliveryDay: DAY, period },
    shapes,
    () => 'simulated',
  );
  const [dayAhead] = await served!.platform.market.calendar.scheduleDay(DAY);
  await served!.platform.processors.drain();
  return {
    dayAhead: dayAhead!.sessionId,
    as: (actor) => callAs(served.url, dataDir)(actor),
    platform: () => served.platform,
    until: (time) =>
      clock.advanceTo(localTimeMs(DAY, -1, time, timeZone), () =>
        served.platform.processors.drain(),
      ),
    settle: () => served.platform.processors.drain(),
    async restart() {
      await served.close();
      clock = new VirtualClock(clock.nowMs());
      await open();
      await served.platform.market.calendar.run();
      await served.platform.processors.drain();
      // What was due while the platform was down, or is done already, is due now.
      await clock.advanceTo(clock.nowMs(), () => served.platform.processors.drain());
    },
    async close() {
      await served.close();
      rmSync(dataDir, { recursive: true });
      expect(problems).toEqual([]);
    },
  };
}
