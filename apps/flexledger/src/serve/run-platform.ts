/** The platform in real time: opened, followed, served, and closed in order when told to stop. */
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
/** How long packets of nodes wait to be recorded together. */
const FLUSH_EVERY_MS = 200;
/** Light Nodes whose months are kept at hand. */
const EXPECTED_NODES = 10_000;

/**
 * Runs until `stop` aborts. Whatever happens, everything that was opened is closed again.
 *
 * @throws FolderInUse, LogBusy, LogDamaged, ChainUnavailable, AnvilError, Error for a port that is taken, and
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
      if (!stop.aborted) await live(platform, options, timers, stop);
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
    keepsProcessorState: true,
    ...(chainRpcUrl === undefined ? {} : { chainRpcUrl }),
    expectedNodes: EXPECTED_NODES,
    sealEverySeconds: SEAL_EVERY_SECONDS,
    onProblem,
  });
}

async function live(
  platform: Platform,
  options: RunOptions,
  timers: WallTimers,
  stop: AbortSignal,
): Promise<void> {
  const { dataDir, dataDirShown, rules, port, onProblem, onReady } = options;
  const serving = { platform, rules, dataDir, dataDirShown, clock: wallClock, port, onProblem };
  const served = await servePlatform(serving);
  const failed = new AbortController();
  const until = AbortSignal.any([stop, failed.signal]);
  const following = [platform.views.runner.follow(until), platform.processors.follow(until)].map(
    (loop) => loop.finally(() => failed.abort()),
  );
  const stopFlushing = platform.accessLayer.flushEvery(FLUSH_EVERY_MS, timers);
  try {
    await platform.market.calendar.run();
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
