import type { CompiledGrid, SourcedMeasurement } from '@flexledger/grid';
import { type ForecastShapes, customerForecastW } from '../forecast/customer-forecast';
import { type ConnectedCustomer, forecastGrid, forecastVar } from '../forecast/grid-forecast';
import { type OperatedGrid, suppliedBus } from '@flexledger/grid-operations';

/** Mean power of a PoD in a quarter-hour, as its meter told; withdrawal positive. */
export interface MeteredPower {
  readonly powerW: number;
  readonly powerVar: number;
}

/** A customer on the grid, with what its meter said of the quarter-hour, if it did. */
export type ObservedCustomer = ConnectedCustomer & { readonly metered: MeteredPower | undefined };

/** Where and when, and what is expected there. */
export interface Expectation {
  readonly grid: OperatedGrid;
  /** Of the one quarter-hour that is estimated. */
  readonly shapes: ForecastShapes;
  readonly backgroundPeak: number;
}

/** A meter of class B (EN 50470-3) errs by 1 %; it counts whole Wh, 4 W over a quarter-hour. */
const METER_SHARE = 0.01;
const METER_FLOOR_W = 4;
/**
 * A quarter-hour of one customer is about as far from its forecast as that from nothing; many customers
 * together err less. A reactive forecast, by power factor, is no surer.
 */
const CUSTOMER_SHARE = 1;
const BACKGROUND_SHARE = 0.3;
const FORECAST_FLOOR_W = 100;
/** Nobody publishes a slack voltage better than a tap changer holds it. */
const SLACK_SIGMA_PU = 0.01;

/**
 * What the platform itself knows of one quarter-hour: at every bus with load, generator or PoD what is
 * injected, from the meters of the market's customers and, for everybody else, from the forecast. The
 * variances of all at one bus add up, buses that closed switches join count as one. A bus for which the
 * caller has an injection itself has none here: the same meters must not count twice. Where the caller has no voltage, the model's slack voltage
 * stands in for one.
 */
export function ownMeasurements(
  { grid, shapes, backgroundPeak }: Expectation,
  customers: readonly ObservedCustomer[],
  given: readonly SourcedMeasurement[],
): SourcedMeasurement[] {
  const { network, topology } = grid.compiled;
  const background = forecastGrid(grid, [], shapes, backgroundPeak);
  const sums = new Map<number, NodeSum>();
  const sumAt = (bus: number): NodeSum | undefined => {
    const node = topology.nodeOfBus[bus]!;
    if (node <= SLACK_NODE) return undefined;
    const sum = sums.get(node) ?? newSum(network.buses[bus]!.id);
    sums.set(node, sum);
    return sum;
  };
  for (const { bus: busId } of [...network.loads, ...network.staticGenerators]) {
    const bus = grid.busIndex.get(busId)!;
    const sum = sumAt(bus);
    if (!sum || sum.backgroundOf.has(bus)) continue;
    sum.backgroundOf.add(bus);
    addForecast(sum, background.busW[bus]![0]!, background.busVar[bus]![0]!, BACKGROUND_SHARE);
  }
  for (const customer of customers) {
    const bus = suppliedBus(grid, customer.busId);
    const sum = bus === undefined ? undefined : sumAt(bus);
    if (!sum) continue;
    if (customer.metered) addMetered(sum, customer.metered);
    else {
      const watts = customerForecastW(customer, shapes)[0]!;
      addForecast(sum, watts, forecastVar(watts), CUSTOMER_SHARE);
    }
  }
  const known = new Set(
    given.flatMap((one) => {
      const node = 'bus' in one ? topology.nodeOfBus[grid.busIndex.get(one.bus) ?? -1] : undefined;
      return node === undefined ? [] : [`${one.kind} ${node}`];
    }),
  );
  const injections = [...sums].flatMap(([node, sum]) =>
    injectionsOf(sum).filter(({ kind }) => !known.has(`${kind} ${node}`)),
  );
  const hasVoltage = given.some(({ kind }) => kind === 'vmPu');
  return hasVoltage ? injections : [...injections, slackVoltage(network.externalGrid)];
}

/** The external grid feeds this node; what is injected there nobody knows beforehand. */
const SLACK_NODE = 0;

/** What is withdrawn at buses that closed switches join, and how surely. */
interface NodeSum {
  /** One of them, in whose name it is told. */
  readonly busId: string;
  /** Buses of the model whose own loads and generators are in it. */
  readonly backgroundOf: Set<number>;
  watts: number;
  reactiveVar: number;
  varianceW2: number;
  varianceVar2: number;
  isMetered: boolean;
}

const newSum = (busId: string): NodeSum => ({
  busId,
  backgroundOf: new Set(),
  watts: 0,
  reactiveVar: 0,
  varianceW2: 0,
  varianceVar2: 0,
  isMetered: true,
});

function addForecast(sum: NodeSum, watts: number, reactiveVar: number, share: number): void {
  sum.watts += watts;
  sum.reactiveVar += reactiveVar;
  sum.varianceW2 += (share * Math.abs(watts) + FORECAST_FLOOR_W) ** 2;
  sum.varianceVar2 += (share * Math.abs(reactiveVar) + FORECAST_FLOOR_W) ** 2;
  sum.isMetered = false;
}

function addMetered(sum: NodeSum, { powerW, powerVar }: MeteredPower): void {
  sum.watts += powerW;
  sum.reactiveVar += powerVar;
  sum.varianceW2 += (METER_SHARE * Math.abs(powerW) + METER_FLOOR_W) ** 2;
  sum.varianceVar2 += (METER_SHARE * Math.abs(powerVar) + METER_FLOOR_W) ** 2;
}

function injectionsOf(sum: NodeSum): SourcedMeasurement[] {
  const source = sum.isMetered ? 'amr' : 'pseudo';
  const { busId: bus } = sum;
  const at = { bus, source } as const;
  return [
    {
      ...at,
      id: `${source} P at ${bus}`,
      kind: 'pInjectionMw',
      value: -sum.watts / 1e6,
      sigma: Math.sqrt(sum.varianceW2) / 1e6,
    },
    {
      ...at,
      id: `${source} Q at ${bus}`,
      kind: 'qInjectionMvar',
      value: -sum.reactiveVar / 1e6,
      sigma: Math.sqrt(sum.varianceVar2) / 1e6,
    },
  ];
}

const slackVoltage = ({
  bus,
  vmPu,
}: CompiledGrid['network']['externalGrid']): SourcedMeasurement => ({
  id: `published voltage at ${bus}`,
  source: 'pseudo',
  kind: 'vmPu',
  bus,
  value: vmPu,
  sigma: SLACK_SIGMA_PU,
});
