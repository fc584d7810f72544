import {
  type Allocation,
  type ClearingInstance,
  DEFAULT_CLEARING_PARAMETERS,
  clearMarket,
  columnsFromInstance,
  exactInteger,
  mulberry32,
  paretoFront,
  parseClearingInstance,
} from '@flexledger/domain';
import { loadHighsSolver } from '@flexledger/solver';
import { readJsonFile, print, printJson } from '@flexledger/command-line';
import { table } from '@flexledger/terminal';

/** What a request gets of an offer in one interval. */
export interface AllocatedPart {
  readonly offerId: string;
  readonly requestId: string;
  readonly mtu: number;
  readonly quantityW: number;
}

/** What `flexledger clear` prints: the three objectives and the allocation. */
export interface ClearAnswer {
  readonly algorithm: string;
  readonly dsoServedWMtu: number;
  readonly tsoServedWMtu: number;
  /** Exact: its digits as a text where a number would not hold it. */
  readonly costWMtuPrice: number | string;
  readonly gap: object | null;
  readonly allocation: readonly AllocatedPart[];
}

/** What `flexledger clear --pareto` prints: points of which none is better than another in everything. */
export interface ParetoAnswer {
  readonly seed: number;
  readonly points: readonly {
    readonly costWMtuPrice: number | string;
    readonly unreliabilityWMtu: number;
    /** Mean of what is accepted, per mille; null where nothing is. */
    readonly reliabilityPerMille: number | null;
    readonly podsActivated: number;
    readonly allocation: readonly AllocatedPart[];
  }[];
}

/** Clears one instance. */
export async function clearInstance(instance: ClearingInstance): Promise<ClearAnswer> {
  const columns = columnsFromInstance(instance);
  const solver = await loadHighsSolver();
  const result = await clearMarket(columns, DEFAULT_CLEARING_PARAMETERS, solver);
  const { dsoServedWMtu, tsoServedWMtu, costWMtuPrice } = result.totals;
  return {
    algorithm: result.algorithm,
    dsoServedWMtu: Number(dsoServedWMtu),
    tsoServedWMtu: Number(tsoServedWMtu),
    costWMtuPrice: exactInteger(costWMtuPrice),
    gap: result.gap,
    allocation: allocatedParts(instance, result.allocation),
  };
}

/**
 * The Pareto front of one instance; the same for the same seed.
 *
 * @throws DomainError `pareto-indivisible` when an offer of the instance is not freely divisible
 */
export function paretoOfInstance(instance: ClearingInstance, seed: number): ParetoAnswer {
  const front = paretoFront(columnsFromInstance(instance), mulberry32(seed));
  const points = front.map(({ allocation, costWMtuPrice, ...values }) => ({
    costWMtuPrice: exactInteger(costWMtuPrice),
    ...values,
    allocation: allocatedParts(instance, allocation),
  }));
  return { seed, points };
}

function allocatedParts(instance: ClearingInstance, allocation: Allocation): AllocatedPart[] {
  return allocation.flatMap((rows, mtu) =>
    Array.from(rows.offer, (offer, at) => ({
      offerId: instance.offers[offer]!.id,
      requestId: instance.requests[rows.request[at]!]!.id,
      mtu,
      quantityW: rows.quantityW[at]!,
    })),
  );
}

/** Flags of `flexledger clear`. */
export interface ClearFlags {
  readonly pareto: boolean;
  readonly seed: number;
  readonly json: boolean;
}

/** Clears the instance in a file and prints what it came to. @throws UsageError, DomainError */
export async function clear(file: string, options: ClearFlags): Promise<void> {
  const instance = parseClearingInstance(readJsonFile(file));
  if (options.pareto) return printFront(paretoOfInstance(instance, options.seed), options.json);
  const answer = await clearInstance(instance);
  if (options.json) return printJson(answer);
  const { allocation, ...totals } = answer;
  print(table(Object.entries(totals).map(([name, value]) => [name, String(value)])));
  printParts(allocation);
}

function printFront(answer: ParetoAnswer, isJson: boolean): void {
  if (isJson) return printJson(answer);
  const head = ['point', 'cost (W x MTU x price)', 'reliability (per mille)', 'PoDs activated'];
  const rows = answer.points.map((point, index) => [
    index + 1,
    point.costWMtuPrice,
    point.reliabilityPerMille?.toFixed(1) ?? '-',
    point.podsActivated,
  ]);
  print(table(rows, head));
  answer.points.forEach(({ allocation }, index) => {
    print(`Allocation of point ${index + 1}:`);
    printParts(allocation);
  });
}

function printParts(parts: readonly AllocatedPart[]): void {
  print(
    table(
      parts.map((row) => [row.offerId, row.requestId, row.mtu, row.quantityW]),
      ['offer', 'request', 'MTU', 'W'],
    ),
  );
}
