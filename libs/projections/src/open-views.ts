import type { EventStore } from '@flexledger/event-store';
import type { DocumentStore } from './document-store';
import { createProjectionRunner, type ProjectionRunner } from './runner';
import { openSqliteDocumentStore } from './sqlite/sqlite-document-store';
import type { AnyView } from './view';
import { allViews } from './views';
import { ViewHalted } from './view-fold';
import { type WhenFoldedOptions, whenFolded } from './when-folded';

export interface OpenViewsOptions {
  /** The views' file (`views.sqlite`), made where absent; `:memory:` for this process only. */
  readonly path: string;
  /** Where they are kept in the place of the file; closed with them. */
  readonly documents?: DocumentStore;
  readonly store: EventStore;
  /** The views of the owner whose file it is; all when absent. What else stands in the file is dropped. */
  readonly views?: readonly AnyView[];
  /**
   * The fence of the lease under which this instance folds; `undefined` while another one holds it and
   * this one only reads. Without it no other process may fold into the file.
   */
  readonly fence?: () => number | undefined;
}

/** The read models of one owner over one log: what queries read, and what keeps it up to date. */
export interface Views {
  readonly documents: DocumentStore;
  readonly runner: ProjectionRunner;
  /**
   * Resolves when the views have folded everything up to a position of the log, whoever folds them: this
   * process does it at once, where it may; otherwise it waits for the process that does.
   *
   * @throws ViewHalted at once when a view has stopped before the position
   * @throws ViewNotYetProcessed when the time is up
   */
  whenProcessed(position: number, options?: WhenFoldedOptions): Promise<void>;
  /**
   * Resolves when every view that has not halted holds all that stands in the log when it is called, or
   * all up to a position: a reader sees what was written, and a halted view holds up nobody else.
   *
   * @throws ViewNotYetProcessed when the time is up
   */
  caughtUp(position?: number): Promise<void>;
  /** Closes the file; end `follow` before. The log stays open. */
  close(): Promise<void>;
}

/**
 * Opens the read models of a log. They are as they were left: call `runner.catchUp()` before
 * the first query, and `runner.follow(signal)` to keep up, in the one process that folds; any number of
 * others may have the file open and read.
 *
 * @throws ViewsDamaged when the file cannot be used
 */
export function openViews(options: OpenViewsOptions): Views {
  const { path, store, views = allViews, fence } = options;
  const documents = options.documents ?? openSqliteDocumentStore({ path });
  const runner = createProjectionRunner({
    store,
    documents,
    views,
    dropOthers: true,
    ...(fence && { fence }),
  });
  const folding = (): ProjectionRunner | undefined =>
    fence && fence() === undefined ? undefined : runner;
  const whenProcessed: Views['whenProcessed'] = (position, waiting) =>
    whenFolded({ documents, views, folding }, position, waiting);
  return {
    documents,
    runner,
    whenProcessed,
    async caughtUp(position) {
      const wanted = position ?? (await store.head());
      for (let running = views; running.length > 0;) {
        try {
          return await whenProcessed(wanted, { views: running });
        } catch (error) {
          if (!(error instanceof ViewHalted)) throw error;
          running = running.filter(({ name }) => name !== error.view);
        }
      }
    },
    close: () => documents.close(),
  };
}
