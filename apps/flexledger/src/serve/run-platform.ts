/** The configured platforms in real time: opened, followed, served, and closed in order when told to stop. */
import { WallTimers, isoNow, messageOf, wallClock } from '@flexledger/runtime';
import { loadRulePack, publishedGridOf, watchCertificate } from '@flexledger/service-kit';
import { type CertificateSetting, type Config, runsAll } from '../config/config';
import { startSimulatedField } from '@flexledger/demo-field';
import { leaveInstanceFile } from '@flexledger/platform-cli';
import type { Closers } from '../platform/open-base';
import { type Platform, openPlatform } from '../platform/open-platform';
import { type PlatformTokens, openTokens } from '@flexledger/service-kit';
import { VERSION } from '../version';
import { type ServedPlatform, actorsOf, servePlatform } from './serve-platform';

export interface RunOptions {
  readonly config: Config;
  /** The data folder in the user's words. */
  readonly dataDirShown: string;
  readonly onProblem: (problem: string) => void;
  /** Told what has become of a demo's households. */
  readonly onNews: (line: string) => void;
  /** Called once everything answers. */
  readonly onReady: (platform: Platform, served: ServedPlatform) => void;
}

/** Light Nodes whose months are kept at hand. */
const EXPECTED_NODES = 10_000;

/**
 * Runs until `stop` aborts. Whatever happens, everything that was opened is closed again.
 *
 * @throws ChainInUse, LogBusy, LogDamaged, ChainUnavailable, AnvilError, RulePackError, Error for a
 *   port that is taken
 */
export async function runPlatform(options: RunOptions, stop: AbortSignal): Promise<void> {
  const { config, onProblem } = options;
  const timers = new WallTimers((name, error) => {
    if (!stop.aborted) onProblem(`${name}: ${messageOf(error)}`);
  });
  try {
    const tokens = await openTokens(config.dataDir);
    const platform = await open(options, tokens, timers, stop);
    try {
      if (!stop.aborted) await live(platform, options, tokens, timers, stop);
    } finally {
      timers.close();
      await platform.close();
    }
  } catch (error) {
    // What it waited for when it was told to stop is no error.
    if (!(stop.aborted && error === stop.reason)) throw error;
  } finally {
    timers.close();
  }
}

function open(
  { config, onProblem }: RunOptions,
  { tokenOf }: PlatformTokens,
  timers: WallTimers,
  stop: AbortSignal,
): Promise<Platform> {
  const rules = loadRulePack(config.market.rules);
  return openPlatform({
    config,
    clock: wallClock,
    timers,
    rules,
    grid: publishedGridOf(config.dso.grid, rules.rulePack),
    mode: 'follow',
    expectedNodes: EXPECTED_NODES,
    tokenOf,
    onProblem,
    stop,
  });
}

async function live(
  platform: Platform,
  options: RunOptions,
  tokens: PlatformTokens,
  timers: WallTimers,
  stop: AbortSignal,
): Promise<void> {
  const { config, dataDirShown, onProblem, onNews, onReady } = options;
  const rules = loadRulePack(config.market.rules);
  const { timeZone } = rules.rulePack;
  const instance = {
    instance: config.instance,
    version: VERSION,
    pid: process.pid,
    platforms: config.platforms,
    mqtt: platform.broker ? { host: platform.broker.host, port: platform.broker.port } : null,
    chainId: platform.chain?.chainId ?? null,
    startedAt: isoNow(wallClock),
  };
  const served = await servePlatform({
    platform,
    config,
    tokens,
    timeZone,
    clock: wallClock,
    actors: await actorsOf(config),
    dataDirShown,
    instance,
    onProblem,
  });
  const closers: Closers = [() => served.close()];
  try {
    const file = leaveInstanceFile(config.dataDir, { ...instance, url: served.url });
    closers.push(file);
    const stopFlushing = platform.accessLayer?.layer.flushRegularly();
    if (stopFlushing) closers.push(stopFlushing);
    closers.push(
      watch(config.http.tls, timers, onProblem, (renewed) => served.renewCertificate(renewed)),
    );
    closers.push(
      watch(config.mqtt.tls, timers, onProblem, (renewed) =>
        platform.broker?.renewCertificate(renewed),
      ),
    );
    const ending = new AbortController();
    const following = platform.processors.follow(AbortSignal.any([stop, ending.signal]));
    closers.push(async () => {
      ending.abort();
      await Promise.allSettled([following]);
    });
    onReady(platform, served);
    const field =
      runsAll(config) && platform.broker
        ? startSimulatedField({
            dataDir: config.dataDir,
            url: served.url,
            brokerPort: platform.broker.port,
            rules,
            clock: wallClock,
            timers,
            tokenOf: tokens.tokenOf,
            tell: onNews,
            onProblem,
          })
        : undefined;
    if (field) closers.push(() => field.close());
    await following;
  } finally {
    for (const end of closers.reverse()) await end();
  }
}

interface Renewed {
  readonly key: string;
  readonly cert: string;
}

/** Hands a listener's renewed certificates on; nothing where it has none. */
function watch(
  files: CertificateSetting | undefined,
  timers: WallTimers,
  onProblem: (problem: string) => void,
  onRenewed: (renewed: Renewed) => void,
): () => void {
  if (!files) return () => undefined;
  const watched = watchCertificate(files, { clock: wallClock, timers, onProblem });
  watched.onRenewed(onRenewed);
  return () => watched.close();
}
