/**
 * The means of a quarter-hour, put into the log some minutes after it is over, and again for what comes later. Instances
 * that hear the same record it once: a mean of more values takes the place of one of fewer.
 */
import {
  type Decider,
  type OperationsMeasured,
  MTU_MS,
  gridOperationsStream,
} from '@flexledger/domain';
import { type EventStore, createCommandHandler, recurringContextOf } from '@flexledger/event-store';
import type { SourcedMeasurement } from '@flexledger/grid';
import { type Clock, type Timers, isoFromMs } from '@flexledger/runtime';
import type { LiveOperations, MeanMeasurement, TimedMeasurement } from './live-operations';

export interface OperationsRecorder {
  /** Values were taken in: the means of their quarter-hours are recorded in time. */
  noted(values: readonly TimedMeasurement[]): void;
  /** What is known of a quarter-hour: live, and what the log holds beside it, as after a restart. */
  meansOf(startMs: number): Promise<SourcedMeasurement[]>;
  /** What the log holds of a quarter-hour, by id. */
  recorded(at: string): Promise<ReadonlyMap<string, MeanMeasurement>>;
}

export interface OperationsRecorderOptions {
  readonly gridId: string;
  readonly live: Pick<LiveOperations, 'meansOf'>;
  readonly store: EventStore;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** What is still on its way when a quarter-hour ends. */
const AFTER_MS = 120_000;
/** Quantities of one event, which stays far below the megabyte of an append. */
const IDS_PER_EVENT = 4_000;

type Columns = OperationsMeasured['data'];
/** By quarter-hour and id. */
type DayState = ReadonlyMap<string, ReadonlyMap<string, MeanMeasurement>>;
interface Means {
  readonly gridId: string;
  readonly at: string;
  readonly means: readonly MeanMeasurement[];
}

const decider: Decider<DayState, Means, OperationsMeasured> = {
  initialState: new Map(),
  decide({ gridId, at, means }, day) {
    const known = day.get(at);
    const better = means.filter(({ id, count }) => count > (known?.get(id)?.count ?? 0));
    const events: OperationsMeasured[] = [];
    for (let from = 0; from < better.length; from += IDS_PER_EVENT) {
      const data = columnsOf(gridId, at, better.slice(from, from + IDS_PER_EVENT));
      events.push({ type: 'OperationsMeasured', data });
    }
    return events;
  },
  evolve(day, { data }) {
    const means = new Map(day.get(data.at));
    for (const mean of meansIn(data)) means.set(mean.id, mean);
    return new Map(day).set(data.at, means);
  },
};

/** As `OperationsRecorder`. */
export function createOperationsRecorder(options: OperationsRecorderOptions): OperationsRecorder {
  const { gridId, live, store, clock, timers } = options;
  const handler = createCommandHandler<DayState, Means, OperationsMeasured>({
    store,
    clock,
    cachedStreams: 2,
    decider,
  });
  const armed = new Set<number>();
  const streamOf = (at: string): string =>
    gridOperationsStream(gridId, at.slice(0, 'yyyy-mm-dd'.length));

  async function record(startMs: number): Promise<void> {
    armed.delete(startMs);
    const at = isoFromMs(startMs);
    const means = live.meansOf(startMs);
    const name = `dso/operations/${gridId}/${at}`;
    await handler.handle(
      streamOf(at),
      { gridId, at, means },
      recurringContextOf(name, name, 'dso'),
    );
  }

  function recordLater(startMs: number, dueMs: number): void {
    timers.at(dueMs, `dso/operations/${isoFromMs(startMs)}`, async () => {
      try {
        await record(startMs);
      } catch (error) {
        // The values are kept for a day: where the log does not answer they are recorded when it does.
        noted([startMs]);
        throw error;
      }
    });
  }

  function noted(startsMs: readonly number[]): void {
    for (const startMs of startsMs) {
      if (armed.has(startMs)) continue;
      armed.add(startMs);
      recordLater(startMs, Math.max(startMs + MTU_MS, clock.nowMs()) + AFTER_MS);
    }
  }

  const recorded: OperationsRecorder['recorded'] = async (at) =>
    (await handler.stateOf(streamOf(at))).get(at) ?? new Map();

  return {
    recorded,
    noted: (values) => noted(values.map(({ atMs }) => Math.floor(atMs / MTU_MS) * MTU_MS)),
    async meansOf(startMs) {
      const means = live.meansOf(startMs);
      const ids = new Set(means.map(({ id }) => id));
      const before = [...(await recorded(isoFromMs(startMs))).values()];
      return [...means, ...before.filter(({ id }) => !ids.has(id))].map(
        ({ count: _, ...measurement }) => measurement,
      );
    },
  };
}

const micro = (value: number): number => Math.round(value * 1e6);

function columnsOf(gridId: string, at: string, means: readonly MeanMeasurement[]): Columns {
  return {
    gridId,
    at,
    ids: means.map(({ id }) => id),
    kinds: means.map(({ kind }) => kind),
    places: means.map((mean) => ('bus' in mean ? mean.bus : mean.element)),
    sides: means.map((mean) => ('bus' in mean ? null : mean.side)),
    sources: means.map(({ source }) => source),
    valuesMicro: means.map(({ value }) => micro(value)),
    // No measurement is without error.
    sigmasMicro: means.map(({ sigma }) => Math.max(1, micro(sigma))),
    counts: means.map(({ count }) => count),
  };
}

/** The means that columns hold. */
export function meansIn(columns: Columns): MeanMeasurement[] {
  const { ids, kinds, places, sides, sources, valuesMicro, sigmasMicro, counts } = columns;
  return ids.map((id, index) => {
    const side = sides[index]!;
    const place = side === null ? { bus: places[index]! } : { element: places[index]!, side };
    return {
      id,
      kind: kinds[index]!,
      ...place,
      source: sources[index]!,
      value: valuesMicro[index]! / 1e6,
      sigma: sigmasMicro[index]! / 1e6,
      count: counts[index]!,
    } as MeanMeasurement;
  });
}
