/** The alarms of this platform's aggregators, each its own, as the log has them. */
import { type AlarmCommand, alarmDecider, alarmStream } from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import type { Clock } from '@flexledger/runtime';

export interface Alarms {
  /** @returns whether anything changed. @throws DomainError what the decider refuses */
  change(command: AlarmCommand, context: CommandContext): Promise<boolean>;
}

export function createAlarms({
  log,
  clock,
}: {
  readonly log: EventStore;
  readonly clock: Clock;
}): Alarms {
  const handler = createCommandHandler({ store: log, clock, decider: alarmDecider });
  return {
    async change(command, context) {
      const stream = alarmStream(command.aggregatorId, command.alarmId);
      const { events } = await handler.handle(stream, command, context);
      return events.length > 0;
    },
  };
}
