import fc from 'fast-check';
import { createPartCollector, firstDifferentPart } from './parts';

const part = (index: number, of: number, rows: readonly number[] = []) => ({
  data: { part: { index, of }, rows },
});

it('hands over a record with its last part', () => {
  const parts = createPartCollector();
  const [first, last] = [part(0, 2), part(1, 2)];
  expect(parts.take('a', first)).toBeUndefined();
  expect(parts.take('b', part(0, 1))).toHaveLength(1);
  expect(parts.take('a', last)).toEqual([first, last]);
});

it('begins anew with part 0, as the deciders do', () => {
  const parts = createPartCollector();
  parts.take('a', part(0, 3));
  const [first, last] = [part(0, 2), part(1, 2)];
  parts.take('a', first);
  expect(parts.take('a', last)).toEqual([first, last]);
});

it('finds the first row that differs, however the rows are split', () => {
  const slices = fc.array(fc.array(fc.integer()), { minLength: 1 });
  fc.assert(
    fc.property(slices, fc.array(fc.integer()), (split, expected) => {
      const parts = split.map((rows, index) => part(index, split.length, rows));
      const all = split.flat();
      const length = Math.max(all.length, expected.length);
      const row = Array.from({ length }, (_, at) => at).find((at) => all[at] !== expected[at]);
      const found = firstDifferentPart(parts, ({ data }) => data.rows, expected);
      expect(found?.row).toBe(row);
      if (row === undefined) return;
      let before = 0;
      const holder = parts.find(({ data }) => (before += data.rows.length) > row) ?? parts.at(-1);
      expect(found?.part).toBe(holder);
    }),
  );
});
