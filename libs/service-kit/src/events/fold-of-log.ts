import type { RecordedEvent } from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';

/**
 * Folds events of some types out of a log, each once, as far as it is asked for.
 *
 * @param lookBack of how many positions at most before the last one; of what is older nothing is read. All where absent
 * @returns resolves once everything up to a position is folded
 */
export function foldOfLog(
  store: EventStore,
  types: readonly string[],
  fold: (event: RecordedEvent) => void,
  lookBack = Infinity,
): (position: number) => Promise<void> {
  let known = BEFORE_FIRST;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    const head = await store.head();
    known = Math.max(known, head - lookBack);
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
