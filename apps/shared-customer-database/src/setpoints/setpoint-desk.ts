import {
  type ActivationCommand,
  type Setpoint,
  activationDecider,
  activationStream,
  instantInName,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';
import { type Clock, msFromIso } from '@flexledger/runtime';

/** Takes setpoints from aggregators and ties them to PoDs (FR_SCD_AF_1/2). */
export interface SetpointDesk {
  /**
   * Records the setpoints of a window in the order given; the same again changes nothing.
   *
   * @throws DomainError when the rules refuse one; those before and after it stand
   */
  issue(
    setpoints: readonly Setpoint[],
    aggregatorId: string,
    context: CommandContext,
  ): Promise<void>;
}

export function createSetpointDesk(options: {
  readonly store: EventStore;
  readonly clock: Clock;
}): SetpointDesk {
  const handler = createCommandHandler({ ...options, decider: activationDecider });
  return {
    async issue(setpoints, aggregatorId, context) {
      const results = await handler.handleInOrder(
        setpoints.map((setpoint) => {
          const { podId, windowStart } = setpoint;
          const setpointId = documentDigest(setpoint).slice(0, 32);
          const command: ActivationCommand = {
            kind: 'issueSetpoint',
            ...setpoint,
            aggregatorId,
            setpointId,
          };
          return {
            streamId: activationStream(instantInName(msFromIso(windowStart)), podId),
            command,
            context: { ...context, commandId: `${context.commandId}/${setpointId}` },
          };
        }),
      );
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
  };
}
