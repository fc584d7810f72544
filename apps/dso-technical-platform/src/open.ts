/** The DSO technical platform opens itself: this is all that a composer sees of it. */
import type { OperatingLimits, RulePack } from '@flexledger/domain';
import type { EventStore, Processor } from '@flexledger/event-store';
import type { TcpListener } from '@flexledger/messaging';
import {
  type MeasurementsPort,
  type OrdersPort,
  type OutcomesPort,
  type RegisterPort,
  meteringSource,
} from '@flexledger/ports';
import { type Views, getSession } from '@flexledger/projections';
import { type Clock, type Timers, ownTimers } from '@flexledger/runtime';
import type { OpenedPlatform } from '@flexledger/service-kit';
import { type LoadSolver, loadHighsSolver } from '@flexledger/solver';
import { createBalancingJobs } from './balancing/balancing-jobs';
import { connectedCustomers, observedCustomers } from './customers/customers-on-grid';
import { createDerControl, createDerControlPublisher } from './der-control/der-control';
import { DsoTechnicalPlatformModule } from './dso-technical-platform.module';
import { type FeedSettings, openFeeds } from './feeds/open-feeds';
import { type TcpFeedSettings, openTcpFeed } from './feeds/tcp-feed';
import { createStatePublisher } from './feeds/publish-results';
import { forecastBasis } from './forecast/forecast-basis';
import type { LoadMetering } from './forecast/load-history';
import { createForecastRecorder } from './forecast/record-forecast';
import { soldFlexibility } from './forecast/sold-flexibility';
import { createPodLocation } from './grid-model/locate-pods';
import { replaceModel } from './grid-model/replace-model';
import { openOwnGrid } from './grid-model/own-grid';
import { publishedOrPublish } from './grid-model/published-grids';
import { createGridProcess } from './grid-process';
import { createLoadProfiles } from './load-profiles/load-profiles';
import { createProfilesProcess } from './load-profiles/profiles-process';
import { createLiveOperations } from './operations/live-operations';
import { createAssetFlows } from './operations/asset-flows';
import { createOperationsFeed } from './operations/operations-feed';
import { createOperationsRecorder } from './operations/record-operations';
import { parametersAt } from './parameters/computation-parameters';
import type { DsoPolicy } from './policy';
import { liveSessionsAfter, openSetpointsAfter } from './replay-after';
import { createSessionAssessment } from './session-assessment';
import {
  type BrokerAccess,
  type SetpointCarrying,
  openSetpointCarrying,
} from './setpoint-carrying/setpoint-carrying';
import { createStateEstimation } from './state-estimation/state-estimation';
import { createSwitching } from './switching/switching';
import { createTariffs } from './tariffs/tariffs';
import { reportWeather, reportedWeather } from './weather/weather-reports';

export interface DsoOptions {
  readonly log: EventStore;
  /** Folded from the log, `dsoViews` at least. */
  readonly views: Pick<Views, 'documents' | 'caughtUp'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly broker: BrokerAccess;
  readonly ports: {
    readonly register: Pick<RegisterPort, 'submit' | 'podsOf' | 'baselines'>;
    readonly measurements: MeasurementsPort;
    readonly orders: Pick<OrdersPort, 'requestFlexibility' | 'withdrawRequest'>;
    readonly outcomes: OutcomesPort;
  };
  /** Of the market it serves: the zone its days are of, and the days that count as Sundays. */
  readonly rules: Pick<RulePack, 'timeZone' | 'baseline'>;
  /** Published when the log has no grid model yet; otherwise the log's grid is operated. */
  readonly grid: {
    readonly gridId: string;
    readonly model: object;
    readonly limits: OperatingLimits;
  };
  readonly policy: DsoPolicy;
  /** What is taken in over the broker beside setpoints' answers; nothing when absent. */
  readonly feeds?: FeedSettings;
  /** Where a data server is heard that speaks no MQTT, with the feed `operations`; nowhere when absent. */
  readonly tcp?: TcpFeedSettings;
  /** HiGHS in this thread where absent. */
  readonly loadSolver?: LoadSolver;
  /** Told of what went wrong and will be tried again or was refused. */
  readonly onProblem: (problem: string) => void;
}

export interface OpenedDso extends OpenedPlatform {
  /** For a driver that gives setpoints and their answers the turn; in real time timers do. */
  readonly carrying: Pick<SetpointCarrying, 'ready' | 'awaitedAcks' | 'collect'>;
  /** Resolves when the feeds are first connected; absent where none is taken. */
  readonly feedsReady?: Promise<void>;
  readonly tcp?: TcpListener;
}

/**
 * Opens the platform over its log and begins to connect to the broker. No other platform is asked
 * before a processor, a timer or a request has something to do.
 *
 * @throws GridModelError when the model to be published, or the log's, is broken
 */
export async function openDsoTechnicalPlatform(options: DsoOptions): Promise<OpenedDso> {
  const { log, views, clock, ports, rules, policy, onProblem } = options;
  // What is due later is not the work of a platform that has closed.
  const timers = ownTimers(options.timers);
  const { loadSolver = loadHighsSolver } = options;
  const { documents } = views;
  const { gridId } = await publishedOrPublish(log, clock, options.grid);
  const grid = await openOwnGrid(log, gridId, policy.location);
  const basis = forecastBasis(rules.timeZone, rules.baseline.holidays, policy.place);
  const recorder = createForecastRecorder(log, clock);
  const weather: LoadMetering['weather'] = async (fromMs, untilMs) => {
    await views.caughtUp();
    return reportedWeather(documents, gridId, fromMs, untilMs);
  };
  const { measuredW, activatedOn } = meteringSource(
    {
      register: ports.register,
      measurements: ports.measurements,
      salesOn: async (deliveryDay) => {
        await views.caughtUp();
        return soldFlexibility(documents, deliveryDay);
      },
    },
    rules.timeZone,
  );
  const firstDay = (): Promise<string | undefined> => ports.measurements.firstDay();
  const metering: LoadMetering = { firstDay, measuredW, activatedOn, weather };
  const customers = (day: string) => connectedCustomers(ports.register, gridId, day);
  const profiles = createLoadProfiles({ gridId, basis, metering, customers, store: log, clock });
  const assessment = createSessionAssessment({
    grid,
    basis,
    outcomes: ports.outcomes,
    recorder,
    customers,
    metering,
    profiles: () => profiles.standing(),
    expectedPrices: policy.expectedPrices,
    loadSolver,
    clock,
  });
  const operations = options.feeds?.taken.includes('operations')
    ? createLiveOperations()
    : undefined;
  const measured =
    operations && createOperationsRecorder({ gridId, live: operations, store: log, clock, timers });
  const tariffs = createTariffs(log, clock);
  const derControlled = { documents, gridId, tariffs, caughtUp: () => views.caughtUp() };
  const derControl = operations && createDerControl({ store: log, clock, ...derControlled });
  const estimation = createStateEstimation({
    grid,
    basis,
    customers: (day, startMs) =>
      observedCustomers(ports.register, ports.measurements, gridId, day, startMs),
    weather,
    ...(measured && { live: (startMs) => measured.meansOf(startMs) }),
    store: log,
    clock,
  });
  const carrying = openSetpointCarrying({ log, clock, timers, broker: options.broker, onProblem });
  const operationsFeed =
    operations &&
    measured &&
    derControl &&
    createOperationsFeed({
      gridId,
      live: operations,
      noted: (values) => measured.noted(values),
      estimation,
      network: async () => (await grid.current()).compiled.network,
      reportWeather: (report, context) =>
        reportWeather({ store: log, clock }, { gridId, ...report }, context),
      publishModel: (model, limits, context) =>
        replaceModel({ store: log, clock, gridId }, model, limits, context),
      reportDerControl: (report, context) => derControl.report(report, context),
      caughtUp: () => views.caughtUp(),
      clock,
      onProblem,
    });
  const feeds =
    options.feeds &&
    openFeeds({
      ...options.feeds,
      broker: options.broker,
      clock,
      keepPhasorsMs: policy.phasorHours * 3_600_000,
      operations: operationsFeed,
      onProblem,
    });
  const tcp =
    options.tcp &&
    operationsFeed &&
    (await openTcpFeed({ settings: options.tcp, gridId, feed: operationsFeed, onProblem }));
  const gridProcess = createGridProcess({
    gridId,
    orders: ports.orders,
    assessment,
    recorder,
    sessionOf: async (sessionId) => {
      await views.caughtUp();
      return getSession(documents, sessionId);
    },
    clock,
    timers,
    parametersAt: (position) => parametersAt(log, gridId, policy, position),
    liveSessionsAfter: () => liveSessionsAfter(log, clock),
    onProblem,
  });
  const setpointCarrying: Processor = {
    ...carrying.processor,
    replayAfter: async () => {
      await views.caughtUp();
      return openSetpointsAfter(log, documents, clock);
    },
  };
  return {
    http: DsoTechnicalPlatformModule.register({
      gridId,
      grid,
      store: log,
      documents,
      forecasts: recorder,
      register: ports.register,
      switching: createSwitching({
        store: log,
        clock,
        documents,
        grid,
        outcomes: ports.outcomes,
        recorder,
      }),
      estimation,
      profiles,
      balancing: createBalancingJobs(log, clock, loadSolver),
      tariffs,
      derControl,
      phasors: feeds?.phasors,
      operations,
      policy,
      clock,
    }),
    processors: [
      createPodLocation(grid, ports.register, onProblem),
      ...gridProcess,
      createProfilesProcess({
        ...{ gridId, timeZone: rules.timeZone, profiles, clock, timers, onProblem },
      }),
      setpointCarrying,
      ...(measured
        ? [
            createAssetFlows({
              ...{ gridId, timeZone: rules.timeZone, grid, operations: measured },
              ...{ forecasts: recorder, documents, store: log, clock },
              caughtUp: () => views.caughtUp(),
            }),
          ]
        : []),
      ...(feeds
        ? [
            createStatePublisher(gridId, feeds.say),
            createDerControlPublisher(derControlled, feeds.say),
          ]
        : []),
    ],
    carrying,
    ...(feeds && { feedsReady: feeds.ready }),
    ...(tcp && { tcp }),
    async close() {
      timers.close();
      await tcp?.close();
      await carrying.close();
      await feeds?.close();
    },
  };
}
