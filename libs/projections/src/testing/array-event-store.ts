import type { RecordedEvent } from '@flexledger/domain';
import {
  BEFORE_FIRST,
  type EventStore,
  type ReadAllOptions,
  type SubscribeOptions,
} from '@flexledger/event-store';

/** A log that is an array: what the runner reads of a log, and nothing else. */
export class ArrayEventStore implements Pick<EventStore, 'readAll' | 'subscribe' | 'head'> {
  private readonly sleepers = new Set<() => void>();

  constructor(private readonly events: RecordedEvent[]) {}

  /** Adds events and wakes the subscriptions. */
  push(...events: readonly RecordedEvent[]): void {
    this.events.push(...events);
    for (const wake of [...this.sleepers]) wake();
  }

  async *readAll({
    after = BEFORE_FIRST,
    limit = Infinity,
    filter,
  }: ReadAllOptions = {}): AsyncGenerator<RecordedEvent> {
    let left = limit;
    for (const event of [...this.events]) {
      if (left === 0) return;
      if (event.position <= after || filter?.types?.includes(event.type) === false) continue;
      left -= 1;
      yield event;
    }
  }

  async *subscribe({ after, signal }: SubscribeOptions): AsyncGenerator<RecordedEvent> {
    for (let reached = after; !signal?.aborted;) {
      const event = this.events.find((other) => other.position > reached);
      if (event) {
        reached = event.position;
        yield event;
      } else {
        await this.morePushed(signal);
      }
    }
  }

  async head(): Promise<number> {
    return this.events.at(-1)?.position ?? BEFORE_FIRST;
  }

  /** Subscriptions that wait for more. */
  get waiting(): number {
    return this.sleepers.size;
  }

  /** As the port; the members that a runner has no use for fail loudly. */
  asEventStore(): EventStore {
    return this as unknown as EventStore;
  }

  private morePushed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.sleepers.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.sleepers.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }
}
