import {
  type ReportDispatch,
  dispatchDecider,
  dispatchStream,
  instantInName,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import { type Clock, msFromIso } from '@flexledger/runtime';

/** Where an aggregator says what its dispatch came to. */
export interface DispatchReports {
  /** True once a window is dispatched: it is not dispatched again, after a restart neither. */
  isReported(aggregatorId: string, windowStart: string): Promise<boolean>;
  report(report: ReportDispatch, context: CommandContext): Promise<void>;
}

export function createDispatchReports(options: {
  readonly store: EventStore;
  readonly clock: Clock;
}): DispatchReports {
  const handler = createCommandHandler({ ...options, decider: dispatchDecider });
  const streamOf = (aggregatorId: string, windowStart: string): string =>
    dispatchStream(instantInName(msFromIso(windowStart)), aggregatorId);
  return {
    async isReported(aggregatorId, windowStart) {
      const { status } = await handler.stateOf(streamOf(aggregatorId, windowStart));
      return status === 'reported';
    },
    async report(report, context) {
      const { windowStart, aggregatorId } = report;
      await handler.handle(streamOf(aggregatorId, windowStart), report, context);
    },
  };
}
