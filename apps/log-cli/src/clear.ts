import { readSessionRecord } from '@flexledger/audit';
import {
  type AllocatedPart,
  type ClearingInstance,
  type ClearingParameters,
  DEFAULT_CLEARING_PARAMETERS,
  DEFAULT_OBJECTIVES,
  type ObjectiveFunction,
  clearMarket,
  clearingParameters,
  columnsFromInstance,
  exactInteger,
  mulberry32,
  namedAllocation,
  paretoFront,
  parseClearingInstance,
  sessionInput,
} from '@flexledger/domain';
import { logFile, openSqliteEventStore, requireLog } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import { loadHighsSolver } from '@flexledger/solver';
import { UsageError, readJsonFile, print, printJson } from '@flexledger/command-line';
import { table } from '@flexledger/terminal';

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
  readonly objectives: readonly ObjectiveFunction[];
  readonly points: readonly {
    readonly costWMtuPrice: number | string;
    readonly unreliabilityWMtu: number;
    /** Mean of what is accepted, per mille; null where nothing is. */
    readonly reliabilityPerMille: number | null;
    readonly podsActivated: number;
    readonly dearestMicroEurPerKwh: number;
    readonly allocation: readonly AllocatedPart[];
  }[];
}

/** Clears one instance. */
export async function clearInstance(
  instance: ClearingInstance,
  parameters = DEFAULT_CLEARING_PARAMETERS,
): Promise<ClearAnswer> {
  const { result } = await cleared(instance, parameters);
  const { dsoServedWMtu, tsoServedWMtu, costWMtuPrice } = result.totals;
  return {
    algorithm: result.algorithm,
    dsoServedWMtu: Number(dsoServedWMtu),
    tsoServedWMtu: Number(tsoServedWMtu),
    costWMtuPrice: exactInteger(costWMtuPrice),
    gap: result.gap,
    allocation: namedAllocation(instance, result.allocation),
  };
}

/** The Pareto front of one instance; the same for the same seed and objectives. */
export async function paretoOfInstance(
  instance: ClearingInstance,
  seed: number,
  objectives = DEFAULT_OBJECTIVES,
  parameters = DEFAULT_CLEARING_PARAMETERS,
): Promise<ParetoAnswer> {
  const { columns, result } = await cleared(instance, parameters);
  const search = { random: mulberry32(seed), objectives };
  const front = paretoFront(columns, result.allocation, search);
  const points = front.map(({ allocation, costWMtuPrice, ...values }) => ({
    costWMtuPrice: exactInteger(costWMtuPrice),
    ...values,
    allocation: namedAllocation(instance, allocation),
  }));
  return { seed, objectives, points };
}

async function cleared(instance: ClearingInstance, parameters: ClearingParameters) {
  const columns = columnsFromInstance(instance);
  return { columns, result: await clearMarket(columns, parameters, await loadHighsSolver()) };
}

/** Flags of `flexledger clear`. */
export interface ClearFlags {
  readonly pareto: boolean;
  readonly seed: number;
  readonly objectives: readonly ObjectiveFunction[];
  /** A session of the log in the folder `data`, instead of a file. */
  readonly session?: string;
  readonly data: string;
  readonly json: boolean;
}

/** Clears the instance in a file, or a session's order book, and prints what it came to. @throws UsageError, DomainError */
export async function clear(file: string | undefined, options: ClearFlags): Promise<void> {
  const { instance, parameters } = await problemOf(file, options);
  if (options.pareto) {
    const { seed, objectives, json } = options;
    return printFront(await paretoOfInstance(instance, seed, objectives, parameters), json);
  }
  const answer = await clearInstance(instance, parameters);
  if (options.json) return printJson(answer);
  const { allocation, ...totals } = answer;
  print(table(Object.entries(totals).map(([name, value]) => [name, String(value)])));
  printParts(allocation);
}

/**
 * What is to be cleared, and how: the instance of a file, or a session's order book as its gate left it.
 *
 * @throws UsageError unless exactly one of them is named
 */
export async function problemOf(
  file: string | undefined,
  { session, data }: Pick<ClearFlags, 'session' | 'data'>,
): Promise<{ instance: ClearingInstance; parameters: ClearingParameters }> {
  if ((file === undefined) === (session === undefined)) {
    throw new UsageError('Name either a file or, by --session, a session of the log.');
  }
  if (file !== undefined) {
    const instance = parseClearingInstance(readJsonFile(file));
    return { instance, parameters: DEFAULT_CLEARING_PARAMETERS };
  }
  requireLog(data);
  const store = openSqliteEventStore({ path: logFile(data), clock: wallClock, readOnly: true });
  try {
    const { closed, dayAhead, rules } = await readSessionRecord(store, session!);
    return { instance: sessionInput(closed, dayAhead), parameters: clearingParameters(rules) };
  } finally {
    await store.close();
  }
}

function printFront(answer: ParetoAnswer, isJson: boolean): void {
  if (isJson) return printJson(answer);
  const head = [
    'point',
    'cost (W x MTU x price)',
    'reliability (per mille)',
    'PoDs activated',
    'dearest (µEUR/kWh)',
  ];
  const rows = answer.points.map((point, index) => [
    index + 1,
    point.costWMtuPrice,
    point.reliabilityPerMille?.toFixed(1) ?? '-',
    point.podsActivated,
    point.dearestMicroEurPerKwh,
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
