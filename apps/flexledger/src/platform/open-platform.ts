/**
 * The platforms of one process over one log, wired at their ports: those of this process directly,
 * others over HTTP. The clock decides whether they live in real time (`up`) or in a simulated day; the
 * configuration, which of them run here. Nothing else differs.
 */
import type { EventStore, ProcessorRunner } from '@flexledger/event-store';
import type { Broker } from '@flexledger/messaging';
import type { Views } from '@flexledger/projections';
import { wallClock } from '@flexledger/runtime';
import {
  type PartyLog,
  type StreamPlaces,
  type WebhookFeed,
  openFlowLog,
} from '@flexledger/service-kit';
import { runsAll } from '../config/config';
import type { PlatformChain } from './chain';
import { type Closers, type PlatformOptions, openBase } from './open-base';
import { type HostedPlatforms, openHosted } from './open-hosted';
import { runnerOf } from './process-runner';

export interface Platform extends HostedPlatforms {
  readonly store: EventStore;
  /** The log as each party is shown it. */
  readonly shown: PartyLog;
  /** Absent in a simulated day. */
  readonly webhooks?: WebhookFeed;
  /** Where open event streams are counted, with those of other instances. */
  readonly streamPlaces: StreamPlaces;
  readonly views: Views;
  /** Absent in a process of platforms that need none. */
  readonly broker?: Broker;
  readonly chain?: PlatformChain;
  readonly processors: ProcessorRunner;
  /** The token a Light Node signs in to the broker with. */
  nodeToken(podId: string): string;
  close(): Promise<void>;
}

/** A process that runs everything. */
export type WholePlatform = Platform &
  Required<Pick<Platform, keyof HostedPlatforms | 'broker' | 'chain'>>;

/**
 * Opens a data folder and the configured platforms on it. On an error, what was opened is closed again.
 *
 * @throws ChainInUse, LogBusy, LogDamaged, ChainUnavailable, AnvilError, Error for a port already taken
 */
export async function openPlatform(options: PlatformOptions): Promise<Platform> {
  const closers: Closers = [];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const { logFile } = options.config.flows;
    if (logFile !== undefined) closers.push(openFlowLog(logFile, wallClock.nowMs));
    const base = await openBase(options, closers);
    const hosted = await openHosted(options, base, closers);
    const { store, shown, webhooks, streamPlaces, views, broker, chain, nodeToken } = base;
    return {
      ...hosted,
      store,
      shown,
      ...(webhooks && { webhooks }),
      streamPlaces,
      views,
      processors: runnerOf(options, base, hosted),
      ...(broker && { broker: broker() }),
      ...(chain && { chain }),
      nodeToken,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The same for a process that runs everything, whatever the configuration says of platforms. */
export async function openWholePlatform(options: PlatformOptions): Promise<WholePlatform> {
  const platform = await openPlatform(options);
  if (runsAll(options.config)) return platform as WholePlatform;
  await platform.close();
  throw new RangeError('The configuration names platforms; here all of them have to run.');
}
