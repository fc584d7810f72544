/** The dashboards of this platform's aggregators, each its own, as the log has them. */
import {
  type DashboardCommand,
  type DashboardState,
  dashboardDecider,
  dashboardsStream,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import type { Clock } from '@flexledger/runtime';

export interface Dashboards {
  /** All dashboards of an aggregator by their ids, those of single users too. */
  of(aggregatorId: string): Promise<DashboardState>;
  /** @returns whether anything changed. @throws DomainError what the decider refuses */
  change(command: DashboardCommand, context: CommandContext): Promise<boolean>;
}

export function createDashboards({
  log,
  clock,
}: {
  readonly log: EventStore;
  readonly clock: Clock;
}): Dashboards {
  const handler = createCommandHandler({ store: log, clock, decider: dashboardDecider });
  return {
    of: (aggregatorId) => handler.stateOf(dashboardsStream(aggregatorId)),
    async change(command, context) {
      const stream = dashboardsStream(command.aggregatorId);
      const { events } = await handler.handle(stream, command, context);
      return events.length > 0;
    },
  };
}
