import type { RulePack } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { type TokenKey, partyOf } from '@flexledger/identity';
import type { Views } from '@flexledger/projections';
import type { Clock, Timers } from '@flexledger/runtime';
import { type OpenedPlatform, partyLog } from '@flexledger/service-kit';
import { type Aggregator, type AggregatorPorts, createAggregator } from './aggregator';
import { createAlarms } from './alarms/alarms';
import { createAssets } from './assets/assets';
import { type SeriesBroker, createSeriesProcess } from './baselines/series-feed';
import { AggregatorPlatformModule } from './aggregator-platform.module';
import { aggregatorProcessors } from './aggregator-processors';
import { type PlantCosts, createPlantCosts } from './costs/plant-costs';
import { createDashboards } from './dashboards/dashboards';
import { createDispatchReports } from './dispatch/dispatch-reports';
import { createWidgetLinks } from './embedding/widget-links';
import { positionBeforeLive } from './live-sessions';
import { createPersistentTasks } from './persistent-tasks';
import { type AggregatorPolicy, AGGREGATOR_POLICY } from './policy';

export interface AggregatorPlatformOptions {
  /** Where sessions and settlements are seen, and reports of dispatches written. */
  readonly log: EventStore;
  /** They MUST hold `aggregatorViews`. */
  readonly views: Pick<Views, 'documents' | 'caughtUp'>;
  readonly clock: Clock;
  readonly timers: Timers;
  /**
   * The other platforms as an aggregator reaches them; asked once for each, when it is first needed. It
   * MUST answer for every aggregator that can get a token, also one that comes later.
   */
  readonly portsOf: (aggregatorId: string) => AggregatorPorts;
  readonly rules: RulePack;
  /** Signs links to widgets; asked for when the first is made or looked at. */
  readonly tokenKey: () => Promise<TokenKey>;
  /** Where aggregators' systems bring time series over MQTT; nowhere when absent. */
  readonly seriesBroker?: SeriesBroker;
  /** `AGGREGATOR_POLICY` when absent. */
  readonly policy?: AggregatorPolicy;
  /** Told of what went wrong and is tried again, was given up, refused or disputed. */
  readonly onProblem: (problem: string) => void;
}

export interface OpenedAggregatorPlatform extends OpenedPlatform {
  /** What the aggregators have declared, for a composer that declares it for them. */
  readonly costs: PlantCosts;
}

/**
 * Opens the platform of any number of aggregators, each with its own ports, customers and costs. Those
 * that have declared costs act by themselves; the others are served over HTTP all the same. It serves
 * no port: nobody asks an aggregator anything.
 */
export async function openAggregatorPlatform(
  options: AggregatorPlatformOptions,
): Promise<OpenedAggregatorPlatform> {
  const { log, views, clock, timers, portsOf, rules, onProblem } = options;
  const { policy = AGGREGATOR_POLICY } = options;
  const { retryPausesMs, liveDays } = policy;
  const costs = createPlantCosts({ log, views, clock });
  const opened = new Map<string, Aggregator>();

  function aggregatorOf(aggregatorId: string): Aggregator {
    const before = opened.get(aggregatorId);
    if (before) return before;
    const aggregator = createAggregator(aggregatorId, portsOf(aggregatorId), costs, rules, policy);
    opened.set(aggregatorId, aggregator);
    return aggregator;
  }

  const tasks = createPersistentTasks({ clock, timers, retryPausesMs, onProblem });
  const alarms = createAlarms({ log, clock });
  const reports = createDispatchReports({ store: log, clock });
  const replayAfter = positionBeforeLive(log, clock, liveDays);
  const { isDisabled } = partyLog(log);
  const { seriesBroker } = options;
  const series =
    seriesBroker &&
    createSeriesProcess({
      broker: seriesBroker,
      declarationsOf: (aggregatorId) => aggregatorOf(aggregatorId).baselines,
      isDisabled: async (aggregatorId) => {
        const actor = `aggregator:${aggregatorId}`;
        const principal = { ...partyOf(actor), actor, clientId: actor, scopes: [] };
        return isDisabled(principal, await log.head());
      },
      timeZone: rules.timeZone,
      onProblem,
    });
  const bidders = async () => (await costs.bidders()).map(aggregatorOf);
  return {
    http: AggregatorPlatformModule.register({
      aggregatorOf,
      documents: views.documents,
      alarms,
      assets: createAssets({ log, clock }),
      dashboards: createDashboards({ log, clock }),
      widgetLinks: createWidgetLinks({
        log,
        clock,
        tokenKey: options.tokenKey,
        isDisabled,
      }),
      clock,
      log,
      rules,
      importFrom: policy.importFrom,
    }),
    processors: [
      ...aggregatorProcessors({
        bidders,
        alarms,
        views,
        clock,
        reports,
        tasks,
        replayAfter,
        rules,
        policy,
        onProblem,
      }),
      ...(series ? [series.processor] : []),
    ],
    costs,
    async close() {
      await series?.close();
      await tasks.close();
    },
  };
}
