import type { RulePack } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import type { Views } from '@flexledger/projections';
import type { Clock, Timers } from '@flexledger/runtime';
import type { OpenedPlatform } from '@flexledger/service-kit';
import { type Aggregator, type AggregatorPorts, createAggregator } from './aggregator';
import { AggregatorPlatformModule } from './aggregator-platform.module';
import { aggregatorProcessors } from './aggregator-processors';
import { createDispatchReports } from './dispatch/dispatch-reports';
import { positionBeforeLive } from './live-sessions';
import { createPersistentTasks } from './persistent-tasks';
import { type AggregatorPolicy, AGGREGATOR_POLICY } from './policy';
import type { AggregatorKnowledge } from './portfolio/aggregator-knowledge';

export interface AggregatorPlatformOptions {
  /** Where sessions and settlements are seen, and reports of dispatches written. */
  readonly log: EventStore;
  /** They MUST hold `aggregatorViews`. */
  readonly views: Pick<Views, 'documents'>;
  readonly clock: Clock;
  readonly timers: Timers;
  /**
   * The other platforms as an aggregator reaches them; asked once for each, when it is first needed. It
   * MUST answer for every aggregator that can get a token, also one that comes later.
   */
  readonly portsOf: (aggregatorId: string) => AggregatorPorts;
  readonly rules: RulePack;
  /** `AGGREGATOR_POLICY` when absent. */
  readonly policy?: AggregatorPolicy;
  /** Aggregators that act by themselves; the others are served over HTTP all the same. */
  readonly knowledge: readonly AggregatorKnowledge[];
  /** Told of what went wrong and is tried again, was given up, refused or disputed. */
  readonly onProblem: (problem: string) => void;
}

/**
 * Opens the platform of any number of aggregators, each with its own ports, customers and knowledge. It
 * serves no port: nobody asks an aggregator anything.
 */
export async function openAggregatorPlatform(
  options: AggregatorPlatformOptions,
): Promise<OpenedPlatform> {
  const { log, views, clock, timers, portsOf, rules, knowledge, onProblem } = options;
  const { policy = AGGREGATOR_POLICY } = options;
  const { retryPausesMs, liveDays } = policy;
  const known = new Map(knowledge.map((own) => [own.aggregatorId, own]));
  const opened = new Map<string, Aggregator>();

  /** One of whom nothing is known has customers without costs, and an operator who offers them. */
  function aggregatorOf(aggregatorId: string): Aggregator {
    const before = opened.get(aggregatorId);
    if (before) return before;
    const own = known.get(aggregatorId) ?? { aggregatorId, marginPerMille: 0, pods: {} };
    const aggregator = createAggregator(own, portsOf(aggregatorId), rules, policy);
    opened.set(aggregatorId, aggregator);
    return aggregator;
  }

  const tasks = createPersistentTasks({ clock, timers, retryPausesMs, onProblem });
  const reports = createDispatchReports({ store: log, clock });
  const replayAfter = positionBeforeLive(log, clock, liveDays);
  const shared = { reports, tasks, replayAfter, rules, policy, onProblem };
  return {
    http: AggregatorPlatformModule.register({
      aggregatorOf,
      documents: views.documents,
      log,
      rules,
    }),
    processors: [...known.keys()].flatMap((aggregatorId) =>
      aggregatorProcessors({ ...shared, aggregator: aggregatorOf(aggregatorId) }),
    ),
    close: () => tasks.close(),
  };
}
