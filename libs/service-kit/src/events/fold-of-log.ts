import type { RecordedEvent } from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';

/**
 * Folds events of some types out of a log, each once, as far as it is asked for.
 *
 * @param after a position: only what came behind it; all where absent
 * @returns resolves once everything up to a position is folded
 */
export function foldOfLog(
  store: EventStore,
  types: readonly string[],
  fold: (event: RecordedEvent) => void,
  after = BEFORE_FIRST,
): (position: number) => Promise<void> {
  let known = after;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    const head = await store.head();
    for await (const event of store.readAll({ after: known, filter: { types } })) {
      fold(event);
      known = Math.max(known, event.position);
    }
    known = Math.max(known, head);
  }

  return async (position) => {
    while (known < position) {
      // All that wait now wait for one reading; who came during it looks again.
      reading ??= read().finally(() => (reading = undefined));
      await reading;
    }
  };
}
