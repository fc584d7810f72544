/** How far back a log is read for a fold. */
import type { RecordedEvent } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { foldOfLog } from './fold-of-log';

/** A log of so many events of one type, and from where it was read. */
function logOf(events: { count: number }) {
  const readFrom: number[] = [];
  const store = {
    head: () => Promise.resolve(events.count - 1),
    async *readAll({ after }: { after: number }) {
      readFrom.push(after);
      for (let position = after + 1; position < events.count; position += 1) {
        yield { position } as RecordedEvent;
      }
    },
  } as unknown as EventStore;
  return { store, readFrom };
}

it('folds each event once, as far as it is asked for', async () => {
  const events = { count: 3 };
  const folded: number[] = [];
  const { store } = logOf(events);
  const upTo = foldOfLog(store, ['Happened'], ({ position }) => void folded.push(position));
  await Promise.all([upTo(2), upTo(1)]);
  events.count = 5;
  await upTo(4);
  expect(folded).toEqual([0, 1, 2, 3, 4]);
});

it('reads nothing that is older than it is told to look back, at the first question or a late one', async () => {
  const events = { count: 100 };
  const folded: number[] = [];
  const { store, readFrom } = logOf(events);
  const upTo = foldOfLog(store, ['Happened'], ({ position }) => void folded.push(position), 2);
  await upTo(99);
  events.count = 200;
  await upTo(199);
  expect(folded).toEqual([98, 99, 198, 199]);
  expect(readFrom).toEqual([97, 197]);
});
