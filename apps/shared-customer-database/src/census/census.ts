/**
 * The register of all PoDs (D3.3 FR_SCD_CA_1..5): aggregators register and change them, the DSO
 * says where they hang. Commands come in lists, because a day begins with thousands of them.
 */
import {
  DomainError,
  type PodCommand,
  podDecider,
  type PodState,
  podStream,
} from '@flexledger/domain';
import {
  type CommandResult,
  recurringContextOf,
  createCommandHandler,
  type EventStore,
} from '@flexledger/event-store';
import type { Clock } from '@flexledger/runtime';

/** Who sends a list of commands, and under which name. */
export interface CensusRequest {
  /** Names the list in the log; equal lists may come under one name. */
  readonly requestId: string;
  /** `aggregator:AGG1`, `dso`. */
  readonly actor: string;
}

/** What became of one command. */
export type CensusAnswer =
  | {
      readonly podId: string;
      readonly accepted: true;
      /** Position of its event; -1 when the register was so already. */
      readonly position: number;
    }
  | { readonly podId: string; readonly accepted: false; readonly error: DomainError };

export interface Census {
  /**
   * Carries the commands out in their order, each by itself: one refusal leaves the others standing.
   *
   * @returns one answer a command, in the order of the commands
   * @throws what the log throws when it cannot be written; the list can then be sent again, what is
   *   so already is left (a baseline alone is declared anew)
   */
  submit(commands: readonly PodCommand[], request: CensusRequest): Promise<readonly CensusAnswer[]>;
  podState(podId: string): Promise<PodState>;
}

/** Commands appended together; bounds the memory that a long list needs. */
const COMMANDS_AT_ONCE = 5_000;

export function createCensus(options: {
  readonly store: EventStore;
  readonly clock: Clock;
}): Census {
  const pods = createCommandHandler({
    ...options,
    decider: podDecider,
    rememberedCommands: 0,
  });
  return {
    async submit(commands, { requestId, actor }) {
      const answers: CensusAnswer[] = [];
      for (let from = 0; from < commands.length; from += COMMANDS_AT_ONCE) {
        const part = commands.slice(from, from + COMMANDS_AT_ONCE);
        const results = await pods.handleInOrder(
          part.map((command, index) => ({
            streamId: podStream(command.podId),
            command,
            context: recurringContextOf(
              `census/${requestId}/${from + index}`,
              `census/${requestId}`,
              actor,
            ),
          })),
        );
        results.forEach((result, index) => answers.push(answerOf(part[index]!.podId, result)));
      }
      return answers;
    },
    podState: (podId) => pods.stateOf(podStream(podId)),
  };
}

function answerOf(
  podId: string,
  result: PromiseSettledResult<CommandResult<unknown>>,
): CensusAnswer {
  if (result.status === 'fulfilled') {
    return { podId, accepted: true, position: result.value.position };
  }
  const error: unknown = result.reason;
  if (error instanceof DomainError) return { podId, accepted: false, error };
  throw error;
}
