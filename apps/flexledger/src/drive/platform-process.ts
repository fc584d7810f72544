/**
 * One platform of a simulated day in a process of its own: it is what `up --only` runs, on a clock and in
 * turns that the driver of the day gives, served over HTTP to the others.
 */
import { ChainUnavailable } from '@flexledger/contracts';
import { LogUnavailable } from '@flexledger/event-store';
import { NotPublished } from '@flexledger/kafka-publisher';
import { ViewsUnavailable } from '@flexledger/projections';
import { VirtualClock, sleep } from '@flexledger/runtime';
import { loadRulePack, publishedGridOf, openTokens } from '@flexledger/service-kit';
import { PlatformUnavailable } from '@flexledger/ports';
import { type Platform, openPlatform } from '../platform/open-platform';
import { PATIENCE_MS, settleConsequences } from '../platform/settle-consequences';
import { type ServedPlatform, servePlatform } from '../serve/serve-platform';
import { answerDriver } from './driven-process';
import type { DriveRequest, DriveState, OpenRequest } from './messages';

/** How long an event waits before it is handed on once more while another platform, or an engine, is down. */
const AGAIN_MS = 200;
/** How often: longer than a platform takes to start on a busy machine. */
const AGAIN_AT_MOST = 600;
/** What passes once the other side is there again. */
const AWAY = [
  PlatformUnavailable,
  LogUnavailable,
  ViewsUnavailable,
  ChainUnavailable,
  NotPublished,
];
const isAway = (error: unknown): boolean => AWAY.some((kind) => error instanceof kind);

interface Opened {
  readonly clock: VirtualClock;
  readonly platform: Platform;
  readonly served: ServedPlatform;
}

let opened: Opened | undefined;

async function open({ config, rules, seed, nowMs, day, pods }: OpenRequest): Promise<Opened> {
  const clock = new VirtualClock(nowMs);
  const pack = loadRulePack(rules);
  const tokens = await openTokens(config.dataDir);
  let failures = 0;
  const platform = await openPlatform({
    config,
    clock,
    timers: clock,
    rules: pack,
    grid: publishedGridOf(config.dso.grid, pack.rulePack),
    seed,
    mode: 'drain',
    expectedNodes: pods,
    tokenOf: tokens.tokenOf,
    onProblem,
    async again({ error }) {
      failures = isAway(error) ? failures + 1 : AGAIN_AT_MOST;
      if (failures >= AGAIN_AT_MOST) {
        failures = 0;
        return false;
      }
      await sleep(AGAIN_MS);
      return true;
    },
  });
  await platform.market?.calendar.scheduleDay(day);
  const { timeZone } = pack.rulePack;
  const serving = { platform, config, tokens, timeZone, clock, onProblem };
  return { clock, platform, served: await servePlatform(serving) };
}

async function carryOut(message: DriveRequest): Promise<Partial<DriveState>> {
  if (message.kind === 'open') {
    opened = await open(message);
    return {};
  }
  const { clock, platform, served } = opened!;
  switch (message.kind) {
    case 'setClock':
      clock.setTo(message.nowMs);
      return {};
    case 'fire':
      await clock.runNext();
      return {};
    case 'settle':
      await untilThere(() => settleConsequences(platform));
      return {};
    case 'collect': {
      const { measurements, nodeReports } = platform.accessLayer!.layer;
      const inbox = message.what === 'measurements' ? measurements : nodeReports;
      await inbox.collect(message.count, PATIENCE_MS);
      return {};
    }
    case 'conclude': {
      const { certifier } = platform.certifier!;
      await certifier.seal();
      const supply = await platform.chain!.tokenContract.totalSupplyMicroEur();
      const logDigest = await certifier.logDigest();
      return { concluded: { tokensMinted: Number(supply), logDigest } };
    }
    case 'close':
      await served.close();
      await platform.close();
      return {};
  }
}

/** Tries again while the log or the read models are away; what was handed on is not handed on twice. */
async function untilThere(task: () => Promise<void>): Promise<void> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await task();
    } catch (error) {
      if (!isAway(error) || failures === AGAIN_AT_MOST) throw error;
      await sleep(AGAIN_MS);
    }
  }
}

function usedUntilNow(): DriveState['used'] {
  const { user, system } = process.cpuUsage();
  return { cpuUs: user + system, rssBytes: process.memoryUsage.rss() };
}

async function answer(message: DriveRequest): Promise<DriveState> {
  const more = await carryOut(message);
  const { clock, platform } = opened!;
  const head = message.kind === 'close' ? 0 : await platform.store.head();
  return { next: clock.nextTimer() ?? null, head, used: usedUntilNow(), ...more };
}

const { tell: onProblem } = answerDriver(answer);
