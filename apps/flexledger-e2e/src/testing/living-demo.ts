import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PLATFORMS } from '@flexledger/command-line';
import { MTU_MS, localTimeMs } from '@flexledger/domain';
import { OPEN_LIMITS } from '@flexledger/grid-operations';
import { VirtualClock } from '@flexledger/runtime';
import { gridFile, loadRulePack, openTokens } from '@flexledger/service-kit';
import { type SimulatedDay, type WholePlatform, settleConsequences } from '@flexledger/composer';
import { type SimulatedField, startSimulatedField, writeDemoDay } from '@flexledger/demo-field';
import { type CallAs, callAs } from './http-client';
import { DATE, simulatedCopy } from './simulated-copy';
import { serveWhole } from './whole-platform';

/** What `demo` serves on the day after the simulated one, on a clock that a test drives. */
export interface LivingDemo {
  readonly url: string;
  readonly as: CallAs;
  readonly platform: WholePlatform;
  /** Absent where the folder is no demo's. */
  readonly field?: SimulatedField;
  /** What the households told, and what went wrong. */
  readonly news: readonly string[];
  readonly problems: readonly string[];
  /** Lets time go on to a local time of the day, with all that follows from it; households measure. */
  until(time: string): Promise<void>;
  /** Ends serving as a stop of the process does; the folder stays. */
  close(): Promise<void>;
}

/** The simulated day, and the one on which it goes on. */
export const YESTERDAY = DATE;
export const TODAY = '2026-03-18';

const SEED = 1;
const PATIENCE_MS = 20_000;
const GRID = 'ieee33';

/** A folder with a simulated day, as `demo` or as `simulate` leaves it. */
export async function simulatedFolder(
  pods: number,
  isDemo: boolean,
): Promise<{ readonly dataDir: string; readonly day: SimulatedDay; remove(): void }> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'flexledger-living-'));
  const day = await simulatedCopy({ pods }, dataDir);
  if (isDemo) writeDemoDay(dataDir, { pods, date: YESTERDAY, seed: SEED });
  return { dataDir, day, remove: () => rmSync(dataDir, { recursive: true }) };
}

/** Serves it from a local time of the day after on; resolves when its households have started. */
export async function serveLivingDemo(
  dataDir: string,
  pods: number,
  from: string,
): Promise<LivingDemo> {
  const rules = loadRulePack('platone');
  const { timeZone } = rules.rulePack;
  const clock = new VirtualClock(localTimeMs(TODAY, 0, from, timeZone));
  const news: string[] = [];
  const problems: string[] = [];
  const onProblem = (problem: string): void => void problems.push(problem);
  const served = await serveWhole({
    dataDir,
    clock,
    rules,
    grid: { gridId: GRID, model: gridFile(GRID), limits: OPEN_LIMITS },
    pods,
    instance: {
      instance: 'living',
      version: '0.1.0',
      pid: process.pid,
      platforms: PLATFORMS,
      mqtt: null,
      chainId: null,
      startedAt: new Date(clock.nowMs()).toISOString(),
    },
    onProblem,
  });
  const { platform, url } = served;
  const { measurements, nodeReports } = platform.accessLayer.layer;
  const settle = (): Promise<void> => settleConsequences(platform);
  await platform.market.calendar.run();
  await settle();
  const field = startSimulatedField({
    dataDir,
    url,
    brokerPort: platform.broker.port,
    rules,
    clock,
    timers: clock,
    tokenOf: (await openTokens(dataDir)).tokenOf,
    tell: (line) => void news.push(line),
    onProblem,
  });
  await field?.started;
  await nodeReports.collect(field?.households().length ?? 0, PATIENCE_MS);
  await settle();
  let quarterMs = Math.floor(clock.nowMs() / MTU_MS) * MTU_MS;
  /** The quarter-hour under way was begun by somebody who measures its end. */
  let isMeasured = clock.nowMs() === quarterMs;
  let closing: Promise<void> | undefined;
  return {
    url,
    as: callAs(url, dataDir),
    platform,
    ...(field && { field }),
    news,
    problems,
    async until(time) {
      const untilMs = localTimeMs(TODAY, 0, time, timeZone);
      for (let endMs = quarterMs + MTU_MS; endMs <= untilMs; endMs += MTU_MS) {
        await clock.advanceTo(endMs, settle);
        if (isMeasured) await measurements.collect(field?.households().length ?? 0, PATIENCE_MS);
        await settle();
        isMeasured = true;
        quarterMs = endMs;
      }
      await clock.advanceTo(untilMs, settle);
    },
    close: () =>
      (closing ??= (async () => {
        await field?.close();
        await served.close();
      })()),
  };
}

/** Where the folder keeps a household's key. */
export function householdFile(dataDir: string, podId: string): string | undefined {
  const file = path.join(dataDir, 'households', podId, 'node.json');
  return existsSync(file) ? file : undefined;
}
