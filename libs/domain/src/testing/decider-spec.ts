import { type Decider, DomainError } from '../log/decider';
import type { DomainEvent } from '../log/envelope';

/** What a command led to, to be compared in full and in order. */
export interface Decided<Event> {
  /** The command gives exactly these events; none for "nothing left to do". */
  then(...expected: readonly Event[]): void;
  /** The command is refused with this code. */
  thenRefused(code: string): void;
}

/**
 * Speaks of a decider as given, when, then:
 * `const given = givenOf(podDecider); given(registered).when(locate).then(located)`.
 */
export function givenOf<State, Command, Event extends DomainEvent<string, object>>(
  decider: Decider<State, Command, Event>,
): (...past: readonly Event[]) => { when(command: Command): Decided<Event> } {
  return (...past) => ({
    when(command) {
      const decide = (): Event[] =>
        decider.decide(command, past.reduce(decider.evolve, decider.initialState));
      return {
        then: (...expected) => expect(decide()).toStrictEqual([...expected]),
        thenRefused: (code) => expect(refusalOf(decide)).toBe(code),
      };
    },
  });
}

function refusalOf(decide: () => unknown): string {
  try {
    return `not refused: ${JSON.stringify(decide())}`;
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}
