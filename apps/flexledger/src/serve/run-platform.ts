/** The configured platforms in real time: opened, followed, served, and closed in order when told to stop. */
import { WallTimers, isoNow, messageOf, wallClock } from '@flexledger/runtime';
import {
  type PlatformTokens,
  loadRulePack,
  openTokens,
  publishedGridOf,
  watchCertificate,
} from '@flexledger/service-kit';
import { type CertificateSetting, type Config, runsAll } from '../config/config';
import { startSimulatedField } from '@flexledger/demo-field';
import { type Instance, type InstanceFile, leaveInstanceFile } from '@flexledger/platform-cli';
import { makeDataFolder } from '../platform/data-folder';
import type { Closers } from '../platform/open-base';
import { type Platform, openPlatform } from '../platform/open-platform';
import { type StorageWatch, watchStorage } from '../platform/storage-watch';
import { VERSION } from '../version';
import { type ServedLog, servedLogOf } from './served-log';
import { type ServedPlatform, actorsOf, servePlatform } from './serve-platform';

export interface RunOptions {
  readonly config: Config;
  readonly onProblem: (problem: string) => void;
  /** Told what has become of a demo's households. */
  readonly onNews: (line: string) => void;
  /** Called once everything answers. */
  readonly onReady: (platform: Platform, served: ServedPlatform) => void;
}

/** How often a demo's households tell their power now. */
const POWER_EVERY_MS = 5_000;
/** Light Nodes whose months are kept at hand. */
const EXPECTED_NODES = 10_000;

/**
 * Runs until `stop` aborts. Whatever happens, everything that was opened is closed again.
 *
 * @throws ChainInUse, LogBusy, LogDamaged, ChainUnavailable, AnvilError, RulePackError, Error for a
 *   port that is taken
 */
export async function runPlatform(given: RunOptions, stop: AbortSignal): Promise<void> {
  const { dataDir } = given.config;
  const storage = watchStorage({ dataDir, onProblem: given.onProblem });
  const { tell: onProblem } = storage;
  const options = { ...given, onProblem };
  const timers = new WallTimers((name, error) => {
    if (!stop.aborted) onProblem(`${name}: ${messageOf(error)}`);
  });
  let file: InstanceFile | undefined;
  try {
    makeDataFolder(dataDir);
    const starting = startingInstance(given.config);
    // Before anything is opened, so that nobody replaces the folder under what waits for its certifier.
    file = leaveInstanceFile(dataDir, starting);
    const tokens = await openTokens(dataDir);
    const platform = await open(options, tokens, timers, stop);
    try {
      if (!stop.aborted)
        await live(platform, options, { tokens, timers, storage, starting, file }, stop);
    } finally {
      timers.close();
      await platform.close();
    }
  } catch (error) {
    // What it waited for when it was told to stop is no error.
    if (!(stop.aborted && error === stop.reason)) throw error;
  } finally {
    timers.close();
    storage.close();
    file?.remove();
  }
}

function startingInstance({ instance, platforms }: Config): Instance {
  return {
    instance,
    version: VERSION,
    pid: process.pid,
    url: null,
    platforms,
    mqtt: null,
    chainId: null,
    startedAt: isoNow(wallClock),
  };
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

/** What a process has around its platforms. */
interface Around {
  readonly tokens: PlatformTokens;
  readonly timers: WallTimers;
  readonly storage: StorageWatch;
  /** What it has said of itself since before it opened anything, and where. */
  readonly starting: Instance;
  readonly file: InstanceFile;
}

async function live(
  platform: Platform,
  options: RunOptions,
  { tokens, timers, storage, starting, file }: Around,
  stop: AbortSignal,
): Promise<void> {
  const { config, onProblem, onNews, onReady } = options;
  const rules = loadRulePack(config.market.rules);
  const { timeZone } = rules.rulePack;
  const instance = {
    ...starting,
    mqtt: platform.broker ? { host: platform.broker.host, port: platform.broker.port } : null,
    chainId: platform.chain?.chainId ?? null,
  };
  const served = await servePlatform({
    platform,
    config,
    tokens,
    timeZone,
    clock: wallClock,
    actors: await actorsOf(config),
    instance,
    readiness: [{ name: 'storage', check: () => storage.check() }],
    onProblem,
  });
  const closers: Closers = [() => served.close()];
  try {
    const servedLog = await servedLogOf(config, platform.store, onProblem);
    if (servedLog) closers.push(() => servedLog.close());
    if (servedLog) onNews(`The log is served at ${servedLog.address}.`);
    const otherPorts = otherPortsOf(config, platform, servedLog);
    file.update({ ...instance, url: served.url, otherPorts });
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
    closers.push(
      watch(config.dso.tcp?.tls, timers, onProblem, (renewed) =>
        platform.dso?.tcp?.renewCertificate(renewed),
      ),
      watch(config.accessLayer.tcp?.tls, timers, onProblem, (renewed) =>
        platform.accessLayer?.layer.tcp?.renewCertificate(renewed),
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
            powerEveryMs: POWER_EVERY_MS,
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

/** Where a process listens beside REST and its broker. */
function otherPortsOf(
  config: Config,
  { accessLayer, dso, certifier }: Platform,
  servedLog: ServedLog | undefined,
): number[] {
  const isApart = certifier !== undefined && !runsAll(config);
  return [
    accessLayer?.layer.tcp?.port,
    dso?.tcp?.port,
    servedLog?.port,
    isApart && config.chain.rpcUrl === undefined ? config.chain.port : undefined,
  ].filter((port): port is number => port !== undefined && port !== 0);
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
