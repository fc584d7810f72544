import fc from 'fast-check';
import { type Ordered, type ReadPartition, highestWaiting, takeInOrder } from './order-of-log';

const partition = (readTo: number, ...orders: number[]): ReadPartition<Ordered> => ({
  waiting: orders.map((order) => ({ order })),
  readTo,
});
const ordersOf = (messages: readonly Ordered[]): number[] => messages.map(({ order }) => order);

it('is made of partitions that are read to their ends', () => {
  const partitions = [partition(2, 1, 4), partition(2, 2, 3), partition(0)];
  expect(highestWaiting(partitions)).toBe(4);
  expect(ordersOf(takeInOrder(partitions, 4, [2, 2, 0]))).toEqual([1, 2, 3, 4]);
  expect(highestWaiting(partitions)).toBeUndefined();
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

it('is that of the log, whatever arrives when', () => {
  const days = fc.record({
    /** Partition of each event in the order of the log. */
    places: fc.array(fc.nat(2), { maxLength: 40 }),
    /** How much of which partition arrives, step by step; and when the publisher has gone on. */
    steps: fc.array(fc.record({ from: fc.nat(2), count: fc.nat(5), published: fc.nat(10) })),
  });
  fc.assert(
    fc.property(days, ({ places, steps }) => {
      const log = places.map((place, order) => ({ place, order }));
      let published = 0;
      const partitions = [0, 1, 2].map(() => ({ waiting: [] as Ordered[], readTo: 0 }));
      const taken: number[] = [];
      const standing = (place: number): Ordered[] =>
        log.slice(0, published).filter((one) => one.place === place);
      const fetch = (place: number, count: number): void => {
        const one = partitions[place]!;
        const more = standing(place).slice(one.readTo, one.readTo + count);
        one.waiting.push(...more);
        one.readTo += more.length;
      };
      const take = (): void => {
        const upTo = highestWaiting(partitions);
        const ends = [0, 1, 2].map((place) => standing(place).length);
        if (upTo !== undefined) taken.push(...ordersOf(takeInOrder(partitions, upTo, ends)));
      };
      for (const step of steps) {
        fetch(step.from, step.count);
        take();
        published = Math.min(log.length, published + step.published);
      }
      published = log.length;
      for (const place of [0, 1, 2]) fetch(place, log.length);
      take();
      expect(taken).toEqual(log.map(({ order }) => order));
    }),
  );
});
