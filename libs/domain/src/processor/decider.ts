import { type Decider, DomainError } from '../log/decider';
import type { ProcessorEventSkipped } from './events';

/** Lets a processor go past the event it halted at. */
export interface SkipProcessorEvent {
  readonly processor: string;
  readonly eventId: string;
  readonly reason: string;
  /** Where the processor stands halted; undefined when it does not, or when the log itself cannot be read. */
  readonly haltedAt: { readonly eventId: string; readonly position: number } | undefined;
}

export interface ProcessorDecisions {
  /** Ids of the events that the processor goes past. */
  readonly skipped: ReadonlySet<string>;
}

/** Only the event that holds a processor up can be skipped: what it may still handle is not decided away. */
export const processorDecider: Decider<
  ProcessorDecisions,
  SkipProcessorEvent,
  ProcessorEventSkipped
> = {
  initialState: { skipped: new Set() },
  decide({ processor, eventId, reason, haltedAt }, { skipped }) {
    if (skipped.has(eventId)) return [];
    if (reason.trim() === '') {
      throw new DomainError(
        'skip-reason-missing',
        `Event ${eventId} is not skipped without a reason; say why.`,
        [{ field: 'reason', reason: 'is empty' }],
      );
    }
    if (!haltedAt) {
      throw new DomainError(
        'processor-not-halted',
        `Processor ${processor} is not halted at an event, so none is skipped; read its status again.`,
      );
    }
    if (haltedAt.eventId !== eventId) {
      throw new DomainError(
        'processor-halted-elsewhere',
        `Processor ${processor} is halted at event ${haltedAt.eventId}, not at ${eventId}; ` +
          'only the event it is halted at can be skipped.',
        [{ field: 'eventId', reason: `must be ${haltedAt.eventId}` }],
      );
    }
    const { position } = haltedAt;
    return [{ type: 'ProcessorEventSkipped', data: { processor, eventId, position, reason } }];
  },
  evolve(state, { type, data }) {
    if (type !== 'ProcessorEventSkipped') return state;
    return { skipped: new Set([...state.skipped, data.eventId]) };
  },
};
