/**
 * Where the documents of read models are kept. Engines share this text and one contract suite
 * (`document-store.contract.spec-suite.ts`), not a base class. Everything in here can be thrown away
 * and computed again from the log.
 */
import type { AnyView, IndexedField, IndexValue, View } from './view';

/** How far a view has folded which log. */
export interface Checkpoint {
  /** Version of the view that wrote the documents. */
  readonly version: number;
  /** Hash of the log's first event: a checkpoint says nothing about another log. */
  readonly logStart: string;
  /** Position of the last event that is in the documents. */
  readonly position: number;
  /** What the view stopped at when it was stored; absent while it runs. */
  readonly halt?: StoredHalt;
}

/** Where and why a view stopped, for processes that only read. */
export interface StoredHalt {
  readonly position: number;
  readonly id: string;
  readonly type: string;
  readonly reason: string;
}

/** What a batch of events changed in one view. */
export interface ViewWrites {
  readonly view: AnyView;
  readonly puts: readonly { readonly id: string; readonly doc: object }[];
  readonly deletes: readonly string[];
  readonly checkpoint: Checkpoint;
  /** Position of the checkpoint this continues, `BEFORE_FIRST` when there was none. */
  readonly continues: number;
}

/** Values from `from` (included) up to `below` (excluded); `null` lies in no range. */
export interface IndexRange {
  readonly from?: string | number;
  readonly below?: string | number;
}

/** Documents whose field equals the value or lies in the range, for every field given. */
export type Where<Doc> = Readonly<Partial<Record<IndexedField<Doc>, IndexValue | IndexRange>>>;

/** Where to go on, and how many at most. */
export interface PageRequest {
  /** 1 to `PAGE_LIMIT`; 100 when absent. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

export interface Query<Doc> extends PageRequest {
  readonly where?: Where<Doc>;
  /** By the field, null first, equal ones by id; by id when absent. */
  readonly orderBy?: IndexedField<Doc>;
  readonly descending?: boolean;
}

export interface Page<Doc> {
  readonly items: readonly Doc[];
  /** Cursor of the following page, null after the last. */
  readonly next: string | null;
}

export interface DocumentStore {
  /** Documents by id, in the order of `ids`; `undefined` where there is none. */
  getMany<Doc extends object>(
    view: View<Doc>,
    ids: readonly string[],
  ): Promise<(Doc | undefined)[]>;

  /**
   * One page in a total order. Paging on while documents change MUST NOT repeat or skip those that
   * did not change.
   *
   * @throws InvalidQuery when the cursor, the limit or a field is not one of this view's
   */
  find<Doc extends object>(view: View<Doc>, query?: Query<Doc>): Promise<Page<Doc>>;

  /** How many documents there are. @throws InvalidQuery */
  count<Doc extends object>(view: View<Doc>, where?: Where<Doc>): Promise<number>;

  /**
   * Writes documents and checkpoints of all views given, all or nothing. Puts replace whole
   * documents; deleting what is not there does nothing.
   *
   * @param fence number of the lease under which the writer folds. The highest one ever given is
   *   kept, in the same transaction, also when nothing is written; writers with a lower one, or with
   *   none, are refused from then on.
   * @throws FencedOff when another writer's fence is higher; nothing is written
   * @throws CheckpointConflict when another writer moved a view on
   * @throws ViewsBusy when another process kept the store locked
   */
  commit(writes: readonly ViewWrites[], fence?: number): Promise<void>;

  /**
   * Makes the views' fields fast to query, where they are not. Until then queries are right but slow,
   * and commits are fast: a rebuild calls this at its end. Calling it again does nothing.
   */
  makeIndexes(views: readonly AnyView[]): Promise<void>;

  /** The view's checkpoint, `undefined` before its first commit. */
  checkpoint(view: AnyView): Promise<Checkpoint | undefined>;

  /**
   * Removes a view's documents and checkpoint, whatever version wrote them.
   *
   * @throws FencedOff, ViewsBusy as `commit`
   */
  drop(view: Pick<AnyView, 'name'>, fence?: number): Promise<void>;

  /** Names of all views with a checkpoint, those of earlier releases included. */
  storedViews(): Promise<readonly string[]>;

  close(): Promise<void>;
}

/** Most documents of one page. */
export const PAGE_LIMIT = 10_000;

export const DEFAULT_PAGE_LIMIT = 100;

/** A query that no document could answer: it names what is wrong and what there is. */
export class InvalidQuery extends Error {
  constructor(
    /** The part of the query at fault: `limit`, `cursor`, or a field's name. */
    readonly field: string,
    message: string,
  ) {
    super(message);
    this.name = 'InvalidQuery';
  }
}

/** Two processes fold into the same file. */
export class CheckpointConflict extends Error {
  constructor(
    readonly view: string,
    readonly expected: number,
    readonly actual: number,
    /** Another commit that was left half done was carried out just now: nobody else writes, and reading anew is enough. */
    readonly isOfCarryingOut = false,
  ) {
    super(
      `View ${view} is at position ${actual}, this process left it at ${expected}: ` +
        'another process writes the same views. Stop one of them.',
    );
    this.name = 'CheckpointConflict';
  }
}

/** Somebody else folds these views now: what this writer holds in memory counts no more. */
export class FencedOff extends Error {
  constructor(
    /** Of this writer; `undefined` for one without a lease. */
    readonly fence: number | undefined,
    /** The highest that the store has seen; `undefined` when the writer itself knows of no lease. */
    readonly highest: number | undefined,
  ) {
    const mine = fence === undefined ? 'without a lease' : `under lease ${fence}`;
    super(
      highest === undefined
        ? 'This instance holds no lease on its views, so it may not fold: read what the holder stored.'
        : `The views are folded under lease ${highest}, this process folds ${mine}: nothing was written. ` +
            'Take the lease again before going on. Where leases were counted anew, delete the ' +
            "views' file; it is rebuilt from the log.",
    );
    this.name = 'FencedOff';
  }
}

/** The views' file was locked all the time, as by a stopped process. Nothing was written. */
export class ViewsBusy extends Error {
  constructor(
    readonly path: string,
    readonly waitedMs: number,
  ) {
    super(
      `The read models in ${path} were locked for ${waitedMs} ms; end or continue the process that ` +
        'holds them (a stopped process, a SQLite tool), then try again.',
    );
    this.name = 'ViewsBusy';
  }
}

/** The server that keeps the views does not answer. */
export class ViewsUnavailable extends Error {
  constructor(place: string, reason: string, options?: ErrorOptions) {
    super(
      `The read models at ${place} cannot be reached: ${reason}. Look whether the server runs and takes this ` +
        'user; nothing is lost with them, they are rebuilt from the log.',
      options,
    );
    this.name = 'ViewsUnavailable';
  }
}

/** The views' file cannot be used. Nothing is lost with it: the log holds everything. */
export class ViewsDamaged extends Error {
  constructor(path: string, reason: string) {
    super(
      `The read models in ${path} cannot be used: ${reason}. ` +
        'Delete the file and start again; it is rebuilt from the log.',
    );
    this.name = 'ViewsDamaged';
  }
}

/** The one document with this id. */
export async function getOne<Doc extends object>(
  documents: DocumentStore,
  view: View<Doc>,
  id: string,
): Promise<Doc | undefined> {
  return (await documents.getMany(view, [id]))[0];
}
