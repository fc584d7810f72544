import type { MilpModel, MilpSolver } from '@flexledger/domain';
import { loadHighsSolver } from './highs';

/** Goal: the port's promises hold. Method: small models whose optimum is plain to see. */
let solver: MilpSolver;
beforeAll(async () => {
  solver = await loadHighsSolver();
});

/** A knapsack: yes/no columns with weights, a capacity, and objectives to minimise in order. */
function knapsack(
  capacity: number,
  weights: readonly number[],
  objectives: readonly (readonly number[])[],
  limits: MilpModel['limits'] = { timeLimitSeconds: 20, nodeLimit: null },
): MilpModel {
  return {
    columnLower: new Float64Array(weights.length),
    columnUpper: new Float64Array(weights.length).fill(1),
    isInteger: new Uint8Array(weights.length).fill(1),
    rowLower: Float64Array.of(-Infinity),
    rowUpper: Float64Array.of(capacity),
    rowStart: Int32Array.of(0, weights.length),
    rowColumn: Int32Array.from(weights.keys()),
    rowValue: Float64Array.from(weights),
    objectives: objectives.map((objective) => Float64Array.from(objective)),
    start: { columns: new Int32Array(0), values: new Float64Array(0) },
    limits,
  };
}

/** Offers of which half is taken: served most, then cost, then reliability, then place; all divisible. */
function sharedOut(offers: number, seed: number): MilpModel {
  let state = seed;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const each = (least: number, span: number): number[] =>
    Array.from({ length: offers }, () => least + draw(span));
  const quantity = each(100, 4_000);
  const served = Math.floor(quantity.reduce((sum, one) => sum + one) / 2) + draw(9);
  const nothing = new Array<number>(offers).fill(0);
  const objectives = [nothing, each(100_000, 90_000), each(0, 1_000), [...nothing.keys()]];
  return {
    columnLower: new Float64Array(offers + 1),
    columnUpper: Float64Array.from([...quantity, served]),
    isInteger: new Uint8Array(offers + 1),
    rowLower: Float64Array.of(0),
    rowUpper: Float64Array.of(0),
    rowStart: Int32Array.of(0, offers + 1),
    rowColumn: Int32Array.from({ length: offers + 1 }, (_, column) => column),
    rowValue: Float64Array.from([...nothing.map(() => 1), -1]),
    objectives: objectives.map((one, index) => Float64Array.from([...one, index === 0 ? -1 : 0])),
    start: { columns: new Int32Array(0), values: new Float64Array(0) },
    limits: { timeLimitSeconds: 20, nodeLimit: null },
  };
}

const chosen = (columnValue: Float64Array | null): number[] =>
  [...(columnValue ?? [])].flatMap((value, column) => (value > 0.5 ? [column] : []));

describe('HiGHS behind the solver port', () => {
  it('names itself with its version', () => {
    expect(solver.name).toMatch(/^highs-\d+\.\d+\.\d+/);
  });

  it('keeps earlier objectives at their best while it improves later ones', async () => {
    // {0, 1} and {2} both weigh 5; the second objective prefers column 2.
    const answer = await solver.solve(
      knapsack(
        5,
        [2, 3, 5, 4],
        [
          [-2, -3, -5, -4],
          [7, 8, 9, 1],
        ],
      ),
    );
    expect(chosen(answer.columnValue)).toEqual([2]);
    expect(answer.bounds.map((bound) => Math.round(bound!))).toEqual([-5, 9]);
  });

  it('answers equal models equally, one after the other', async () => {
    const model = knapsack(
      50,
      [12, 7, 11, 8, 9, 6, 7, 3],
      [[-24, -13, -23, -15, -16, -11, -12, -5]],
    );
    const { elapsedSeconds: _first, ...before } = await solver.solve(model);
    for (let round = 0; round < 20; round += 1) {
      const { elapsedSeconds: _again, ...after } = await solver.solve(model);
      expect(after).toEqual(before);
    }
  });

  it('has no solution for a model that has none', async () => {
    const model = knapsack(-1, [1, 2], [[-1, -1]]);
    const { columnValue, bounds } = await solver.solve(model);
    expect(columnValue).toBeNull();
    expect(bounds).toEqual([null]);
  });

  it('solves without integers, and skips objectives that weigh nothing', async () => {
    const model = {
      ...knapsack(
        5,
        [2, 3, 4],
        [
          [0, 0, 0],
          [-2, -3, -4],
        ],
      ),
      isInteger: new Uint8Array(3),
    };
    const { columnValue, bounds } = await solver.solve(model);
    expect(bounds).toEqual([0, -5]);
    expect(columnValue!.reduce((sum, x, i) => sum + x * [2, 3, 4][i]!, 0)).toBeCloseTo(5);
  });

  it('proves every objective of sums that floating point cannot hold exactly', async () => {
    // 300 offers share half of what they have; the second objective comes to about 4e10.
    for (let seed = 19; seed < 26; seed += 1) {
      const { bounds } = await solver.solve(sharedOut(300, seed));
      expect(bounds).not.toContain(null);
    }
  });

  it('stops at a limit with the best it has and an honest bound', async () => {
    // Strongly correlated weights: hard for branch and bound within one node.
    const weights = Array.from({ length: 60 }, (_, i) => 1000 + ((i * 7919) % 997));
    const values = weights.map((weight) => -(weight + 100));
    const capacity = Math.floor(weights.reduce((sum, weight) => sum + weight) / 2);
    const model = knapsack(capacity, weights, [values], { timeLimitSeconds: 20, nodeLimit: 1 });
    const start = { columns: Int32Array.of(0, 1), values: Float64Array.of(1, 1) };
    const { columnValue, bounds } = await solver.solve({ ...model, start });
    const picked = chosen(columnValue);
    const value = picked.reduce((sum, column) => sum + values[column]!, 0);
    expect(picked.reduce((sum, column) => sum + weights[column]!, 0)).toBeLessThanOrEqual(capacity);
    expect(value).toBeLessThan(0);
    expect(bounds[0]).toBeLessThanOrEqual(value + 1e-6);
  });
});
