/**
 * Goal: the sparse factorisation equals plain dense Gaussian elimination, on graphs with loops and
 * fill-in.
 */
import fc from 'fast-check';
import { blockOffset, createBlockLu, factorise, solve, solveTransposed } from './block-lu';
import { minimumDegreeElimination } from './elimination';

const graph = fc
  .record({
    size: fc.integer({ min: 1, max: 14 }),
    pairs: fc.array(fc.tuple(fc.nat(13), fc.nat(13)), { maxLength: 30 }),
    numbers: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: 300,
      maxLength: 300,
    }),
  })
  .map(({ size, pairs, numbers }) => {
    const edges = pairs
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
      .filter(([a, b]) => a !== b && b < size);
    const unique = [...new Map(edges.map((edge) => [edge.join(), edge])).values()];
    return { size, edges: unique, numbers };
  });

describe('block LU', () => {
  it('solves A x = f and its transpose as a dense solver does', () => {
    fc.assert(
      fc.property(graph, ({ size, edges, numbers }) => {
        const elimination = minimumDegreeElimination(
          size,
          Int32Array.from(edges, ([a]) => a),
          Int32Array.from(edges, ([, b]) => b),
        );
        const lu = createBlockLu(elimination);
        const dense = Array.from({ length: 2 * size }, () => new Array<number>(2 * size).fill(0));
        let drawn = 0;
        const put = (row: number, column: number, shift: number): void => {
          const offset = blockOffset(lu, row, column);
          for (let k = 0; k < 4; k++) {
            const value = numbers[drawn++ % numbers.length]! + (k % 3 === 0 ? shift : 0);
            lu.values[offset + k] = value;
            dense[2 * row + (k >> 1)]![2 * column + (k & 1)] = value;
          }
        };
        const { position } = elimination;
        for (let node = 0; node < size; node++) put(position[node]!, position[node]!, 40);
        for (const [a, b] of edges) {
          put(position[a]!, position[b]!, 0);
          put(position[b]!, position[a]!, 0);
        }
        const f = Float64Array.from({ length: 2 * size }, (_, index) => numbers[index]!);
        expect(factorise(lu)).toBe(true);
        const x = f.slice();
        solve(lu, x);
        const y = f.slice();
        solveTransposed(lu, y);
        for (let row = 0; row < 2 * size; row++) {
          const forward = dense[row]!.reduce((sum, value, column) => sum + value * x[column]!, 0);
          const transposed = dense.reduce(
            (sum, values, column) => sum + values[row]! * y[column]!,
            0,
          );
          expect(forward).toBeCloseTo(f[row]!, 10);
          expect(transposed).toBeCloseTo(f[row]!, 10);
        }
      }),
    );
  });

  it('says that a matrix without inverse has none', () => {
    const lu = createBlockLu(minimumDegreeElimination(1, new Int32Array(0), new Int32Array(0)));
    lu.values.set([1, 2, 2, 4]);
    expect(factorise(lu)).toBe(false);
  });

  it('eliminates a radial grid from its leaves, without fill-in', () => {
    const a = Int32Array.from([0, 0, 1, 1, 2, 5]);
    const b = Int32Array.from([1, 2, 3, 4, 5, 6]);
    expect(minimumDegreeElimination(7, a, b).later).toHaveLength(6);
  });
});
