/** Estimates of a grid's state on demand (FR-DSOTP-SE-01/02, PMU-01), each an event. */
import {
  type Decider,
  type StateEstimated,
  DomainError,
  civilDay,
  deliveryDay,
  gridStateStream,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import {
  type CompiledGrid,
  type SourcedMeasurement,
  type StateEstimate,
  type Weather,
  compileGrid,
  estimateState,
} from '@flexledger/grid';
import { documentDigest } from '@flexledger/identity';
import { type Clock, isoFromMs } from '@flexledger/runtime';
import { type ForecastBasis, forecastShapes } from '../forecast/customer-forecast';
import { backgroundW } from '../forecast/grid-forecast';
import type { OperatedGrid } from '@flexledger/grid-operations';
import type { OwnGrid } from '../grid-model/own-grid';
import { asked } from '../grids/asked';
import { type ObservedCustomer, ownMeasurements } from './own-measurements';

type Estimate = StateEstimated['data'];

export interface StateEstimationOptions {
  readonly grid: Pick<OwnGrid, 'gridId' | 'at'>;
  readonly basis: ForecastBasis;
  /** The market's customers on the grid, with what their meters said of the quarter-hour. */
  readonly customers: (
    deliveryDay: string,
    startMs: number,
  ) => Promise<readonly ObservedCustomer[]>;
  /** Hours of weather that touch a time; empty where none is reported. */
  readonly weather: (fromMs: number, untilMs: number) => Promise<Weather>;
  /** What came in live of a quarter-hour; nothing where no feed is taken. */
  readonly live?: (startMs: number) => Promise<readonly SourcedMeasurement[]>;
  readonly store: EventStore;
  readonly clock: Clock;
}

export interface StateEstimation {
  /**
   * Estimates the state of one quarter-hour from the measurements given (SCADA, AMR, PMU) and the
   * platform's own, and records it; the same again is recorded once.
   *
   * @param startMs begin of a quarter-hour
   * @throws DomainError `measurements-malformed`, `state-unobservable`, `state-diverged`; nothing is
   *   recorded then
   */
  estimate(
    startMs: number,
    given: readonly SourcedMeasurement[],
    context: CommandContext,
  ): Promise<Estimate>;
}

export function createStateEstimation(options: StateEstimationOptions): StateEstimation {
  const { basis, store, clock } = options;
  const handler = createCommandHandler<ReadonlySet<string>, Estimate, StateEstimated>({
    store,
    clock,
    cachedStreams: 4,
    decider: estimateDecider,
  });

  async function measurementsAt(
    grid: OperatedGrid,
    startMs: number,
    given: readonly SourcedMeasurement[],
  ): Promise<readonly SourcedMeasurement[]> {
    const day = civilDay(startMs, basis.timeZone);
    const weather = await options.weather(startMs, startMs + 1);
    const shapes = forecastShapes(day, { startMs, mtuCount: 1 }, basis, weather);
    const wholeDay = forecastShapes(day, deliveryDay(day, basis.timeZone), basis);
    const backgroundPeak = Math.max(...backgroundW(wholeDay));
    const customers = await options.customers(day, startMs);
    const ids = new Set(given.map(({ id }) => id));
    const live = (await options.live?.(startMs)) ?? [];
    const told = [...given, ...live.filter(({ id }) => !ids.has(id))];
    return [...told, ...ownMeasurements({ grid, shapes, backgroundPeak }, customers, told)];
  }

  return {
    async estimate(startMs, given, context) {
      // Switches that are decided for a later delivery are not switched yet.
      const grid = await options.grid.at(startMs);
      const measurements = await measurementsAt(grid, startMs, given);
      const { compiled, result } = estimated(grid, measurements);
      const estimate = recorded(grid, startMs, measurements, compiled, result);
      const stream = gridStateStream(grid.gridId, estimate.at.slice(0, 'yyyy-mm-dd'.length));
      const { events } = await handler.handle(stream, estimate, context);
      // Asked before under the same key: what was answered then, whatever meters have said since.
      return events[0]?.data ?? estimate;
    },
  };
}

const estimateDecider: Decider<ReadonlySet<string>, Estimate, StateEstimated> = {
  initialState: new Set(),
  decide: (estimate, known) =>
    known.has(estimate.estimateId) ? [] : [{ type: 'StateEstimated', data: estimate }],
  evolve: (known, { data }) => new Set(known).add(data.estimateId),
};

function estimated(
  grid: OperatedGrid,
  measurements: readonly SourcedMeasurement[],
): { readonly compiled: CompiledGrid; readonly result: StateEstimate } {
  // PoDs located since the model was published inject too, in an order that names the estimate alike.
  const pods = [...grid.busOfPod]
    .flatMap(([id, bus]) => (grid.busIndex.has(bus) ? [{ id, bus }] : []))
    .sort((one, other) => (one.id < other.id ? -1 : 1));
  const compiled = compileGrid({ ...grid.compiled.network, pods });
  const result = asked('measurements-malformed', () => estimateState(compiled, measurements));
  if (result.converged) return { compiled, result };
  if (result.reason === 'diverged') {
    throw new DomainError(
      'state-diverged',
      `No state comes near the measurements, furthest off is ${result.worstMeasurement}; look for one ` +
        'that is wrong by far, or for a switch whose position is not as the published model has it.',
    );
  }
  const { unobservableBuses } = result;
  throw new DomainError(
    'state-unobservable',
    `The measurements leave ${unobservableBuses.length} buses open; add measurements there.`,
    unobservableBuses.map((bus) => ({
      field: bus,
      reason: 'no measurement determines its voltage',
    })),
  );
}

const micro = (value: number): number => Math.round(value * 1e6);

function recorded(
  { gridId, modelDigest }: OperatedGrid,
  startMs: number,
  measurements: readonly SourcedMeasurement[],
  { network }: CompiledGrid,
  { buses, removed, measurements: used, chiSquare }: StateEstimate,
): Estimate {
  const at = isoFromMs(startMs);
  const file = { schema: 'flexledger-measurements/1', measurements };
  const measurementsDigest = documentDigest(file);
  const located = documentDigest({ pods: network.pods });
  const count = (source: SourcedMeasurement['source']): number =>
    measurements.filter((one) => one.source === source).length;
  return {
    estimateId: documentDigest({ gridId, modelDigest, located, at, measurementsDigest }),
    gridId,
    modelDigest,
    at,
    measurementsDigest,
    sources: {
      scada: count('scada'),
      amr: count('amr'),
      pmu: count('pmu'),
      pseudo: count('pseudo'),
    },
    busIds: buses.map(({ id }) => id),
    vmMicroPu: buses.map(({ vmPu }) => micro(vmPu)),
    vaMicroDegree: buses.map(({ vaDegree }) => micro(vaDegree)),
    vmSigmaMicroPu: buses.map(({ vmSigmaPu }) => micro(vmSigmaPu)),
    vaSigmaMicroDegree: buses.map(({ vaSigmaDegree }) => micro(vaSigmaDegree)),
    removed: removed.map(({ id, normalizedResidual, indistinguishableFrom }) => ({
      id,
      normalizedResidualMilli: Math.round(normalizedResidual * 1e3),
      indistinguishableFrom,
    })),
    critical: used.flatMap(({ id, normalizedResidual }) => (normalizedResidual === null ? id : [])),
    chiSquare: {
      valueMicro: micro(chiSquare.value),
      degreesOfFreedom: chiSquare.degreesOfFreedom,
      passed: chiSquare.passed,
    },
  };
}
