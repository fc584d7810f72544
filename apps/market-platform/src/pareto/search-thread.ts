/** What the thread of `frontsOfSessions` does: the exact optimum, and the front that is searched for from it. */
import {
  type ClearingInstance,
  type ClearingParameters,
  type ObjectiveFunction,
  clearMarket,
  columnsFromInstance,
  exactInteger,
  mulberry32,
  namedAllocation,
  paretoSteps,
} from '@flexledger/domain';
import { loadHighsSolver } from '@flexledger/solver';

/** An order book, and how its front is asked for. */
export interface SearchJob {
  readonly instance: ClearingInstance;
  readonly parameters: ClearingParameters;
  readonly seed: number;
  readonly objectives: readonly ObjectiveFunction[];
}

/** The front, and what the optimum serves and costs. */
export type Searched = Awaited<ReturnType<typeof work>>;

/** @throws what clearing throws */
export async function work({ instance, parameters, seed, objectives }: SearchJob) {
  const columns = columnsFromInstance(instance);
  const optimum = await clearMarket(columns, parameters, await loadHighsSolver());
  const search = { random: mulberry32(seed), objectives };
  const steps = paretoSteps(columns, optimum.allocation, search);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  const { dsoServedWMtu, tsoServedWMtu, costWMtuPrice } = optimum.totals;
  return {
    servedWMtu: dsoServedWMtu + tsoServedWMtu,
    chosenCostWMtuPrice: exactInteger(costWMtuPrice),
    points: step.value.map(({ allocation, costWMtuPrice: cost, ...values }) => ({
      costWMtuPrice: exactInteger(cost),
      ...values,
      allocation: namedAllocation(instance, allocation),
    })),
  };
}
