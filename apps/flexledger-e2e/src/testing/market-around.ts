/**
 * What `up` serves on an empty folder without one of its platforms, whose place a program of somebody else's has:
 * it is followed by a mirror, as a configuration names it.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type PlatformName, PLATFORMS } from '@flexledger/command-line';
import {
  type Config,
  type PartialConfig,
  actorsOf,
  loadConfig,
  openPlatform,
  servePlatform,
} from '@flexledger/composer';
import { type MirroredEvent, localTimeMs, mirrorStream } from '@flexledger/domain';
import { VirtualClock, isoNow, sleep, wallClock, freePort } from '@flexledger/runtime';
import {
  type TokenOf,
  clientIdOf,
  loadRulePack,
  openTokens,
  publishedGridOf,
  readClientSecret,
} from '@flexledger/service-kit';
import { OPENED_AT, TODAY } from './empty-market';
import { type CallAs, callAs } from './http-client';
import { EXAMPLES, PYTHON } from './python';

type Platform = Awaited<ReturnType<typeof openPlatform>>;

export interface MarketAround {
  readonly url: string;
  /** Where the foreign platform serves. */
  readonly foreignUrl: string;
  readonly dataDir: string;
  readonly as: CallAs;
  /** A token of the market's issuer. */
  readonly tokenOf: TokenOf;
  readonly clock: VirtualClock;
  readonly platform: Platform;
  /** Resolves when everybody has dealt with all that there is. */
  settle(): Promise<void>;
  /** Ends serving; the folder stays. */
  close(): Promise<void>;
  /** Closes it where it is open, removes the folder; whatever went wrong fails. */
  remove(): Promise<void>;
}

/** How somebody else's platform is started, and what it is to ours. */
export interface Foreign {
  readonly left: PlatformName;
  readonly program: string;
  /** Of the command line, given where the market is, and the secret of its operator's client. */
  readonly args: (marketUrl: string, secret: string) => readonly string[];
  /** What the configuration says of it beside the mirror, given where it serves. */
  readonly config: (foreignUrl: string, dataDir: string) => PartialConfig;
}

const PATIENCE_MS = 60_000;

/** Opens one; it is the morning of the day, and the calendar runs. */
export async function openMarketAround(foreign: Foreign): Promise<MarketAround> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'flexledger-around-'));
  const rules = loadRulePack('platone');
  const { timeZone } = rules.rulePack;
  const clock = new VirtualClock(localTimeMs(TODAY, 0, OPENED_AT, timeZone));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const problems: string[] = [];
  const onProblem = (problem: string): void => void problems.push(problem);
  const serve = async (config: Config) => {
    const tokens = await openTokens(dataDir);
    const platform = await openPlatform({
      config,
      clock,
      timers: clock,
      rules,
      grid: publishedGridOf(config.dso.grid, rules.rulePack),
      mode: 'follow',
      expectedNodes: 3,
      tokenOf: tokens.tokenOf,
      onProblem,
    });
    const actors = await actorsOf(config);
    const serving = { platform, config, tokens, timeZone, clock, actors, onProblem };
    return { platform, tokens, served: await servePlatform(serving) };
  };
  // The identity provider alone makes the first clients, before anybody can be anybody's.
  const first = await serve(
    loadConfig({ flags: { dataDir, platforms: ['identity-provider'], http: { port } } }),
  );
  await first.served.close();
  await first.platform.close();
  const secret = readClientSecret(dataDir, clientIdOf('operator'));
  const secretFile = path.join(dataDir, 'operator.secret');
  writeFileSync(secretFile, secret);
  const standIn = await startForeign(foreign, foreign.args(url, secret), clock);
  const mirror = {
    name: 'foreign',
    url: standIn.url,
    issuerUrl: url,
    party: 'operator',
    secretFile,
    platforms: [],
  };
  const config = loadConfig({
    flags: {
      dataDir,
      platforms: PLATFORMS.filter((name) => name !== foreign.left),
      http: { port },
      mqtt: { port: 0 },
      chain: { port: await freePort() },
      // Each seal is a step of the test's clock.
      certifier: { sealEverySeconds: 1_800 },
      mirrors: [mirror],
      ...foreign.config(standIn.url, dataDir),
    },
  });
  const { platform, tokens, served } = await serve(config);
  const as = callAs(served.url, dataDir);
  const stop = new AbortController();
  const following = platform.processors.follow(stop.signal);

  async function lastMirrored(): Promise<number> {
    let last = 0;
    for await (const { type, data } of platform.store.readStream(mirrorStream('foreign'))) {
      if (type !== 'EventsMirrored') continue;
      last = (data as { events: readonly MirroredEvent[] }).events.at(-1)!.position;
    }
    return last;
  }
  async function isQuiet(): Promise<boolean> {
    const health = await platform.processors.status();
    const isDone = health.every(({ lag, checkpoint }) => lag === 0 && checkpoint !== null);
    if (!isDone || (platform.dso?.carrying.awaitedAcks() ?? 0) > 0) return false;
    return (await lastMirrored()) >= (await standIn.head(await tokens.tokenOf('operator')));
  }
  async function settle(): Promise<void> {
    await standIn.tell(isoNow(clock));
    const until = wallClock.nowMs() + PATIENCE_MS;
    for (let quietAt = -1; ;) {
      await platform.accessLayer?.layer.measurements.flush();
      await platform.accessLayer?.layer.nodeReports.flush();
      const awaited = platform.dso?.carrying.awaitedAcks() ?? 0;
      if (awaited > 0) await platform.dso!.carrying.collect(awaited, PATIENCE_MS);
      const head = await platform.store.head();
      if (await isQuiet()) {
        // Twice at the same place: nothing was under way between the two.
        if (quietAt === head) return;
        quietAt = head;
      }
      if (wallClock.nowMs() > until)
        throw new Error(`It does not come to rest: ${problems.join(' ')}`);
      await sleep(10);
    }
  }
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      stop.abort();
      await following;
      await served.close();
      await platform.close();
      await standIn.end();
    })());
  await settle();
  return {
    url,
    foreignUrl: standIn.url,
    dataDir,
    as,
    tokenOf: tokens.tokenOf,
    clock,
    platform,
    settle,
    close,
    async remove() {
      await close();
      rmSync(dataDir, { recursive: true });
      expect(problems).toEqual([]);
    },
  };
}

interface StandIn {
  readonly url: string;
  /** Position of its last event, as an operator is shown it. */
  head(token: string): Promise<number>;
  /** Says what time it is; resolves when that is known. */
  tell(instant: string): Promise<void>;
  end(): Promise<void>;
}

async function startForeign(
  { program }: Foreign,
  args: readonly string[],
  clock: VirtualClock,
): Promise<StandIn> {
  const called = [path.join(EXAMPLES, program), ...args, '--pace', isoNow(clock)];
  const child: ChildProcessWithoutNullStreams = spawn(PYTHON, called);
  let errors = '';
  let told = isoNow(clock);
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const [, address] = /^serves (\S+)$/.exec(line) ?? [];
      if (address !== undefined) resolve(address);
      told = /^now (\S+)$/.exec(line)?.[1] ?? told;
    });
    void ended.then(() => reject(new Error(`${program} ended: ${errors}`)));
  });
  return {
    url,
    async head(token) {
      let after = 0;
      for (let next: number | null = 0; next !== null;) {
        const response = await fetch(`${url}/api/v1/events?after=${next}&limit=1000`, {
          headers: { authorization: `Bearer ${token}` },
        });
        const page = (await response.json()) as { items: { position: number }[]; next: number };
        after = page.items.at(-1)?.position ?? after;
        next = page.next;
      }
      return after;
    },
    async tell(instant) {
      if (instant === told) return;
      child.stdin.write(`${instant}\n`);
      while (told !== instant) await Promise.race([sleep(5), ended.then(() => fail(errors))]);
    },
    async end() {
      child.kill('SIGKILL');
      await ended;
      expect(errors).toBe('');
    },
  };
}

function fail(why: string): never {
  throw new Error(why);
}
