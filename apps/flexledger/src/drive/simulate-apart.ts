/**
 * One simulated day with every platform in a process of its own: they share the operator's log and keys
 * and reach each other over HTTP, the Light Nodes reach them over MQTT. Each process can be killed once,
 * at a moment drawn from a seed. What the day comes to, in substance, is what it comes to in one process.
 */
import path from 'node:path';
import { openLog } from '@flexledger/event-store';
import { drawInteger, freePorts, seededRandom, sleep, wallClock } from '@flexledger/runtime';
import { openFlowLog } from '@flexledger/service-kit';
import { type Config, PLATFORMS, type PlatformName } from '../config/config';
import { loadConfig } from '../config/load-config';
import { brokerToken, openKeys } from '../platform/keys';
import { dayTotals } from '../simulate/day-totals';
import { startFleet } from '../simulate/fleet';
import { runDay } from '../simulate/run-day';
import {
  type SimulateOptions,
  type SimulatedDay,
  openRegisteredDay,
} from '../simulate/simulate-day';
import { createMarketClock } from './market-clock';
import { type PlatformChild, startPlatformChild } from './platform-child';
import { type PlatformUse, watchUse } from './platform-use';

export interface ApartOptions extends SimulateOptions {
  /** Rule pack, by name or file, as each process loads it. */
  readonly rulesName: string;
  /** Kills each platform once, at moments that follow from it; none is killed where absent. */
  readonly killSeed?: number;
  /** Folder in which each process keeps its flow log; none is kept where absent. */
  readonly flowLogDir?: string;
  /** Told of each quarter-hour of the delivery day as it begins. */
  readonly onQuarterHour?: (mtu: number) => void;
}

/** A platform's end on purpose. */
export interface Kill {
  readonly platform: PlatformName;
  /** Quarter-hour of the delivery day. */
  readonly mtu: number;
  /** Real time after its begin. */
  readonly delayMs: number;
}

export interface DayApart extends SimulatedDay {
  readonly kills: readonly Kill[];
  /** What each platform's process has used. */
  readonly uses: Readonly<Record<PlatformName, PlatformUse>>;
}

/** Longest time into a quarter-hour, in real milliseconds, at which a process is killed. */
const LATEST_KILL_MS = 120;

/** Simulates it into an empty data folder. @throws UsageError when the folder holds a log already */
export async function simulateDayApart(options: ApartOptions): Promise<DayApart> {
  const { dataDir, logUrl, seed, date, grid, rules, progress, onProblem, flowLogDir } = options;
  const { platform, clock: fieldClock, ...day } = await openRegisteredDay(options);
  const startMs = fieldClock.nowMs();
  await platform.close();
  const configs = await configsOf(options);
  const place = { dataDir, ...(logUrl !== undefined && { url: logUrl }) };
  const log = await openLog(place, { clock: fieldClock });
  const children: PlatformChild[] = [];
  // The Light Nodes live in this process.
  const closeFlowLog =
    flowLogDir === undefined
      ? undefined
      : openFlowLog(flowLogOf(flowLogDir, 'light-nodes'), wallClock.nowMs);
  try {
    let nowMs = (): number => startMs;
    for (const name of PLATFORMS) {
      const config = configs.get(name)!;
      const { rulesName, pods } = options;
      const open = () =>
        ({
          kind: 'open',
          config,
          rules: rulesName,
          seed,
          nowMs: nowMs(),
          day: date,
          pods,
        }) as const;
      children.push(startPlatformChild(name, open, onProblem));
    }
    const clock = createMarketClock(children, startMs, () => log.head());
    ({ nowMs } = clock);
    await clock.settle();
    const { host, port } = configs.get('blockchain-access-layer')!.mqtt;
    const keys = openKeys(dataDir, seed);
    const use = watchUse(children, clock.nowMs());
    const fleet = await startFleet({
      ...day,
      broker: { host, port },
      nodeToken: (podId) => brokerToken(keys, podId),
      clock: fieldClock,
    });
    const kills =
      options.killSeed === undefined ? [] : drawKills(options.killSeed, day.period.mtuCount);
    const childOf = (name: PlatformName): PlatformChild =>
      children.find((child) => child.name === name)!;
    const accessLayer = childOf('blockchain-access-layer');
    const platforms = {
      // The field goes by the same clock, which stands still while platforms have their turns.
      async advanceTo(untilMs: number) {
        await clock.advanceTo(untilMs);
        fieldClock.setTo(untilMs);
      },
      async reach(untilMs: number) {
        await clock.reach(untilMs);
        fieldClock.setTo(untilMs);
      },
      settle: () => clock.settle(),
      async collect(what: 'measurements' | 'reports', count: number) {
        await accessLayer.ask({ kind: 'collect', what, count });
      },
    };
    try {
      const onQuarterHour = (mtu: number): void => {
        use.look(clock.nowMs());
        options.onQuarterHour?.(mtu);
        for (const kill of kills.filter((one) => one.mtu === mtu)) {
          void sleep(kill.delayMs).then(() => childOf(kill.platform).kill());
        }
      };
      const { period } = day;
      await runDay({ platforms, fleet, period, rules: rules.rulePack, progress, onQuarterHour });
    } finally {
      await fleet.close();
    }
    await platforms.collect('reports', fleet.size);
    await clock.settle();
    const { concluded } = await childOf('certifier').ask({ kind: 'conclude' });
    await Promise.all(children.map((child) => child.close()));
    use.look(clock.nowMs());
    const totals = await dayTotals(log);
    return { seed, date, grid, ...totals, ...concluded!, kills, uses: use.uses() };
  } finally {
    closeFlowLog?.();
    await Promise.all(children.map((child) => child.close()));
    await log.close();
  }
}

/** Each platform once, in the order of the quarter-hours. */
export function drawKills(seed: number, mtuCount: number): Kill[] {
  const random = seededRandom(seed, 'kills');
  const kills = PLATFORMS.map((platform) => ({
    platform,
    mtu: drawInteger(random, 0, mtuCount - 1),
    delayMs: drawInteger(random, 0, LATEST_KILL_MS),
  }));
  return kills.sort((one, other) => one.mtu - other.mtu);
}

/** A configuration a platform, at ports that are free now. */
async function configsOf({
  dataDir,
  grid,
  flowLogDir,
  logUrl,
  engines: { kafka, ...engines } = {},
}: Pick<ApartOptions, 'dataDir' | 'grid' | 'flowLogDir' | 'logUrl' | 'engines'>): Promise<
  Map<PlatformName, Config>
> {
  const ports = await freePorts(PLATFORMS.length + 2);
  const [mqtt, chain, ...http] = ports as [number, number, ...number[]];
  const addresses = Object.fromEntries(
    PLATFORMS.map((name, index) => [name, `http://127.0.0.1:${http[index]}`]),
  ) as Record<PlatformName, string>;
  return new Map(
    PLATFORMS.map((name, index) => [
      name,
      loadConfig({
        flags: {
          dataDir,
          platforms: [name],
          instance: name,
          addresses,
          http: { port: http[index]! },
          dso: { grid },
          ...engines,
          mqtt: { port: mqtt, ...engines.mqtt },
          chain: { port: chain, ...engines.chain },
          ...(logUrl !== undefined && { log: { url: logUrl } }),
          // Without leases one process publishes.
          ...(kafka && name === 'shared-customer-database' && { kafka }),
          ...(flowLogDir === undefined ? {} : { flows: { logFile: flowLogOf(flowLogDir, name) } }),
        },
      }),
    ]),
  );
}

const flowLogOf = (folder: string, process: string): string =>
  path.join(folder, `${process}.jsonl`);
