/** The same load on any store of documents: all views folded from a log, then read by id, by index and counted. */
import { podIdOf } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import {
  type DocumentStore,
  measurementsKey,
  measurementsView,
  openViews,
} from '@flexledger/projections';
import { measurementEvent } from '../projections/measurement-log';

/** Of a second each. */
export interface ViewsFigures {
  /** Folded into all views, from an empty store, indexes made. */
  readonly events: number;
  readonly foldedEvents: number;
  /** Queries one after another: one document by its id. */
  readonly byId: number;
  /** The first twenty documents of a day, by an indexed field. */
  readonly pages: number;
  /** How many documents a day has. */
  readonly counts: number;
}

/** Few enough for a store that reads all documents for each query. */
const PODS = 100;
const MTUS = 96;
/** UTC day of them all. */
const DAY = '2026-03-17';
const PAGE = 20;

/** Appends the measurements of a day. */
export async function appendDay(log: EventStore): Promise<void> {
  for (let pod = 0; pod < PODS; pod += 1) {
    const day = Array.from({ length: MTUS }, (_, mtu) => measurementEvent(pod, mtu));
    await log.append(
      day[0]!.streamId,
      'any',
      day.map(({ event }) => event),
    );
  }
}

/** @param seconds how long each kind of query lasts */
export async function measureViews(
  log: EventStore,
  documents: DocumentStore,
  seconds: number,
): Promise<ViewsFigures> {
  const views = openViews({ path: '', documents, store: log });
  const startedMs = performance.now();
  const events = await views.runner.catchUp();
  const foldedEvents = Math.round((events * 1e3) / (performance.now() - startedMs));
  const known = Array.from({ length: PODS }, (_, pod) => measurementsKey(podIdOf(pod), DAY));
  const where = { day: DAY };
  const during = async (query: (turn: number) => Promise<boolean>): Promise<number> => {
    const beginMs = performance.now();
    let turn = 0;
    for (; performance.now() - beginMs < seconds * 1e3; turn += 1) {
      if (!(await query(turn))) throw new Error('A query did not find what was folded.');
    }
    return Math.round((turn * 1e3) / (performance.now() - beginMs));
  };
  const byId = await during(async (turn) => {
    const [found] = await documents.getMany(measurementsView, [known[turn % known.length]!]);
    return found !== undefined;
  });
  const pages = await during(async () => {
    const { items } = await documents.find(measurementsView, { where, limit: PAGE });
    return items.length === PAGE;
  });
  const counts = await during(
    async () => (await documents.count(measurementsView, where)) === PODS,
  );
  await views.close();
  return { events, foldedEvents, byId, pages, counts };
}
