/**
 * Goal: of rows that together do harm, as much as possible is kept, in order of priority. Method: a
 * make-believe grid whose places load a few elements up to their limits, where every answer can be
 * computed by hand.
 */
import fc from 'fast-check';
import { type MtuGrid, type RowInMtu, keepRows } from './keep-rows';

/** Element e is harmed when the sum of `effect[place][e] * kept[place]` is above its limit. */
function linearGrid(effect: readonly (readonly number[])[], limits: readonly number[]) {
  const kept = effect.map(() => 0);
  let solves = 0;
  const loadOf = (element: number): number =>
    effect.reduce((sum, ofPlace, place) => sum + ofPlace[element]! * kept[place]!, 0);
  const grid: MtuGrid = {
    add: (place, quantityW) => void (kept[place]! += quantityW),
    harm() {
      solves += 1;
      const element = limits.findIndex((limit, index) => loadOf(index) > limit);
      return element < 0 ? undefined : `e${element}`;
    },
  };
  return { grid, kept, solves: () => solves };
}

const row = (place: number, quantityW: number): RowInMtu => ({ place, quantityW });

it('keeps everything that does no harm, after one look', () => {
  const { grid, solves } = linearGrid([[1], [1]], [100]);
  expect(keepRows([[row(0, 60), row(1, 40)]], grid).keptW).toEqual([60, 40]);
  expect(solves()).toBe(1);
});

it('keeps the first rows whole and of the row that meets the limit a part in steps of 10 W', () => {
  const { grid } = linearGrid([[1]], [1_234]);
  const { keptW, harmAt } = keepRows([[row(0, 1_000), row(0, 1_000), row(0, 1_000)]], grid);
  expect(keptW).toEqual([1_000, 230, 0]);
  expect(harmAt).toEqual(new Map([[0, 'e0']]));
});

it('refuses where there is harm and keeps the rest', () => {
  const { grid } = linearGrid(
    [
      [1, 0],
      [0, 1],
      [0, 0],
    ],
    [0, 500],
  );
  const { keptW, harmAt } = keepRows([[row(0, 70), row(1, 505), row(2, 9)]], grid);
  expect(keptW).toEqual([0, 500, 9]);
  expect([...harmAt]).toEqual([
    [0, 'e0'],
    [1, 'e1'],
  ]);
});

it('keeps a refused row after all when a later one makes room', () => {
  // Place 1 relieves what place 0 loads; place 2 is there to make the whole list harmful.
  const { grid } = linearGrid(
    [
      [1, 0],
      [-1, 0],
      [0, 1],
    ],
    [0, 0],
  );
  expect(keepRows([[row(0, 50), row(2, 10), row(1, 80)]], grid).keptW).toEqual([50, 0, 80]);
});

it('gives room that a class makes to its own rows before those of the next', () => {
  // Place 1 relieves what places 0 and 2 load; the halves of [0, 1, 2] would give its room to 2.
  const { grid } = linearGrid([[1], [-1], [1]], [0]);
  const rows = [row(0, 50), row(1, 50), row(2, 50)];
  expect(keepRows([rows.slice(0, 2), rows.slice(2)], grid).keptW).toEqual([50, 50, 0]);
});

it('looks once at a place that is full, however many rows stand there', () => {
  const { grid, solves } = linearGrid([[1]], [0]);
  const rows = Array.from({ length: 1_000 }, () => row(0, 100));
  expect(keepRows([rows], grid).keptW.every((watts) => watts === 0)).toBe(true);
  expect(solves()).toBeLessThan(20);
});

it('leaves no harm, keeps whatever could still be kept, and leaves the grid as it says', () => {
  const places = 4;
  const elements = 3;
  const table = (from: number, to: number) =>
    fc.array(
      fc.array(fc.integer({ min: from, max: to }), { minLength: elements, maxLength: elements }),
      { minLength: places, maxLength: places },
    );
  const rowsOf = fc.array(
    fc.record({
      place: fc.nat({ max: places - 1 }),
      quantityW: fc.integer({ min: 1, max: 3_000 }),
    }),
    { maxLength: 12 },
  );
  const limitsOf = fc.array(fc.nat({ max: 4_000 }), { minLength: elements, maxLength: elements });
  fc.assert(
    fc.property(table(-2, 3), limitsOf, rowsOf, (effect, limits, rows) => {
      const { grid, kept } = linearGrid(effect, limits);
      const { keptW, harmAt } = keepRows([rows], grid);
      expect(grid.harm()).toBeUndefined();
      effect.forEach((_, place) => {
        const sum = rows.reduce((all, r, at) => (r.place === place ? all + keptW[at]! : all), 0);
        expect(kept[place]).toBe(sum);
      });
      rows.forEach(({ place, quantityW }, at) => {
        const leftW = quantityW - keptW[at]!;
        expect(leftW).toBeGreaterThanOrEqual(0);
        if (leftW === 0) return;
        const more = Math.min(10, leftW);
        grid.add(place, more);
        expect(grid.harm()).toBe(harmAt.get(place));
        grid.add(place, -more);
      });
    }),
    { numRuns: 500 },
  );
});
