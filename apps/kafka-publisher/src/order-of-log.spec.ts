import fc from 'fast-check';
import { type Ordered, type ReadPartition, knownWritten, takeInOrder } from './order-of-log';
import { WRITTEN_TO, wavesOf } from './waves';

const partition = (readTo: number, ...orders: number[]): ReadPartition<Ordered> => ({
  waiting: orders.map((order) => ({ order, writtenTo: order })),
  readTo,
});
const ordersOf = (messages: readonly Ordered[]): number[] => messages.map(({ order }) => order);

it('is made of partitions that are read to their ends', () => {
  const partitions = [partition(2, 1, 4), partition(2, 2, 3), partition(0)];
  expect(knownWritten(partitions)).toBe(4);
  expect(ordersOf(takeInOrder(partitions, 4, [2, 2, 0]))).toEqual([1, 2, 3, 4]);
  expect(knownWritten(partitions)).toBeUndefined();
});

it('waits for a partition of which nothing was fetched, though it has something', () => {
  const partitions = [partition(1, 5), partition(0)];
  expect(takeInOrder(partitions, 5, [1, 1])).toEqual([]);
  expect(partitions[0]!.waiting).toHaveLength(1);
});

it('goes on as far as a partition was fetched that has more', () => {
  const partitions = [partition(2, 1, 9), partition(2, 3, 4)];
  expect(ordersOf(takeInOrder(partitions, 9, [2, 50]))).toEqual([1, 3, 4]);
});

it('leaves what came after the ends were asked for', () => {
  const partitions = [partition(2, 1, 9), partition(1, 3)];
  expect(ordersOf(takeInOrder(partitions, 3, [1, 1]))).toEqual([1, 3]);
});

it('does not go by what was sent together with others that may be missing yet', () => {
  const sent = { waiting: [{ order: 5, writtenTo: 3 }], readTo: 1 };
  const partitions = [sent, partition(0)];
  expect(takeInOrder(partitions, knownWritten(partitions)!, [1, 0])).toEqual([]);
  partitions[1]!.waiting.push({ order: 4, writtenTo: 3 }, { order: 6, writtenTo: 6 });
  expect(ordersOf(takeInOrder(partitions, knownWritten(partitions)!, [1, 0]))).toEqual([4, 5, 6]);
});

it('is that of the log, whatever is sent together and arrives when, also after a publisher that ended in the middle', () => {
  const days = fc.record({
    /** Topics, and in each the partition, of each event in the order of the log. */
    events: fc.array(fc.array(fc.tuple(fc.nat(1), fc.nat(2)), { maxLength: 2 }), { maxLength: 40 }),
    /** How many are sent together, turn by turn. */
    sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 40, maxLength: 40 }),
    /** In which turns the publisher ends, after so many requests; it begins with the same events again. */
    ends: fc.array(fc.record({ turn: fc.nat(10), requests: fc.nat(8) })),
    /** Requests that stand in between while others are fetched: how many of which partition. */
    fetches: fc.infiniteStream(
      fc.record({ from: fc.nat(5), count: fc.nat(4), isLater: fc.boolean() }),
    ),
  });
  fc.assert(
    fc.property(days, ({ events, sizes, ends, fetches }) => {
      // Two topics of three partitions.
      const stored = Array.from({ length: 6 }, (): Ordered[] => []);
      const partitions = stored.map(() => ({ waiting: [] as Ordered[], readTo: 0 }));
      const taken: number[] = [];
      const fetch = (place: number, count: number): void => {
        const one = partitions[place]!;
        const more = stored[place]!.slice(one.readTo, one.readTo + count);
        one.waiting.push(...more);
        one.readTo += more.length;
      };
      const take = (): void => {
        const upTo = knownWritten(partitions);
        const standing = stored.map(({ length }) => length);
        if (upTo !== undefined) taken.push(...ordersOf(takeInOrder(partitions, upTo, standing)));
      };
      /** What one partition gets of one wave stands at once; which partition is first, nobody knows. */
      const write = (place: number, messages: readonly Ordered[]): void => {
        for (const { order, writtenTo } of messages) {
          const before = stored[place]!.at(-1) ?? { order: -Infinity, writtenTo: -Infinity };
          stored[place]!.push({
            order: Math.max(before.order, order),
            writtenTo: Math.max(before.writtenTo, writtenTo),
          });
        }
        const { value: step } = fetches.next();
        fetch(step.from, step.count);
        take();
      };
      const outgoing = events.map((places, position) => ({
        position,
        messages: [...new Map(places)].map(([topic, number]) => ({
          topic: String(topic),
          message: { key: String(topic * 3 + number), value: String(position) },
        })),
      }));
      for (let [from, turn] = [0, 0]; from < outgoing.length; turn += 1) {
        const some = outgoing.slice(from, from + sizes[turn % sizes.length]!);
        let left = ends.find((end) => end.turn === turn)?.requests ?? Infinity;
        for (const wave of wavesOf(some)) {
          const ofPlace = new Map<number, Ordered[]>();
          for (const { key, value, headers } of wave.flatMap(({ messages }) => messages)) {
            const writtenTo = Number(headers?.[WRITTEN_TO] ?? value);
            const message = { order: Number(value), writtenTo };
            ofPlace.set(Number(key), [...(ofPlace.get(Number(key)) ?? []), message]);
          }
          const places = fetches.next().value.isLater ? [...ofPlace].reverse() : [...ofPlace];
          for (const [place, messages] of places) {
            left -= 1;
            if (left >= 0) write(place, messages);
          }
        }
        if (left >= 0) from += some.length;
      }
      for (const place of stored.keys()) fetch(place, Infinity);
      take();
      const once = [...new Set(taken)];
      const wanted = outgoing.filter(({ messages }) => messages.length > 0);
      expect(once).toEqual(wanted.map(({ position }) => position));
    }),
  );
});
