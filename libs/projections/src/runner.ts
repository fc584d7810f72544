/**
 * Folds the log into read models. The log is read once for all views that stand at the same place;
 * documents are folded in memory and stored together with the checkpoints in one transaction, so a
 * crash anywhere leaves every view at a batch's end and each event is folded exactly once.
 */
import { inOrder } from '@flexledger/runtime';
import { type EventDecoder, type RecordedEvent, decodeEvent } from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';
import {
  CheckpointConflict,
  type DocumentStore,
  FencedOff,
  type ViewWrites,
} from './document-store';
import type { AnyView } from './view';
import { ViewFold, type ViewHalted } from './view-fold';

export interface ProjectionRunner {
  /**
   * Folds everything up to the log's end as it is when called, and returns the number of events
   * read. A view of another version, or of another log, is dropped and rebuilt.
   *
   * @throws FencedOff when this instance may not fold (any more)
   * @throws what the log or the document store throws; the next call goes on from what is stored
   */
  catchUp(): Promise<number>;
  /** Catches up, then folds what comes in batches of what is there, until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>;
  /** Drops one view's documents, or all, and folds them again from the log's first event. */
  rebuild(viewName?: string): Promise<number>;
  /** Where each view stands, in the order given. */
  status(): readonly ViewStatus[];
}

export interface ViewStatus {
  readonly view: string;
  readonly version: number;
  /** Position of the last event folded, `BEFORE_FIRST` before the first. */
  readonly position: number;
  /** What the view stopped at; `undefined` while it runs. */
  readonly halted: ViewHalted | undefined;
}

export interface ProjectionRunnerOptions {
  readonly store: EventStore;
  readonly documents: DocumentStore;
  readonly views: readonly AnyView[];
  /** Most events in one transaction; a document that many of them change is stored once. */
  readonly batchSize?: number;
  /** Documents kept in memory for each view, and most changed ones in one transaction. */
  readonly cachedDocuments?: number;
  /**
   * The fence of the lease under which this instance folds, growing from holder to holder; `undefined`
   * while it holds none. Without it nobody else may fold these views.
   */
  readonly fence?: () => number | undefined;
  /** The store is these views' own: those of earlier releases that stand in it are dropped. */
  readonly dropOthers?: boolean;
  /** How events are read; by all that this release knows when absent. */
  readonly decode?: EventDecoder;
}

/** Events folded at a time; small, since one event may hold a megabyte. */
const CHUNK = 256;

export function createProjectionRunner(options: ProjectionRunnerOptions): ProjectionRunner {
  const { store, documents, views, batchSize = 100_000, cachedDocuments = 20_000 } = options;
  const { fence, dropOthers = false, decode = decodeEvent } = options;
  const folds = views.map((view) => new ViewFold(view, documents, cachedDocuments, decode));
  let logStart: string | undefined;
  let resumed = false;
  /** The fence under which what is in memory was read. */
  let heldFence: number | undefined;
  let indexed = false;
  const inQueue = inOrder();

  /** One at a time; after a failure what is in memory is forgotten. */
  function inTurn(task: () => Promise<number>): Promise<number> {
    const forgettingAfterFailure = (work: () => Promise<number>): Promise<number> =>
      work().catch((error: unknown) => {
        resumed = false;
        throw error;
      });
    return inQueue(() =>
      forgettingAfterFailure(task).catch((error: unknown) => {
        if (!(error instanceof CheckpointConflict)) throw error;
        // Under a lease nobody else folds: views stand further by a commit whose answer was lost, carried out since.
        if (heldFence === undefined && !error.isOfCarryingOut) throw error;
        return forgettingAfterFailure(catchUp);
      }),
    );
  }

  /** Still the holder under whom the memory was filled; another one may have folded in between. */
  function isHeld(): boolean {
    return resumed && fence?.() === heldFence;
  }

  async function resume(): Promise<void> {
    if (isHeld()) return;
    heldFence = fence?.();
    if (fence && heldFence === undefined) throw new FencedOff(undefined, undefined);
    // From here on whoever held the lease before stores nothing, so that what is read now stays true.
    if (heldFence !== undefined) await documents.commit([], heldFence);
    logStart = await firstHash(store);
    const checkpoints = [];
    for (const { view } of folds) checkpoints.push(await documents.checkpoint(view));
    // Asked last: the log holds whatever anybody has folded.
    const head = await store.head();
    for (const [index, fold] of folds.entries()) {
      const stored = checkpoints[index];
      const fits =
        stored &&
        stored.version === fold.view.version &&
        stored.logStart === logStart &&
        stored.position <= head;
      if (stored && !fits) await documents.drop(fold.view, heldFence);
      fold.resumeAt(fits ? stored.position : BEFORE_FIRST);
    }
    if (dropOthers) await dropUnowned();
    indexed = false;
    resumed = true;
  }

  async function dropUnowned(): Promise<void> {
    for (const name of await documents.storedViews()) {
      if (views.some((view) => view.name === name)) continue;
      await documents.drop({ name }, heldFence);
    }
  }

  async function catchUp(): Promise<number> {
    await resume();
    const head = await store.head();
    logStart ??= await firstHash(store);
    let count = 0;
    for (;;) {
      const behind = folds.filter(({ halted, position }) => !halted && position < head);
      if (behind.length === 0) break;
      const after = Math.min(...behind.map(({ position }) => position));
      const group = behind.filter(({ position }) => position === after);
      const ahead = behind.filter(({ position }) => position > after);
      const upTo = Math.min(head, ...ahead.map(({ position }) => position));
      count += await foldRange(group, after, upTo);
    }
    // Not before: sorting all documents once takes a fraction of keeping an index with each commit.
    if (!indexed) await documents.makeIndexes(views);
    indexed = true;
    return count;
  }

  /** Folds what stands after `after`, up to and with `upTo`, into views that all stand at `after`. */
  async function foldRange(
    group: readonly ViewFold[],
    after: number,
    upTo: number,
  ): Promise<number> {
    const wanting = byType(group);
    let chunk: RecordedEvent[] = [];
    let inBatch = 0;
    let count = 0;
    const filter = { types: [...wanting.keys()] };
    for await (const event of store.readAll({ after, filter, readAhead: true })) {
      if (event.position > upTo) break;
      chunk.push(event);
      count += 1;
      inBatch += 1;
      if (chunk.length < CHUNK && inBatch < batchSize) continue;
      await foldChunk(wanting, group, chunk, event.position);
      chunk = [];
      // A rebuild may run for minutes in a process that serves others meanwhile.
      await nextTurn();
      if (group.every(({ halted }) => halted)) break;
      const unstored = group.reduce((sum, fold) => sum + fold.unstored, 0);
      if (inBatch < batchSize && unstored < cachedDocuments) continue;
      await commit(group);
      inBatch = 0;
    }
    await foldChunk(wanting, group, chunk, upTo);
    await commit(group);
    return count;
  }

  async function foldChunk(
    wanting: ReadonlyMap<string, readonly ViewFold[]>,
    group: readonly ViewFold[],
    events: readonly RecordedEvent[],
    upTo: number,
  ): Promise<void> {
    for (const event of events) {
      for (const fold of wanting.get(event.type) ?? []) fold.enqueue(event);
    }
    for (const fold of group) await fold.foldTo(upTo);
  }

  async function commit(group: readonly ViewFold[]): Promise<void> {
    const writes = group.flatMap((fold): readonly ViewWrites[] => {
      const moved = fold.writes(logStart!);
      return moved ? [moved] : [];
    });
    if (writes.length > 0) await documents.commit(writes, heldFence);
    for (const fold of group) fold.stored();
  }

  async function follow(signal: AbortSignal): Promise<void> {
    await inTurn(catchUp);
    const wanting = byType(folds);
    const running = folds.filter(({ halted }) => !halted);
    const last = running.length
      ? Math.min(...running.map(({ position }) => position))
      : await store.head();
    const stop = new AbortController();
    const events = store.subscribe({
      after: last,
      signal: AbortSignal.any([signal, stop.signal]),
    });
    try {
      for await (const batch of inBatches(events, CHUNK)) {
        await inTurn(async () => {
          // A failure in another turn, or another lease, has put the views back behind this subscription.
          if (!isHeld()) return catchUp();
          logStart ??= await firstHash(store);
          await foldChunk(wanting, folds, batch, batch.at(-1)!.position);
          await commit(folds);
          return batch.length;
        });
      }
    } finally {
      stop.abort();
    }
  }

  async function rebuild(viewName?: string): Promise<number> {
    const chosen = folds.filter(({ view }) => viewName === undefined || view.name === viewName);
    if (chosen.length === 0) {
      const names = views.map(({ name }) => name).join(', ');
      throw new RangeError(`There is no view "${viewName}"; there are ${names}.`);
    }
    return inTurn(async () => {
      await resume();
      for (const fold of chosen) {
        await documents.drop(fold.view, heldFence);
        fold.resumeAt(BEFORE_FIRST);
      }
      indexed = false;
      return catchUp();
    });
  }

  return {
    catchUp: () => inTurn(catchUp),
    follow,
    rebuild,
    status: () =>
      folds.map(({ view, position, halted }) => ({
        view: view.name,
        version: view.version,
        position,
        halted,
      })),
  };
}

function byType(folds: readonly ViewFold[]): Map<string, ViewFold[]> {
  const wanting = new Map<string, ViewFold[]>();
  for (const fold of folds) {
    for (const type of fold.view.types) {
      const others = wanting.get(type);
      if (others) others.push(fold);
      else wanting.set(type, [fold]);
    }
  }
  return wanting;
}

/** Hash of the log's first event, `undefined` while the log is empty. */
async function firstHash(store: EventStore): Promise<string | undefined> {
  for await (const event of store.readAll({ limit: 1 })) return event.hash;
  return undefined;
}

/** Batches of what is there without waiting, at most `limit` events each. */
async function* inBatches(
  events: AsyncIterable<RecordedEvent>,
  limit: number,
): AsyncGenerator<readonly RecordedEvent[]> {
  const iterator = events[Symbol.asyncIterator]();
  const pull = (): Promise<IteratorResult<RecordedEvent>> => {
    const next = iterator.next();
    // It may fail while a batch is being folded; the error is met when `next` is awaited.
    next.catch(() => undefined);
    return next;
  };
  for (let next = pull(); ;) {
    const first = await next;
    if (first.done) return;
    const batch = [first.value];
    next = pull();
    while (batch.length < limit) {
      const more = await Promise.race([next, nextTurn()]);
      if (!more || more.done) break;
      batch.push(more.value);
      next = pull();
    }
    yield batch;
  }
}

function nextTurn(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(resolve, undefined));
}
