/** What is kept of a grid's operational data, and for how long. */
import { MTU_MS } from '@flexledger/domain';
import { createLiveOperations } from './live-operations';

const DAY_MS = 96 * MTU_MS;
const value = (id: string, atMs: number, volts = 230) => ({
  atMs,
  measurement: { id, kind: 'voltage', bus: 'b1', value: volts, source: 'scada' } as never,
});
const many = (prefix: string, count: number, atMs: number) =>
  Array.from({ length: count }, (_, index) => value(`${prefix}${index}`, atMs));
const ids = (live: ReturnType<typeof createLiveOperations>): string[] =>
  live.latest().map(({ id }) => id);

it('has the mean of each quarter-hour, whatever was said twice', () => {
  const live = createLiveOperations();
  live.add([value('v', 0, 229), value('v', 10_000, 231), value('v', 10_000, 999)]);
  live.add([value('v', MTU_MS, 240)]);
  expect(live.meansOf(0)).toMatchObject([{ id: 'v', value: 230 }]);
  expect(live.meansOf(MTU_MS)).toMatchObject([{ id: 'v', value: 240 }]);
});

it('takes so many quantities and no more, and new ones when the old ones are no longer said', () => {
  const live = createLiveOperations();
  expect(live.add(many('old', 20_000, 0))).toBeUndefined();
  expect(live.add([value('new', MTU_MS)])).toContain('20000 of at most 20000 are known');
  expect(live.add([value('old1', DAY_MS)])).toBeUndefined();
  expect(live.add([value('new', DAY_MS)])).toBeUndefined();
  expect(ids(live)).toEqual(['new', 'old1']);
});

it('forgets a quantity and its quarter-hour a day after it was said last, however few came since', () => {
  const live = createLiveOperations();
  live.add([value('gone', 0), value('kept', MTU_MS)]);
  live.add([value('kept', DAY_MS)]);
  expect(ids(live)).toEqual(['kept']);
  expect(live.meansOf(0)).toEqual([]);
  expect(live.meansOf(MTU_MS)).toHaveLength(1);
});
