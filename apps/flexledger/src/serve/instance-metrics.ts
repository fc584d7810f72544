/** What a process of platforms tells Prometheus: every metric that is looked up, by its name and meaning. */
import { statfs } from 'node:fs/promises';
import { type Clock } from '@flexledger/runtime';
import type { LookedUp, ReadinessCheck } from '@flexledger/service-kit';
import type { Platform } from '../platform/open-platform';

export interface InstanceMetricsOptions {
  readonly platform: Platform;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly readiness: readonly ReadinessCheck[];
}

/** By a value without a label. */
const one = (value: number): ReadonlyMap<string, number> => new Map([['', value]]);

/** The figures of an instance. */
export function instanceMetrics(options: InstanceMetricsOptions): LookedUp[] {
  const { platform, dataDir, clock, readiness } = options;
  const { store, views, processors, certifier, broker } = platform;
  const health = async (value: 'lag' | 'halted'): Promise<ReadonlyMap<string, number>> =>
    new Map(
      (await processors.status()).map(({ name, lag, status }) => [
        name,
        value === 'lag' ? lag : Number(status === 'halted'),
      ]),
    );
  const figures: LookedUp[] = [
    {
      name: 'flexledger_log_head',
      help: 'Position of the last event of the log; -1 before the first',
      read: async () => one(await store.head()),
    },
    {
      name: 'flexledger_processor_lag_events',
      help: 'Events that a processor wants and has not handled, counted up to 1,000',
      label: 'processor',
      read: () => health('lag'),
    },
    {
      name: 'flexledger_processor_halted',
      help: '1 where a processor stands before an event that it cannot handle',
      label: 'processor',
      read: () => health('halted'),
    },
    {
      name: 'flexledger_view_position',
      help: 'Position of the last event that a read model holds',
      label: 'view',
      read: async () =>
        new Map(views.runner.status().map(({ view, position }) => [view, position])),
    },
    {
      name: 'flexledger_ready',
      help: '1 where a thing that the process needs is there: log, read models, processors, chain, storage',
      label: 'check',
      async read() {
        const found = await Promise.allSettled(readiness.map((check) => check.check()));
        return new Map(
          found.map(({ status }, index) => [
            readiness[index]!.name,
            Number(status === 'fulfilled'),
          ]),
        );
      },
    },
    {
      name: 'flexledger_storage_free_bytes',
      help: 'Bytes free where the data folder stands',
      async read() {
        const { bavail, bsize } = await statfs(dataDir);
        return one(bavail * bsize);
      },
    },
  ];
  if (certifier) {
    figures.push({
      name: 'flexledger_unanchored_age_seconds',
      help: 'Age of the oldest event that stands in no anchor; 0 where all do',
      async read() {
        const since = await certifier.oldestUnanchored();
        return one(
          since === undefined ? 0 : Math.max(0, clock.nowMs() - Date.parse(since)) / 1_000,
        );
      },
    });
  }
  if (broker) {
    figures.push({
      name: 'flexledger_mqtt_clients',
      help: 'Clients signed in to the broker, the platform’s own included',
      read: async () => one(broker.connectedClients()),
    });
    figures.push({
      name: 'flexledger_mqtt_refusals',
      help: 'Connections, sign-ins and messages that the broker has refused since the process began',
      read: async () => one(broker.refusals()),
    });
  }
  return figures;
}
