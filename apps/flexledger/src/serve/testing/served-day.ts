import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { VirtualClock } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import { type Platform, openPlatform } from '../../platform/open-platform';
import { gridFile } from '../../platform/reference-data';
import { type SimulatedDay, simulateDay } from '../../simulate/simulate-day';
import { OPEN_LIMITS } from '../../simulate/tighten-limits';
import { servePlatform } from '../serve-platform';
import { type CallAs, callAs } from './http-client';

/** A whole simulated day, served over HTTP some days later. */
export interface ServedDay {
  readonly day: SimulatedDay;
  readonly dataDir: string;
  readonly url: string;
  readonly as: CallAs;
  readonly platform: Platform;
  close(): Promise<void>;
}

export const DATE = '2026-03-17';

export async function serveSimulatedDay(pods: number): Promise<ServedDay> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'flexledger-day-'));
  const rules = loadRulePack('platone');
  const onProblem = (problem: string): void => fail(problem);
  const day = await simulateDay({
    ...{ pods, date: DATE, seed: 1, grid: 'ieee33', dataDir, rules, onProblem },
    progress: { update: () => {}, end: () => {} },
  });
  const clock = new VirtualClock(Date.parse('2026-03-24T08:00:00Z'));
  const platform = await openPlatform({
    ...{ dataDir, clock, timers: clock, rules, onProblem },
    grid: { gridId: 'ieee33', model: gridFile('ieee33'), limits: OPEN_LIMITS },
    brokerPort: 0,
    expectedNodes: pods,
    sealEverySeconds: 60,
  });
  const shown = { dataDir, dataDirShown: 'data/<demo>' };
  const served = await servePlatform({ platform, rules, clock, ...shown, port: 0, onProblem });
  return {
    ...{ day, dataDir, platform, url: served.url },
    as: callAs(served.url, dataDir),
    async close() {
      await served.close();
      await platform.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}

function fail(problem: string): void {
  throw new Error(problem);
}
