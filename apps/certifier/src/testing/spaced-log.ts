import type { RecordedEvent } from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';

/** The same log with gaps between its positions, as other engines have them. */
export function spacedLog(log: EventStore): EventStore {
  return {
    async append(streamId, expected, events) {
      const { revision, position } = await log.append(streamId, expected, events);
      return { revision, position: spaced(position) };
    },
    readStream: (streamId, fromRevision) => mapped(log.readStream(streamId, fromRevision)),
    readAll: ({ after = BEFORE_FIRST, ...rest } = {}) =>
      mapped(log.readAll({ after: dense(after), ...rest })),
    subscribe: ({ after, ...rest }) => mapped(log.subscribe({ after: dense(after), ...rest })),
    async head() {
      const head = await log.head();
      return head === BEFORE_FIRST ? head : spaced(head);
    },
    close: () => log.close(),
  };
}

/** Rising, by 5 to 11 a step, from 5 on. */
const spaced = (position: number): number => 7 * position + 2 * (position % 3) + 5;

/** The last position that is spaced to `given` or before it. */
function dense(given: number): number {
  let position = Math.max(BEFORE_FIRST, Math.floor((given - 5) / 7));
  while (position > BEFORE_FIRST && spaced(position) > given) position -= 1;
  return position;
}

async function* mapped(events: AsyncIterable<RecordedEvent>): AsyncGenerator<RecordedEvent> {
  for await (const event of events) yield { ...event, position: spaced(event.position) };
}
