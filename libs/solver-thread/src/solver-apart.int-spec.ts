/** HiGHS in a thread: the same name and the same answers as in this one. */
import {
  DEFAULT_CLEARING_PARAMETERS,
  clearMarket,
  columnsFromInstance,
  parseClearingInstance,
  randomClearingDocument,
} from '@flexledger/domain';
import { loadHighsSolver } from '@flexledger/solver';
import { solverApart } from './solver-apart';

it('clears hard sessions as HiGHS of this thread does, while this one goes on', async () => {
  const [here, apart] = [await loadHighsSolver(), await solverApart()()];
  expect(apart.name).toBe(here.name);
  let ticks = 0;
  const ticking = setInterval(() => (ticks += 1), 1);
  const algorithms = new Set<string>();
  for (const seed of [1, 2, 3, 4]) {
    const instance = parseClearingInstance(
      randomClearingDocument({
        ...{ seed, mtus: 3, pods: 8, requests: 4, offers: 14, hardShare: 0.7 },
        ...{ scopes: 'overlapping', hasCaps: true, hasReactive: true, priceLevels: 30 },
        hasMtuLimits: true,
      }),
    );
    const cleared = (solver: typeof here) =>
      clearMarket(columnsFromInstance(instance), DEFAULT_CLEARING_PARAMETERS, solver);
    const { algorithm, allocation, totals, gap } = await cleared(apart);
    expect({ algorithm, allocation, totals, gap }).toEqual(
      await cleared(here).then((one) => ({
        ...{ algorithm: one.algorithm, allocation: one.allocation },
        ...{ totals: one.totals, gap: one.gap },
      })),
    );
    algorithms.add(algorithm);
  }
  clearInterval(ticking);
  expect(algorithms).toContain('milp');
  expect(ticks).toBeGreaterThan(0);
});
