import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { VirtualClock } from '@flexledger/runtime';
import { OPEN_LIMITS } from '@flexledger/grid-operations';
import { loadRulePack, gridFile } from '@flexledger/service-kit';
import type { SimulatedDay, WholePlatform } from '@flexledger/composer';
import { type CallAs, callAs } from './http-client';
import { simulatedCopy } from './simulated-copy';
import { serveWhole } from './whole-platform';

/** A whole simulated day, served over HTTP some days later. */
export interface ServedDay {
  readonly day: SimulatedDay;
  readonly dataDir: string;
  readonly url: string;
  readonly as: CallAs;
  readonly platform: WholePlatform;
  /** Lets time pass, and processors do what is due. */
  pass(seconds: number): Promise<void>;
  /** Ends serving and leaves the folder; the embedded chain is saved in it. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export { DATE } from './simulated-copy';

/**
 * @param actors who can sign in beside the usual parties
 * @param holdsVoltage whether PoDs with an inverter sell reactive power
 * @param rules the market's pack
 */
export async function serveSimulatedDay(
  pods: number,
  actors: readonly string[] = [],
  holdsVoltage = false,
  rules = loadRulePack('platone'),
): Promise<ServedDay> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'flexledger-day-'));
  const onProblem = (problem: string): void => fail(problem);
  const day = await simulatedCopy({ pods, holdsVoltage, rules }, dataDir);
  const clock = new VirtualClock(Date.parse('2026-03-24T08:00:00Z'));
  const served = await serveWhole({
    dataDir,
    clock,
    rules,
    grid: { gridId: 'ieee33', model: gridFile('ieee33'), limits: OPEN_LIMITS },
    pods,
    actors,
    onProblem,
  });
  const { platform } = served;
  let isServed = true;
  const stop = async (): Promise<void> => {
    if (isServed) await served.close();
    isServed = false;
  };
  return {
    day,
    dataDir,
    platform,
    url: served.url,
    as: callAs(served.url, dataDir),
    async pass(seconds) {
      await platform.processors.drain();
      const untilMs = clock.nowMs() + seconds * 1_000;
      await clock.advanceTo(untilMs, () => platform.processors.drain());
    },
    stop,
    async close() {
      await stop();
      rmSync(dataDir, { recursive: true });
    },
  };
}

function fail(problem: string): void {
  throw new Error(problem);
}
