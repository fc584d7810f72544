/** The platform in real time: opened, followed, served, and closed in order when told to stop. */
import { BLOCKCHAIN_ACCESS_LAYER_POLICY } from '@flexledger/blockchain-access-layer';
import { gridFileOf, parseNetwork } from '@flexledger/grid';
import { WallTimers, wallClock } from '@flexledger/runtime';
import type { LoadedRulePack } from '@flexledger/service-kit';
import { type Platform, openPlatform } from '../platform/open-platform';
import { gridFile } from '../platform/reference-data';
import { limitsOf } from '../simulate/tighten-limits';
import { type ServedPlatform, servePlatform } from './serve-platform';

export interface RunOptions {
  readonly dataDir: string;
  /** The data folder in the user's words. */
  readonly dataDirShown: string;
  /** 0 takes any free port, here and for MQTT. */
  readonly port: number;
  readonly mqttPort: number;
  readonly rules: LoadedRulePack;
  /** Grid published when the log has none yet; one of those that come with the project. */
  readonly gridId: string;
  readonly chainRpcUrl?: string;
  readonly onProblem: (problem: string) => void;
  /** Called once everything answers. */
  readonly onReady: (platform: Platform, served: ServedPlatform) => void;
}

const SEAL_EVERY_SECONDS = 60;

/**
 * Runs until `stop` aborts. Whatever happens, everything that was opened is closed again.
 *
 * @throws LogInUse, LogDamaged, ChainUnavailable, AnvilError, Error for a port that is taken, and
 *   what ended the following of the log
 */
export async function runPlatform(options: RunOptions, stop: AbortSignal): Promise<void> {
  const { onProblem } = options;
  const timers = new WallTimers((name, error) => {
    if (!stop.aborted) onProblem(`${name}: ${messageOf(error)}`);
  });
  try {
    const platform = await open(options, timers);
    try {
      if (!stop.aborted) await live(platform, options, stop);
    } finally {
      timers.close();
      await platform.close();
    }
  } finally {
    timers.close();
  }
}

function open(options: RunOptions, timers: WallTimers): Promise<Platform> {
  const { dataDir, rules, gridId, mqttPort, chainRpcUrl, onProblem } = options;
  const model = gridFileOf(parseNetwork(gridFile(gridId)));
  return openPlatform({
    dataDir,
    clock: wallClock,
    timers,
    rules,
    grid: { gridId, model, limits: limitsOf(rules.rulePack) },
    brokerPort: mqttPort,
    saveChainOften: true,
    ...(chainRpcUrl === undefined ? {} : { chainRpcUrl }),
    expectedNodes: BLOCKCHAIN_ACCESS_LAYER_POLICY.expectedNodes,
    sealEverySeconds: SEAL_EVERY_SECONDS,
    onProblem,
  });
}

async function live(platform: Platform, options: RunOptions, stop: AbortSignal): Promise<void> {
  const { dataDir, dataDirShown, rules, port, onProblem, onReady } = options;
  const serving = { platform, rules, dataDir, dataDirShown, clock: wallClock, port, onProblem };
  const served = await servePlatform(serving);
  const failed = new AbortController();
  const until = AbortSignal.any([stop, failed.signal]);
  const following = [
    platform.views.runner.follow(until),
    platform.reactors.follow(until, async () => {}),
  ].map((loop) => loop.finally(() => failed.abort()));
  const stopFlushing = platform.accessLayer.flushRegularly();
  try {
    await platform.calendar.run();
    onReady(platform, served);
    await Promise.all(following);
  } finally {
    failed.abort();
    stopFlushing();
    await served.close();
    await Promise.allSettled(following);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
