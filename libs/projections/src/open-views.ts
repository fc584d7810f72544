import type { EventStore } from '@flexledger/event-store';
import type { DocumentStore } from './document-store';
import { createProjectionRunner, type ProjectionRunner } from './runner';
import { openSqliteDocumentStore } from './sqlite/sqlite-document-store';
import { allViews } from './views';

export interface OpenViewsOptions {
  /** The views' file (`views.sqlite`), made where absent; `:memory:` for this process only. */
  readonly path: string;
  readonly store: EventStore;
}

/** All read models of one log: what queries read, and what keeps it up to date. */
export interface Views {
  readonly documents: DocumentStore;
  readonly runner: ProjectionRunner;
  /** Closes the file; end `follow` before. The log stays open. */
  close(): Promise<void>;
}

/**
 * Opens the embedded read models of a log. They are as they were left: call `runner.catchUp()` before
 * the first query, and `runner.follow(signal)` to keep up.
 *
 * @throws ViewsDamaged when the file cannot be used
 */
export function openViews({ path, store }: OpenViewsOptions): Views {
  const documents = openSqliteDocumentStore({ path });
  const runner = createProjectionRunner({ store, documents, views: allViews });
  return { documents, runner, close: () => documents.close() };
}
