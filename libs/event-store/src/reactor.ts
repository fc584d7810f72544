/**
 * Process managers read the log and answer with commands. One runner hands every event, in global
 * order, to each reactor that wants its type, one after another: what follows from the same log is
 * then always the same. A reactor may see an event again after a crash (at least once), so what it
 * commands must carry ids that follow from the event.
 */
import type { RecordedEvent } from '@flexledger/domain';
import type { EventStore } from './port';

export interface Reactor {
  readonly name: string;
  readonly types: readonly string[];
  readonly handle: (event: RecordedEvent) => Promise<void>;
}

export interface ReactorRunner {
  /** Hands on everything there is, the consequences of consequences included, and returns. */
  drain(): Promise<void>;
  /** Hands on what comes until the signal aborts; `onHandled` tells the position reached. */
  follow(signal: AbortSignal, onHandled: (position: number) => Promise<void>): Promise<void>;
  /** Position up to which events have been handed on; `after` before the first. */
  position(): number;
}

export interface ReactorRunnerOptions {
  readonly store: EventStore;
  readonly reactors: readonly Reactor[];
  /** What stands after this position is handed on; `BEFORE_FIRST` for the whole log. */
  readonly after: number;
  /** Called before each batch: read models catch up, so that reactors find what they need in them. */
  readonly beforeBatch: () => Promise<void>;
  /** A reactor that fails is reported and the next event goes on; the log still holds the event. */
  readonly onError: (reactor: string, event: RecordedEvent, error: unknown) => void;
}

/** Runs reactors over a log. */
export function createReactorRunner(options: ReactorRunnerOptions): ReactorRunner {
  const { store, reactors, beforeBatch, onError } = options;
  let handled = options.after;
  const wanted = new Map<string, Reactor[]>();
  for (const reactor of reactors) {
    for (const type of reactor.types) wanted.set(type, [...(wanted.get(type) ?? []), reactor]);
  }
  const filter = { types: [...wanted.keys()] };

  async function handOn(event: RecordedEvent): Promise<void> {
    for (const reactor of wanted.get(event.type) ?? []) {
      try {
        await reactor.handle(event);
      } catch (error) {
        onError(reactor.name, event, error);
      }
    }
    handled = event.position;
  }

  return {
    async drain() {
      for (;;) {
        const head = await store.head();
        if (handled >= head) return;
        await beforeBatch();
        for await (const event of store.readAll({ after: handled, filter })) {
          if (event.position > head) break;
          await handOn(event);
        }
        handled = Math.max(handled, head);
      }
    },
    async follow(signal, onHandled) {
      for await (const event of store.subscribe({ after: handled, filter, signal })) {
        await beforeBatch();
        await handOn(event);
        await onHandled(event.position);
      }
    },
    position: () => handled,
  };
}
