/**
 * Goal: the sparse factor is the factor of the matrix. Method: random sparse matrices, rows of very
 * different weight, against what the definition says.
 */
import fc from 'fast-check';
import { minimumDegreeElimination } from '../power-flow/elimination';
import {
  addRow,
  createSparseQr,
  finishFactor,
  solveUpper,
  varianceOfRow,
  type SparseQr,
} from './sparse-qr';

interface Problem {
  readonly nodeCount: number;
  readonly rows: readonly { readonly nodes: readonly number[]; readonly values: number[] }[];
}

const problem: fc.Arbitrary<Problem> = fc.integer({ min: 1, max: 12 }).chain((nodeCount) => {
  const entry = fc.double({ min: -1, max: 1, noNaN: true });
  const row = fc
    .record({
      nodes: fc.uniqueArray(fc.nat(nodeCount - 1), { minLength: 1, maxLength: 3 }),
      values: fc.array(entry, { minLength: 6, maxLength: 6 }),
      weight: fc.constantFrom(1, 1, 1000),
    })
    .map(({ nodes, values, weight }) => ({ nodes, values: values.map((v) => v * weight) }));
  return fc.record({
    nodeCount: fc.constant(nodeCount),
    rows: fc.array(row, { minLength: 1, maxLength: 40 }),
  });
});

/** A row for each column alone makes every matrix one of full rank. */
const withFullRank = ({ nodeCount, rows }: Problem): Problem => ({
  nodeCount,
  rows: [
    ...rows,
    ...Array.from({ length: nodeCount }, (_, node) => [
      { nodes: [node], values: [1, 0] },
      { nodes: [node], values: [0, 1] },
    ]).flat(),
  ],
});

function factor({ nodeCount, rows }: Problem, right: (index: number) => number) {
  const pairs = new Set<string>();
  for (const { nodes } of rows) {
    for (const a of nodes) for (const b of nodes) if (a < b) pairs.add(`${a} ${b}`);
  }
  const ends = [...pairs].map((pair) => pair.split(' ').map(Number));
  const { position, ...structure } = minimumDegreeElimination(
    nodeCount,
    Int32Array.from(ends, ([a]) => a!),
    Int32Array.from(ends, ([, b]) => b!),
  );
  const qr = createSparseQr({ position, ...structure });
  const dense = rows.map(({ nodes, values }) => {
    const row = new Float64Array(2 * nodeCount);
    nodes.forEach((node, k) => {
      row[2 * position[node]!] = values[2 * k]!;
      row[2 * position[node]! + 1] = values[2 * k + 1]!;
    });
    return row;
  });
  const first = (index: number): number =>
    Math.min(...rows[index]!.nodes.map((node) => position[node]!));
  const put = (row: Float64Array): void => qr.row.set(row);
  dense.forEach((row, index) => {
    put(row);
    addRow(qr, first(index), right(index));
  });
  finishFactor(qr);
  return { qr, dense, first, put };
}

/** H^T (H x - b), which is nothing at the least-squares solution. */
function gradient(dense: readonly Float64Array[], x: Float64Array, b: readonly number[]) {
  const sum = new Float64Array(x.length);
  dense.forEach((row, index) => {
    const miss = row.reduce((total, value, k) => total + value * x[k]!, -b[index]!);
    row.forEach((value, k) => (sum[k]! += value * miss));
  });
  return sum;
}

const scaleOf = (qr: SparseQr): number =>
  qr.values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);

describe('the factor of a sparse matrix', () => {
  it('gives the least-squares solution', () => {
    fc.assert(
      fc.property(problem.map(withFullRank), (given) => {
        const b = given.rows.map((_, index) => Math.sin(index));
        const { qr, dense } = factor(given, (index) => b[index]!);
        const x = Float64Array.from(qr.rightHandSide);
        solveUpper(qr, x);
        for (const entry of gradient(dense, x, b)) {
          expect(Math.abs(entry)).toBeLessThan(1e-9 * scaleOf(qr) ** 2);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('gives the variance h (H^T H)^-1 h^T of a row', () => {
    fc.assert(
      fc.property(problem.map(withFullRank), (given) => {
        const { qr, dense, first, put } = factor(given, () => 0);
        dense.forEach((h, index) => {
          put(h);
          const variance = varianceOfRow(qr, first(index));
          // Solve H^T H x = h by a least-squares problem of which h is the gradient.
          const x = conjugateGradients(dense, h);
          const expected = h.reduce((sum, value, k) => sum + value * x[k]!, 0);
          expect(variance).toBeCloseTo(expected, 5);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('knows the rank: a column without a row of its own stays open', () => {
    fc.assert(
      fc.property(problem, fc.nat(), (given, pick) => {
        // One node is taken out of every row, so both of its columns are open.
        const node = pick % given.nodeCount;
        const rows = given.rows.flatMap(({ nodes, values }) => {
          const kept = nodes.filter((other) => other !== node);
          return kept.length > 0 ? [{ nodes: kept, values }] : [];
        });
        const { qr } = factor({ nodeCount: given.nodeCount, rows }, () => 0);
        expect([...qr.filled].filter((filled) => filled === 0).length).toBeGreaterThanOrEqual(2);
        expect(qr.row.every((value) => value === 0)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

it('what rows tie together and nothing ties down leaves one pair of columns open', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(), fc.double({ min: 0.01, max: 9, noNaN: true })), {
        minLength: 3,
        maxLength: 25,
      }),
      fc.nat(),
      (links, extra) => {
        // A tree of differences and one more, each with a factor of its own.
        const nodeCount = links.length + 1;
        const link = (a: number, b: number, factor: number): Problem['rows'] =>
          a === b
            ? []
            : [
                { nodes: [a, b], values: [factor, 0, -factor, 0] },
                { nodes: [a, b], values: [0, factor / 3, 0, -factor / 3] },
              ];
        const rows = links.flatMap(([parent, factor], index) =>
          link(parent % (index + 1), index + 1, factor),
        );
        rows.push(...link(extra % nodeCount, nodeCount - 1, 0.7));
        const { qr } = factor({ nodeCount, rows }, () => 0);
        expect([...qr.filled].filter((filled) => filled === 0)).toHaveLength(2);
      },
    ),
    { numRuns: 200 },
  );
});

it('a long chain of differences, each measured three times, lacks one pair of columns at its end', () => {
  const nodeCount = 500;
  const rows = Array.from({ length: nodeCount - 1 }, (_, at) =>
    [0.01, 1, 300].flatMap((factor) => [
      { nodes: [at, at + 1], values: [factor, 0, -factor, 0] },
      { nodes: [at, at + 1], values: [0, factor, 0, -factor] },
    ]),
  ).flat();
  const { qr } = factor({ nodeCount, rows }, () => 0);
  expect([...qr.filled].filter((filled) => filled === 0)).toHaveLength(2);
  const tied = [...rows, { nodes: [250], values: [1, 0] }, { nodes: [250], values: [0, 1] }];
  expect(factor({ nodeCount, rows: tied }, () => 0).qr.filled.includes(0)).toBe(false);
});

/** Solves H^T H x = h. */
function conjugateGradients(dense: readonly Float64Array[], h: Float64Array): Float64Array {
  const times = (v: Float64Array): Float64Array =>
    gradient(
      dense,
      v,
      dense.map(() => 0),
    );
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((s, v, k) => s + v * b[k]!, 0);
  const x = new Float64Array(h.length);
  let residual = Float64Array.from(h);
  let direction = Float64Array.from(h);
  for (let step = 0; step < 40 * h.length && dot(residual, residual) > 1e-26; step++) {
    const image = times(direction);
    const size = dot(residual, residual);
    const share = size / dot(direction, image);
    x.forEach((_, k) => (x[k]! += share * direction[k]!));
    residual = residual.map((value, k) => value - share * image[k]!);
    const turn = dot(residual, residual) / size;
    direction = direction.map((value, k) => residual[k]! + turn * value);
  }
  return x;
}
