/** An aggregator with a data folder and a log of its own, whose market is somewhere else. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type MirroredEvent, type RecordedEvent, mirrorStream } from '@flexledger/domain';
import { sleep } from '@flexledger/runtime';
import {
  clientIdOf,
  loadRulePack,
  openTokens,
  publishedGridOf,
  readClientSecret,
} from '@flexledger/service-kit';
import { loadConfig, openPlatform } from '@flexledger/composer';
import type { MarketAtGate } from './market-at-gate';

type Platform = Awaited<ReturnType<typeof openPlatform>>;

export interface AggregatorAlone {
  readonly dataDir: string;
  readonly platform: Platform;
  readonly problems: readonly string[];
  /** What it recorded of what the market showed it. */
  mirrored(): Promise<readonly MirroredEvent[]>;
  events(): Promise<readonly RecordedEvent[]>;
  /** Resolves when it has heard of the market's last event of a type, and dealt with all it knows. */
  hasHeard(type: string): Promise<void>;
  /** As when its process is ended; its folder stays. */
  close(): Promise<void>;
  /** Closes it and removes the folder. */
  remove(): Promise<void>;
}

/**
 * Opens the platform of AGG1 and lets it follow the market.
 *
 * @param url where the market is for it
 * @param dataDir of an earlier one that goes on; a new folder when absent
 */
export async function openAggregatorAlone(
  { clock, dataDir: marketDir, platform: market }: MarketAtGate,
  url: string,
  dataDir = mkdtempSync(path.join(tmpdir(), 'flexledger-alone-')),
): Promise<AggregatorAlone> {
  const secretFile = path.join(dataDir, 'market.secret');
  const party = 'aggregator:AGG1';
  writeFileSync(secretFile, readClientSecret(marketDir, clientIdOf(party)));
  const platforms = ['market-platform', 'shared-customer-database'] as const;
  const config = loadConfig({
    flags: {
      dataDir,
      instance: 'alone',
      platforms: ['aggregator-platform'],
      addresses: { 'market-platform': url, 'shared-customer-database': url },
      mirrors: [{ name: 'market', url, party, secretFile, platforms }],
    },
  });
  const rules = loadRulePack('platone');
  const problems: string[] = [];
  const platform = await openPlatform({
    config,
    clock,
    timers: clock,
    rules,
    grid: publishedGridOf(config.dso.grid, rules.rulePack),
    mode: 'follow',
    expectedNodes: 1,
    tokenOf: (await openTokens(dataDir)).tokenOf,
    onProblem: (problem) => void problems.push(problem),
  });
  const stop = new AbortController();
  const following = platform.processors.follow(stop.signal);

  async function events(): Promise<RecordedEvent[]> {
    const found: RecordedEvent[] = [];
    for await (const event of platform.store.readAll()) found.push(event);
    return found;
  }
  async function isDone(id: string): Promise<boolean> {
    const known = await events();
    if (!known.some((event) => event.id === id)) return false;
    const health = await platform.processors.status();
    return health.every(({ lag, checkpoint }) => lag === 0 && checkpoint !== null);
  }
  const close = async (): Promise<void> => {
    stop.abort();
    await following;
    await platform.close();
  };
  return {
    dataDir,
    platform,
    problems,
    events,
    async mirrored() {
      const found: MirroredEvent[] = [];
      for await (const { type, data } of platform.store.readStream(mirrorStream('market'))) {
        const { events: some } = data as { events: readonly MirroredEvent[] };
        if (type === 'EventsMirrored') found.push(...some);
      }
      return found;
    },
    async hasHeard(type) {
      let last: RecordedEvent | undefined;
      for await (const event of market.store.readAll({ filter: { types: [type] } })) last = event;
      for (let tries = 0; !(await isDone(last!.id)); tries += 1) {
        if (tries === 500) throw new Error(`It never heard of ${type}: ${problems.join(' ')}`);
        await sleep(20);
      }
    },
    close,
    async remove() {
      await close();
      rmSync(dataDir, { recursive: true });
    },
  };
}
