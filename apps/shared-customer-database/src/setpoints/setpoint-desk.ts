import {
  type ActivationCommand,
  type ActivationState,
  DomainError,
  type Setpoint,
  activationDecider,
  activationStream,
  instantInName,
} from '@flexledger/domain';
import {
  type AddressedCommand,
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
  /**
   * The same for setpoints that come from outside, each answered by itself.
   *
   * @param attempt tells a new attempt at a setpoint that has failed from the first one; equal
   *   attempts with equal content are one setpoint
   */
  submit(
    setpoints: readonly Setpoint[],
    aggregatorId: string,
    attempt: string | undefined,
    context: CommandContext,
  ): Promise<SetpointAnswer[]>;
}

/** What became of one setpoint; `status` is that of the setpoint that stands for its window. */
export interface SetpointAnswer {
  readonly podId: string;
  readonly windowStart: string;
  readonly setpointId: string;
  readonly status: ActivationState['status'];
  /** Why the rules refused it. */
  readonly refused?: DomainError;
}

export function createSetpointDesk(options: {
  readonly store: EventStore;
  readonly clock: Clock;
}): SetpointDesk {
  const handler = createCommandHandler({ ...options, decider: activationDecider });
  return {
    async issue(setpoints, aggregatorId, context) {
      const results = await handler.handleInOrder(
        setpoints.map((setpoint) => issuing(setpoint, aggregatorId, undefined, context)),
      );
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
    async submit(setpoints, aggregatorId, attempt, context) {
      const answers: SetpointAnswer[] = [];
      for (const setpoint of setpoints) {
        const {
          streamId,
          command,
          context: own,
        } = issuing(setpoint, aggregatorId, attempt, context);
        const refused = await refusalOf(handler.handle(streamId, command, own));
        const state = await handler.stateOf(streamId);
        const { podId, windowStart } = setpoint;
        const { setpointId } = refused || state.status === 'none' ? command : state.setpoint;
        const answer = { podId, windowStart, setpointId, status: state.status };
        answers.push(refused ? { ...answer, refused } : answer);
      }
      return answers;
    },
  };
}

function issuing(
  setpoint: Setpoint,
  aggregatorId: string,
  attempt: string | undefined,
  context: CommandContext,
): AddressedCommand<Extract<ActivationCommand, { kind: 'issueSetpoint' }>> {
  const { podId, windowStart } = setpoint;
  const named = attempt === undefined ? setpoint : { ...setpoint, attempt };
  const setpointId = documentDigest(named).slice(0, 32);
  return {
    streamId: activationStream(instantInName(msFromIso(windowStart)), podId),
    command: { kind: 'issueSetpoint', ...setpoint, aggregatorId, setpointId },
    context: { ...context, commandId: `${context.commandId}/${setpointId}` },
  };
}

async function refusalOf(handled: Promise<unknown>): Promise<DomainError | undefined> {
  try {
    await handled;
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}
