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
  /** The same again changes nothing. */
  report(report: ReportDispatch, context: CommandContext): Promise<void>;
}

export function createDispatchReports(options: {
  readonly store: EventStore;
  readonly clock: Clock;
}): DispatchReports {
  const handler = createCommandHandler({ ...options, decider: dispatchDecider });
  return {
    async report(report, context) {
      const { windowStart, aggregatorId } = report;
      const streamId = dispatchStream(instantInName(msFromIso(windowStart)), aggregatorId);
      await handler.handle(streamId, report, context);
    },
  };
}
