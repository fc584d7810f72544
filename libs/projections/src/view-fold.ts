/**
 * One view while it is folded: its documents used last in memory, what of them is not yet stored, and
 * how far it is. The runner feeds chunks of events and commits; nothing here reads the log.
 */
import { type EventDecoder, type RecordedEvent, UnknownEventVersion } from '@flexledger/domain';
import { BEFORE_FIRST } from '@flexledger/event-store';
import { messageOf, withoutFullStop } from '@flexledger/runtime';
import type { DocumentStore, StoredHalt, ViewWrites } from './document-store';
import { checkIndexed } from './page';
import type { AnyView, View } from './view';

/** A view that failed on an event. Its documents hold everything before that event. */
export class ViewHalted extends Error {
  /** What the view or the decoder said of the event. */
  readonly reason: string;

  constructor(
    readonly view: string,
    readonly event: Pick<RecordedEvent, 'position' | 'id' | 'type'>,
    cause: unknown,
  ) {
    const reason = messageOf(cause);
    const remedy =
      cause instanceof UnknownEventVersion
        ? 'The other views go on.'
        : 'The other views go on; correct the view, raise its version and start again.';
    super(
      `View ${view} stopped at the ${event.type} of position ${event.position} (id ${event.id}): ` +
        `${withoutFullStop(reason)}. ${remedy}`,
      { cause },
    );
    this.name = 'ViewHalted';
    this.reason = reason;
  }
}

/** The halt as another process stored it. */
export function haltOf(view: string, { reason, ...event }: StoredHalt): ViewHalted {
  return new ViewHalted(view, event, reason);
}

interface Entry {
  readonly id: string;
  doc: object | undefined;
  dirty: boolean;
  /** The batch that used it last. */
  batch: number;
}

/** An event waiting to be folded, with the documents it touches. */
interface Waiting {
  readonly event: RecordedEvent;
  readonly entries: readonly Entry[];
}

export class ViewFold {
  /** Everything up to here is folded; `BEFORE_FIRST` before the first event. */
  position = BEFORE_FIRST;
  halted: ViewHalted | undefined;

  private committedPosition = BEFORE_FIRST;
  private committedHalt: ViewHalted | undefined;
  private readonly cache = new Map<string, Entry>();
  private dirty: Entry[] = [];
  private missing: Entry[] = [];
  private waiting: Waiting[] = [];
  private failed: ViewHalted | undefined;
  private batch = 0;

  constructor(
    readonly view: AnyView,
    private readonly documents: DocumentStore,
    private readonly cachedDocuments: number,
    private readonly decode: EventDecoder,
  ) {}

  /** Forgets what is not stored and goes on from a stored position. */
  resumeAt(position: number): void {
    this.position = position;
    this.committedPosition = position;
    this.committedHalt = undefined;
    this.halted = undefined;
    this.failed = undefined;
    this.cache.clear();
    this.dirty = [];
    this.missing = [];
    this.waiting = [];
  }

  /** Takes an event of the view's types; those folded already are passed over. */
  enqueue(event: RecordedEvent): void {
    if (this.halted || this.failed || event.position <= this.position) return;
    try {
      const decoded = this.decode(event);
      const entries = this.view.keysOf(decoded).map((id) => this.entry(id));
      this.waiting.push({ event: decoded, entries });
    } catch (error) {
      this.failed = haltAt(this.view, event, error);
    }
  }

  /** Folds what was enqueued, up to the chunk's last position, or to where the view fails. */
  async foldTo(position: number): Promise<void> {
    if (this.halted) return;
    if (this.missing.length > 0) {
      const missing = this.missing;
      const ids = missing.map(({ id }) => id);
      const docs = await this.documents.getMany(this.view as View<object>, ids);
      missing.forEach((entry, index) => (entry.doc = docs[index]));
      this.missing = [];
    }
    for (const waiting of this.waiting) {
      if (!this.foldEvent(waiting)) break;
    }
    this.waiting = [];
    this.halted ??= this.failed;
    if (!this.halted) this.position = Math.max(this.position, position);
  }

  /** Documents changed since the last commit. */
  get unstored(): number {
    return this.dirty.length;
  }

  /** What is to be stored, `undefined` when nothing moved. */
  writes(logStart: string): ViewWrites | undefined {
    const { view, position, committedPosition, halted } = this;
    if (position === committedPosition && halted === this.committedHalt) return undefined;
    const puts: { id: string; doc: object }[] = [];
    const deletes: string[] = [];
    for (const { id, doc } of this.dirty) {
      if (doc) puts.push({ id, doc });
      else deletes.push(id);
    }
    const checkpoint = {
      version: view.version,
      logStart,
      position,
      ...(halted && { halt: { ...halted.event, reason: halted.reason } }),
    };
    return { view, puts, deletes, checkpoint, continues: committedPosition };
  }

  /** The writes are stored: lets go of the documents unused for longest. */
  stored(): void {
    this.committedPosition = this.position;
    this.committedHalt = this.halted;
    for (const entry of this.dirty) entry.dirty = false;
    this.dirty = [];
    this.batch += 1;
    for (const id of this.cache.keys()) {
      if (this.cache.size <= this.cachedDocuments) break;
      this.cache.delete(id);
    }
  }

  /** Folds an event whole or not at all; true unless the view failed. */
  private foldEvent({ event, entries }: Waiting): boolean {
    const before: (object | undefined)[] = [];
    try {
      for (const entry of entries) {
        const index = before.push(entry.doc) - 1;
        const doc = this.view.evolve(entry.doc, event, entry.id, index);
        // Here, where the event is known: found when storing, it would stop all views of the process.
        if (doc && doc !== entry.doc) checkIndexed(this.view, doc);
        entry.doc = doc;
      }
    } catch (error) {
      // Backwards, so that a document touched twice gets its first state back.
      for (let index = before.length - 1; index >= 0; index -= 1) {
        entries[index]!.doc = before[index];
      }
      this.halted = haltAt(this.view, event, error);
      return false;
    }
    for (let index = 0; index < entries.length; index += 1) {
      const entry = entries[index]!;
      if (entry.doc === before[index] || entry.dirty) continue;
      entry.dirty = true;
      this.dirty.push(entry);
    }
    this.position = event.position;
    return true;
  }

  private entry(id: string): Entry {
    let entry = this.cache.get(id);
    if (!entry) {
      entry = { id, doc: undefined, dirty: false, batch: this.batch };
      this.cache.set(id, entry);
      this.missing.push(entry);
    } else if (entry.batch !== this.batch) {
      // A map keeps the order of insertion: the least recently used stand first.
      entry.batch = this.batch;
      this.cache.delete(id);
      this.cache.set(id, entry);
    }
    return entry;
  }
}

function haltAt({ name }: AnyView, event: RecordedEvent, cause: unknown): ViewHalted {
  const { position, id, type } = event;
  return new ViewHalted(name, { position, id, type }, cause);
}
