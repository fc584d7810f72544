/**
 * Sends the package of each quarter-hour by itself, soon after its end: as an event, which streams and webhooks
 * carry. An instance that begins reports what was missed within the last hour; older ones can be asked for.
 */
import {
  type AnomalousPod,
  MTU_MS,
  mtuHolding,
  quarterHourDecider,
  quarterHourStream,
} from '@flexledger/domain';
import {
  type EventStore,
  type Processor,
  contextOf,
  createCommandHandler,
} from '@flexledger/event-store';
import { type Views, eachPage } from '@flexledger/projections';
import { type Clock, type Timers, isoFromMs } from '@flexledger/runtime';
import { quarterHourPackage } from './quarter-hour-package';

export interface ReportProcessOptions {
  readonly log: EventStore;
  readonly views: Pick<Views, 'documents' | 'caughtUp'>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** So many minutes after its end a quarter-hour is reported. */
  readonly delayMinutes: number;
}

/** Quarter-hours back that are still reported. */
const MISSED_MAX = 4;
const ACTOR = 'platform:shared-customer-database';

export function createReportProcess(options: ReportProcessOptions): Processor {
  const { log, views, clock, timers, delayMinutes } = options;
  const handler = createCommandHandler({ store: log, clock, decider: quarterHourDecider });
  const delayMs = delayMinutes * 60_000;
  /** The last quarter-hour whose measurements have had their time. */
  const lastMs = (): number => mtuHolding(clock.nowMs() - delayMs) - MTU_MS;

  async function report(startMs: number): Promise<void> {
    const stream = quarterHourStream(startMs);
    // Once it is reported, what comes late changes nothing.
    if ((await handler.stateOf(stream)).isWhole) return;
    await views.caughtUp();
    let nodes = 0;
    const rows: AnomalousPod[] = [];
    const pages = eachPage((page) => quarterHourPackage(views.documents, startMs, {}, page));
    for await (const pods of pages) {
      for (const { podId, aggregatorId, measured, anomalies } of pods) {
        if (anomalies.some(({ code }) => code === 'no-node')) continue;
        nodes += 1;
        if (anomalies.length === 0) continue;
        rows.push({ podId, aggregatorId, isMeasured: measured !== null, anomalies });
      }
    }
    // Where no PoD has a node there is nothing that could speak.
    if (nodes === 0) return;
    const quarterHour = isoFromMs(startMs);
    await handler.handle(stream, { quarterHour, rows }, contextOf(stream, stream, ACTOR));
  }

  return {
    name: 'customers/quarter-hours',
    types: [],
    handle: async () => {},
    async begin({ signal }) {
      let cancel = (): void => {};
      const arm = (atMs: number): void => {
        if (signal.aborted) return;
        cancel = timers.at(atMs, 'customers/quarter-hours', async () => {
          const dueMs = lastMs();
          // Armed before anything can fail: the next one reports what this one could not.
          arm(dueMs + 2 * MTU_MS + delayMs);
          for (let back = MISSED_MAX - 1; back >= 0; back -= 1) await report(dueMs - back * MTU_MS);
        });
      };
      signal.addEventListener('abort', () => cancel(), { once: true });
      arm(clock.nowMs());
    },
  };
}
