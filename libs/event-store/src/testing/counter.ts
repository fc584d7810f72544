/** An aggregate for tests: a counter with a gate. */
import { type Decider, type DomainEvent, DomainError } from '@flexledger/domain';
import { type CommandContext, contextOf } from '../command-context';

export type CounterEvent =
  | DomainEvent<'Counted', { readonly value: number; readonly padding?: string }>
  | DomainEvent<'GateMoved', { readonly isOpen: boolean }>;

export type CounterCommand =
  | { readonly kind: 'count' }
  /** Counts on from where it stands, by one event a step. */
  | { readonly kind: 'countTo'; readonly value: number; readonly padding?: string }
  /** Nothing when it stands so already. */
  | { readonly kind: 'set'; readonly value: number }
  | { readonly kind: 'moveGate'; readonly isOpen: boolean };

export interface CounterState {
  readonly value: number;
  readonly isOpen: boolean;
}

export const counterDecider: Decider<CounterState, CounterCommand, CounterEvent> = {
  initialState: { value: 0, isOpen: true },
  decide(command, { value, isOpen }) {
    if (command.kind === 'moveGate') {
      if (command.isOpen === isOpen) return [];
      return [{ type: 'GateMoved', data: { isOpen: command.isOpen } }];
    }
    if (!isOpen) throw new DomainError('gate-closed', 'The gate is closed.');
    switch (command.kind) {
      case 'count':
        return [counted(value + 1)];
      case 'countTo': {
        const steps = Math.max(0, command.value - value);
        return Array.from({ length: steps }, (_, step) =>
          counted(value + step + 1, command.padding),
        );
      }
      case 'set':
        return command.value === value ? [] : [counted(command.value)];
    }
  },
  evolve(state, event) {
    switch (event.type) {
      case 'Counted':
        return { ...state, value: event.data.value };
      case 'GateMoved':
        return { ...state, isOpen: event.data.isOpen };
    }
  },
};

/** Of a person's command, named and with what was asked. */
export function askedAs(name: string, content?: string): CommandContext {
  return { ...contextOf(name, 'counter', 'test'), ...(content === undefined ? {} : { content }) };
}

function counted(value: number, padding?: string): CounterEvent {
  return { type: 'Counted', data: { value, ...(padding === undefined ? {} : { padding }) } };
}
