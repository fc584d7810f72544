/** The parts of NSGA-II, by examples small enough to check by hand. */
import { crowdingDistances, dominates, nonDominatedFronts } from './nsga2';

const rated = (shortfall: number, ...objectives: number[]) => ({ objectives, shortfall });

describe('domination', () => {
  it('is being nowhere worse and somewhere better', () => {
    expect(dominates(rated(0, 1, 2), rated(0, 1, 3))).toBe(true);
    expect(dominates(rated(0, 1, 2), rated(0, 1, 2))).toBe(false);
    expect(dominates(rated(0, 1, 3), rated(0, 2, 2))).toBe(false);
  });

  it('asks first who misses less', () => {
    expect(dominates(rated(0, 9, 9), rated(1, 1, 1))).toBe(true);
    expect(dominates(rated(2, 1, 1), rated(1, 9, 9))).toBe(false);
  });
});

it('fronts are numbered by how many layers lie before them', () => {
  const points = [rated(0, 2, 2), rated(0, 1, 3), rated(0, 3, 3), rated(0, 2, 1), rated(5, 0, 0)];
  expect(nonDominatedFronts(points)).toEqual([[1, 3], [0], [2], [4]]);
  expect(nonDominatedFronts([])).toEqual([]);
});

it('crowding is the share of each objective between the neighbours; ends have all the room', () => {
  const front = [rated(0, 0, 10), rated(0, 1, 6), rated(0, 4, 0), rated(0, 2, 5)];
  expect([...crowdingDistances(front)]).toEqual([
    Infinity,
    2 / 4 + 5 / 10,
    Infinity,
    3 / 4 + 6 / 10,
  ]);
  expect([...crowdingDistances([rated(0, 7, 7), rated(0, 7, 7)])]).toEqual([Infinity, Infinity]);
});
