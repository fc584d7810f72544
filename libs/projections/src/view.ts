/**
 * A read model as a pure keyed fold: which documents an event touches, and what each becomes. Views
 * know no clock, no storage and no other view, so a replay gives the same documents byte for byte
 * (DESIGN 2, rules 1 and 3). `createProjectionRunner` folds each event exactly once.
 */
import type { DomainEvent, RecordedEvent } from '@flexledger/domain';

/** What a document can be found and ordered by. */
export type IndexValue = string | number | null;

/** The top-level fields of a document that hold an `IndexValue`. */
export type IndexedField<Doc> = {
  [Field in keyof Doc]-?: Doc[Field] extends IndexValue ? Field : never;
}[keyof Doc] &
  string;

/** Domain events as the log holds them: payload and envelope. */
export type Recorded<Event extends DomainEvent<string, object>> = Event extends unknown
  ? Event & Omit<RecordedEvent, 'type' | 'data'>
  : never;

/** A read model, whatever its documents and events; the runner and the engines see no more. */
export interface AnyView {
  /** Kebab-case, unique, never reused for something else: the name of the stored collection. */
  readonly name: string;
  /** Raised with every change of `types`, `indexes`, `keysOf` or `evolve`: the view is then rebuilt. */
  readonly version: number;
  readonly types: readonly string[];
  /** Fields that queries may filter and order by. */
  readonly indexes: readonly string[];
  /** Ids of the documents that `event` touches, each folded in this order. */
  keysOf(event: RecordedEvent): readonly string[];
  /**
   * The document after `event`. MUST be pure and MUST NOT change `doc`; returning `doc` itself says
   * that nothing changed, `undefined` that there is no such document (any more).
   *
   * @param index place of `key` in `keysOf(event)`, for events that hold one row a key
   */
  evolve(
    doc: object | undefined,
    event: RecordedEvent,
    key: string,
    index: number,
  ): object | undefined;
}

/**
 * A read model. A document is plain JSON: whole numbers with their unit in the name, `null` for what
 * is not known; no `undefined`, no `bigint`, no `Date`.
 */
export interface View<
  Doc extends object,
  Event extends RecordedEvent = RecordedEvent,
> extends AnyView {
  readonly types: readonly Event['type'][];
  readonly indexes: readonly IndexedField<Doc>[];
  keysOf(event: Event): readonly string[];
  evolve(doc: Doc | undefined, event: Event, key: string, index: number): Doc | undefined;
}
