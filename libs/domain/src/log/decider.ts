import type { DomainEvent } from './envelope';

/**
 * A pure aggregate: `decide` answers a command with events (an empty list when there is nothing
 * left to do) or throws `DomainError`; `evolve` is total, an unknown event returns the state.
 */
export interface Decider<State, Command, Event extends DomainEvent<string, object>> {
  readonly initialState: State;
  readonly decide: (command: Command, state: State) => Event[];
  readonly evolve: (state: State, event: Event) => State;
}

/** One thing wrong with a command, by the path of its field (`offers[3].quantityW`). */
export interface Violation {
  readonly field: string;
  readonly reason: string;
}

/**
 * A command that the rules refuse. `code` is stable and machine-readable (`gate-closed`); the
 * message names the thing, the reason and the remedy. Nothing has been appended.
 */
export class DomainError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly violations: readonly Violation[] = [],
  ) {
    super(message);
    this.name = 'DomainError';
  }
}
