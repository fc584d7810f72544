/** The asset hierarchies of this platform's aggregators, each its own, as the log has them. */
import { type AssetCommand, type AssetState, assetDecider, assetsStream } from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import type { Clock } from '@flexledger/runtime';

export interface Assets {
  /** An aggregator's assets by their ids, as they stand now. */
  of(aggregatorId: string): Promise<AssetState>;
  /** @returns whether anything changed. @throws DomainError what the decider refuses */
  change(command: AssetCommand, context: CommandContext): Promise<boolean>;
}

export function createAssets({
  log,
  clock,
}: {
  readonly log: EventStore;
  readonly clock: Clock;
}): Assets {
  const handler = createCommandHandler({ store: log, clock, decider: assetDecider });
  return {
    of: (aggregatorId) => handler.stateOf(assetsStream(aggregatorId)),
    async change(command, context) {
      const stream = assetsStream(command.aggregatorId);
      const { events } = await handler.handle(stream, command, context);
      return events.length > 0;
    },
  };
}
