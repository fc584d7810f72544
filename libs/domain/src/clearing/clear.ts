import { checkAllocation, type ClearingTotals } from './check';
import type { ClearingColumns } from './columns';
import { explainRequests, type RequestExplanation } from './explain';
import { findHardParts, type HardParts } from './hard-parts';
import { clearHardParts, type Gap } from './hard-path';
import { clearMtu, prepareMeritOrder, type Allocation, type MeritOrder } from './merit-order';
import type { PricingRule } from './pricing';
import type { SolveMilp } from './solver-port';

/**
 * Clears a session (DESIGN 8): DSO requests as far as possible, then TSO requests, then least cost,
 * then best reliability, then earliest in the log (least sum of W x place). Merit order decides all that is divisible; a
 * MILP solver proposes the rest. The outcome is a function of columns, parameters and solver, byte
 * for byte, unless the time limit struck (then `gap` is not null).
 */
export interface ClearingParameters {
  readonly pricing: PricingRule;
  /**
   * What the third objective is: cost and unreliability in this proportion, whole numbers, not both
   * 0. With 1 and 0 it is cost, and reliability only breaks its ties.
   */
  readonly costWeight: number;
  readonly reliabilityWeight: number;
  /** For all of the session's MILP parts together. */
  readonly timeLimitSeconds: number;
  /** Branch-and-bound nodes for each part and objective; null is no limit. */
  readonly nodeLimit: number | null;
}

export const DEFAULT_CLEARING_PARAMETERS: ClearingParameters = {
  pricing: 'payAsBid',
  costWeight: 1,
  reliabilityWeight: 0,
  timeLimitSeconds: 60,
  nodeLimit: null,
};

/** Raised whenever the same input may come out differently. */
export const CLEARING_VERSION = '1';

/** How the session was cleared; `milp` when any part needed the solver. */
export type ClearingAlgorithm = 'nested-merit-order' | 'augmenting-merit-order' | 'milp';

/** A solver and the name under which the outcome records it (`highs-1.15.3`). */
export interface MilpSolver {
  readonly name: string;
  readonly solve: SolveMilp;
}

export interface ClearingResult {
  readonly algorithm: ClearingAlgorithm;
  readonly version: string;
  /** Null when none was needed. */
  readonly solver: string | null;
  readonly parameters: ClearingParameters;
  readonly allocation: Allocation;
  readonly totals: ClearingTotals;
  /** Null when the optimum is proven. */
  readonly gap: Gap | null;
  readonly requests: RequestExplanation;
}

/**
 * Clears a session of any kind.
 *
 * @throws Error when the session needs a solver and none is given, or parameters are out of range
 */
export async function clearMarket(
  columns: ClearingColumns,
  parameters: ClearingParameters,
  solver: MilpSolver | null = null,
): Promise<ClearingResult> {
  const { meritOrder, hard } = prepare(columns, parameters);
  if (hard === null) return meritOrderResult(meritOrder, parameters);
  if (solver === null) {
    throw new Error(
      `clearing: ${hard.parts.length} part(s) hold discrete, minimum-quantity, block or two-way ` +
        'offers and no solver was given; pass a MilpSolver',
    );
  }
  const { timeLimitSeconds, nodeLimit } = parameters;
  const limits = { timeLimitSeconds, nodeLimit };
  const { allocation, gap } = await clearHardParts(meritOrder, hard, limits, solver.solve);
  return {
    algorithm: 'milp',
    version: CLEARING_VERSION,
    solver: solver.name,
    parameters,
    ...judged(columns, allocation),
    gap,
  };
}

/** Clears by merit order alone, at once; null when the session holds something it cannot decide. */
export function clearByMeritOrder(
  columns: ClearingColumns,
  parameters: ClearingParameters,
): ClearingResult | null {
  const { meritOrder, hard } = prepare(columns, parameters);
  return hard === null ? meritOrderResult(meritOrder, parameters) : null;
}

function prepare(
  columns: ClearingColumns,
  parameters: ClearingParameters,
): { meritOrder: MeritOrder; hard: HardParts | null } {
  const { costWeight, reliabilityWeight, timeLimitSeconds, nodeLimit } = parameters;
  const isWhole = (value: number, most: number): boolean =>
    Number.isInteger(value) && value >= 0 && value <= most;
  if (!isWhole(costWeight, 2 ** 31) || !isWhole(reliabilityWeight, 2 ** 31)) {
    throw new RangeError('clearing: costWeight and reliabilityWeight must be whole numbers');
  }
  if (costWeight + reliabilityWeight === 0) {
    throw new RangeError('clearing: costWeight and reliabilityWeight are both 0; raise one');
  }
  if (!(timeLimitSeconds > 0) || (nodeLimit !== null && !isWhole(nodeLimit, 2 ** 31 - 1))) {
    throw new RangeError(
      'clearing: timeLimitSeconds must be above 0, nodeLimit a whole number or null',
    );
  }
  const weights =
    reliabilityWeight === 0
      ? { cost: 1, reliability: 0 }
      : { cost: costWeight, reliability: reliabilityWeight };
  const meritOrder = prepareMeritOrder(columns, weights);
  return { meritOrder, hard: findHardParts(meritOrder) };
}

function meritOrderResult(meritOrder: MeritOrder, parameters: ClearingParameters): ClearingResult {
  const { columns, graph } = meritOrder;
  const allocation = Array.from({ length: columns.mtus }, (_, mtu) =>
    // Without decisions there is nothing that might not fit.
    clearMtu(meritOrder, mtu, null)!,
  );
  const isNested = graph.markets.every((market) => market.nested);
  return {
    algorithm: isNested ? 'nested-merit-order' : 'augmenting-merit-order',
    version: CLEARING_VERSION,
    solver: null,
    parameters,
    ...judged(columns, allocation),
    gap: null,
  };
}

/** Checks the outcome by other code than what made it, and explains it. */
function judged(
  columns: ClearingColumns,
  allocation: Allocation,
): Pick<ClearingResult, 'allocation' | 'totals' | 'requests'> {
  const { violations, totals } = checkAllocation(columns, allocation);
  const first = violations[0];
  if (first !== undefined) {
    throw new Error(
      `clearing broke its own rule ${first.rule} in MTU ${first.mtu} (${first.detail}); report this instance`,
    );
  }
  return { allocation, totals, requests: explainRequests(columns, allocation) };
}
