/**
 * Reading one's own writes: waiting until the views have folded everything up to a position, whoever
 * folds them. The process that folds does it at once; another one looks at the stored checkpoints.
 */
import { BEFORE_FIRST } from '@flexledger/event-store';
import { sleep } from '@flexledger/runtime';
import { type DocumentStore, FencedOff } from './document-store';
import type { ProjectionRunner, ViewStatus } from './runner';
import type { AnyView } from './view';
import { haltOf } from './view-fold';

export interface WhenFoldedOptions {
  /** 5 s when absent; 0 asks once. */
  readonly timeoutMs?: number;
  /** The views waited for; all of the set when absent. */
  readonly views?: readonly AnyView[];
}

/** The time is up and a view is still behind; it goes on all the same. */
export class ViewNotYetProcessed extends Error {
  constructor(
    readonly view: string,
    /** Where the view stands, and the position waited for. */
    readonly reached: number,
    readonly wanted: number,
    readonly waitedMs: number,
  ) {
    super(
      `View ${view} stands at position ${reached} after ${waitedMs} ms, wanted is ${wanted}: ` +
        'ask again, or look whether the process that folds it still runs.',
    );
    this.name = 'ViewNotYetProcessed';
  }
}

export interface FoldedViews {
  readonly documents: DocumentStore;
  readonly views: readonly AnyView[];
  /** What folds the views in this process, as long as it may; `undefined` where it only reads. */
  readonly folding: () => ProjectionRunner | undefined;
}

const PATIENCE_MS = 5_000;
/** How often another process's checkpoints are looked at. */
const LOOK_EVERY_MS = 25;

/**
 * Resolves when each view has folded everything up to `position`.
 *
 * @throws ViewHalted at once when one has stopped before it
 * @throws ViewNotYetProcessed when the time is up
 */
export async function whenFolded(
  { documents, views, folding }: FoldedViews,
  position: number,
  options: WhenFoldedOptions = {},
): Promise<void> {
  const { timeoutMs = PATIENCE_MS } = options;
  const waitedFor = options.views ?? views;
  const over = new AbortController();
  let isOver = timeoutMs <= 0;
  const timeIsUp = sleep(timeoutMs, over.signal).then(() => void (isOver = true));
  try {
    for (;;) {
      const status = await statusNow(documents, waitedFor, folding(), timeIsUp);
      const behind = status.filter((view) => !hasPassed(view, position));
      const halted = behind.find((view) => view.halted)?.halted;
      if (halted) throw halted;
      const [first] = behind;
      if (!first) return;
      if (isOver) throw new ViewNotYetProcessed(first.view, first.position, position, timeoutMs);
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    over.abort();
  }
}

/** Where views stand by what is stored, in the order given, whoever folds them. */
function storedStatus(documents: DocumentStore, views: readonly AnyView[]): Promise<ViewStatus[]> {
  return Promise.all(
    views.map(async (view) => {
      const stored = await documents.checkpoint(view);
      // Documents of another release are none of this one's: it waits until they are folded again.
      const isOurs = stored?.version === view.version;
      return {
        view: view.name,
        version: view.version,
        position: isOurs ? stored.position : BEFORE_FIRST,
        halted: isOurs && stored.halt ? haltOf(view.name, stored.halt) : undefined,
      };
    }),
  );
}

async function statusNow(
  documents: DocumentStore,
  views: readonly AnyView[],
  folding: ProjectionRunner | undefined,
  timeIsUp: Promise<void>,
): Promise<readonly ViewStatus[]> {
  if (!folding) return storedStatus(documents, views);
  try {
    const caughtUp = folding.catchUp();
    // A rebuild may take minutes; it goes on when nobody waits for it any more.
    caughtUp.catch(() => undefined);
    await Promise.race([caughtUp, timeIsUp]);
  } catch (error) {
    // The lease has passed on meanwhile: its holder folds.
    if (error instanceof FencedOff) return storedStatus(documents, views);
    throw error;
  }
  const status = new Map(folding.status().map((view) => [view.view, view]));
  return views.flatMap((view) => status.get(view.name) ?? []);
}

/** A view that stopped at an event has dealt with everything before that event. */
function hasPassed({ position, halted }: ViewStatus, wanted: number): boolean {
  return position >= wanted || (halted !== undefined && halted.event.position > wanted);
}
