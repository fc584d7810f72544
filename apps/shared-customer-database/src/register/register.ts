/**
 * The register of all PoDs (D3.3 FR_SCD_CA_1..5): aggregators register and change them, the DSO
 * says where they hang. Commands come in lists, because a day begins with thousands of them.
 */
import {
  type Decider,
  DomainError,
  type PodCommand,
  type PodEvent,
  type PodState,
  MTU_MS,
  deliveryDay,
  podDecider,
  podStream,
} from '@flexledger/domain';
import {
  type CommandContext,
  type CommandResult,
  type EventStore,
  contextOf,
  createCommandHandler,
} from '@flexledger/event-store';
import { type Principal, documentDigest } from '@flexledger/identity';
import type { RegisterAnswer, RegisterRequest } from '@flexledger/ports';
import type { Clock } from '@flexledger/runtime';
import { createKnownPlaces } from './known-places';
import { principalOf, requireRight } from './register-rights';

export interface Register {
  /**
   * Carries the commands out in their order, each by itself: one refusal leaves the others standing.
   *
   * @param speaker whose rights count; the actor with all rights of its role when absent
   * @returns one answer a command, in the order of the commands
   * @throws what the log throws when it cannot be written; the list can then be sent again, what is
   *   so already is left
   */
  submit(
    commands: readonly PodCommand[],
    request: RegisterRequest,
    speaker?: Principal,
  ): Promise<readonly RegisterAnswer[]>;
  podState(podId: string): Promise<PodState>;
}

/** A command with who gives it: rights are judged by the PoD as it is when the command is decided. */
interface GivenCommand {
  readonly command: PodCommand;
  /** Why it is nowhere to be carried out, whoever gives it. */
  readonly fault?: DomainError | undefined;
  readonly speaker: Principal;
}

const decider: Decider<PodState, GivenCommand, PodEvent> = {
  ...podDecider,
  decide: ({ command, speaker, fault }, state) => {
    requireRight(command, state, speaker);
    if (fault) throw fault;
    return podDecider.decide(command, state);
  },
};

/** Commands appended together; bounds the memory that a long list needs. */
const COMMANDS_AT_ONCE = 5_000;

export function createRegister(options: {
  readonly store: EventStore;
  readonly clock: Clock;
  /** Of delivery days. */
  readonly timeZone: string;
}): Register {
  const { store, clock, timeZone } = options;
  const pods = createCommandHandler({ store, clock, decider });
  const places = createKnownPlaces(store);
  return {
    async submit(commands, { requestId, actor, mayRecur }, speaker = principalOf(actor)) {
      const answers: RegisterAnswer[] = [];
      for (let from = 0; from < commands.length; from += COMMANDS_AT_ONCE) {
        const part = commands.slice(from, from + COMMANDS_AT_ONCE);
        const locations = part.filter((command) => command.kind === 'locatePod');
        const unmatched = await places.now(locations);
        const faultOf = (command: PodCommand): DomainError | undefined => {
          if (command.kind === 'locatePod') return unmatched(command);
          if ('deliveryDay' in command) return dayFault(command.deliveryDay, timeZone, clock);
          return undefined;
        };
        const results = await pods.handleInOrder(
          part.map((command, index) => ({
            streamId: podStream(command.podId),
            command: {
              command,
              speaker,
              fault: faultOf(command),
            },
            context: {
              ...contextOf(`register/${requestId}/${from + index}`, `register/${requestId}`, actor),
              ...(mayRecur ? { mayRecur } : { content: documentDigest(command) }),
            },
          })),
        );
        results.forEach((result, index) => answers.push(answerOf(part[index]!.podId, result)));
      }
      return answers;
    },
    podState: (podId) => pods.stateOf(podStream(podId)),
  };
}

/** Why nothing is declared for a day: it is none, or its last gate is closed, and what was declared by then counts. */
function dayFault(day: string, timeZone: string, clock: Clock): DomainError | undefined {
  const endMs = endOfDay(day, timeZone);
  if (endMs === undefined) {
    return new DomainError('day-malformed', `There is no day ${day}.`, [
      { field: 'deliveryDay', reason: 'must be a day like 2026-03-17' },
    ]);
  }
  if (clock.nowMs() < endMs) return undefined;
  return new DomainError(
    'day-over',
    `Delivery day ${day} is over, and what was declared before its gates counts; declare for a day to come.`,
  );
}

function endOfDay(day: string, timeZone: string): number | undefined {
  try {
    const { startMs, mtuCount } = deliveryDay(day, timeZone);
    return startMs + mtuCount * MTU_MS;
  } catch {
    return undefined;
  }
}

/** A list as a request by HTTP names it. */
export function requestOf({ commandId, actor, mayRecur }: CommandContext): RegisterRequest {
  return { requestId: commandId, actor, ...(mayRecur ? { mayRecur } : {}) };
}

function answerOf(
  podId: string,
  result: PromiseSettledResult<CommandResult<unknown>>,
): RegisterAnswer {
  if (result.status === 'fulfilled') {
    return { podId, accepted: true, changed: result.value.events.length > 0 };
  }
  const error: unknown = result.reason;
  if (error instanceof DomainError) return { podId, accepted: false, error };
  throw error;
}
