/** The same load on any store of events: appends of three sizes, the whole log read, the whole log followed. */
import type { ProposedEvent } from '@flexledger/domain';
import { BENCH_PODS, measurementEvent } from '../projections/measurement-log';

/** As much of a store as is measured. */
export interface MeasuredStore {
  /** Durable when it resolves. */
  append(stream: string, events: readonly ProposedEvent[]): Promise<unknown>;
  /** All that was appended, in the order of the log; absent where a store reads streams only. */
  readonly readAll?: () => AsyncIterable<unknown>;
  /** Calls for each event from the first one on; resolves when `count` of them have come. */
  readonly follow?: (count: number) => Promise<void>;
  /** Ends with an error of its own where two append at once, so that many writers are not tried. */
  readonly hasOneWriter?: boolean;
  close(): Promise<unknown>;
}

/** Events a second; null where the store does not have it. */
export interface StoreFigures {
  /** Calls one after another with one event each, every one durable before the next. */
  readonly append1: number;
  readonly append100: number;
  readonly append1000: number;
  /** A hundred writers at once, one event a call. */
  readonly writers100: number | null;
  readonly read: number | null;
  readonly follow: number | null;
  /** In the log when it was read. */
  readonly events: number;
}

const WRITERS = 100;

/** @param seconds how long each kind of append lasts */
export async function measureStore(store: MeasuredStore, seconds: number): Promise<StoreFigures> {
  const source = eventSource();
  let events = 0;
  const during = async (size: number): Promise<number> => {
    const startedMs = performance.now();
    let written = 0;
    while (performance.now() - startedMs < seconds * 1e3) {
      const { stream, batch } = source(size);
      await store.append(stream, batch);
      written += size;
    }
    events += written;
    return perSecond(written, startedMs);
  };
  const append1 = await during(1);
  const append100 = await during(100);
  const append1000 = await during(1_000);
  const writers = store.hasOneWriter ? null : await writersAtOnce(store, source, seconds);
  events += writers?.written ?? 0;
  return {
    append1,
    append100,
    append1000,
    writers100: writers?.figure ?? null,
    read: store.readAll ? await readAll(store.readAll, events) : null,
    follow: store.follow ? await followed(store.follow, events) : null,
    events,
  };
}

async function writersAtOnce(
  store: MeasuredStore,
  source: EventSource,
  seconds: number,
): Promise<{ readonly figure: number; readonly written: number }> {
  const startedMs = performance.now();
  let written = 0;
  await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      while (performance.now() - startedMs < seconds * 1e3) {
        const { stream, batch } = source(1);
        await store.append(stream, batch);
        written += 1;
      }
    }),
  );
  return { figure: perSecond(written, startedMs), written };
}

async function readAll(read: () => AsyncIterable<unknown>, events: number): Promise<number> {
  const startedMs = performance.now();
  let found = 0;
  for await (const _ of read()) found += 1;
  if (found !== events) throw new Error(`${found} of ${events} events were read.`);
  return perSecond(found, startedMs);
}

async function followed(follow: (count: number) => Promise<void>, events: number): Promise<number> {
  const startedMs = performance.now();
  await follow(events);
  return perSecond(events, startedMs);
}

function perSecond(count: number, startedMs: number): number {
  return Math.round((count * 1e3) / (performance.now() - startedMs));
}

type EventSource = (size: number) => {
  readonly stream: string;
  readonly batch: readonly ProposedEvent[];
};

/** Signed quarter-hours of the PoDs in turn; a batch is of one PoD, and so of one stream of its own. */
function eventSource(): EventSource {
  const next = Array.from({ length: BENCH_PODS }, () => 0);
  let turn = 0;
  let batches = 0;
  return (size) => {
    const pod = turn;
    turn = (turn + 1) % BENCH_PODS;
    const first = next[pod]!;
    next[pod] = first + size;
    const batch = Array.from({ length: size }, (_, at) => measurementEvent(pod, first + at).event);
    batches += 1;
    return { stream: `bench-${pod}-${size === 1 ? 'one' : batches}`, batch };
  };
}
