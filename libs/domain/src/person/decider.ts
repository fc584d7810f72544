import { type Decider, DomainError, type Violation } from '../log/decider';
import { idViolations, refuse, refuseReason } from '../party/account';
import { partyKindOf } from '../party/decider';
import type { PersonData, PersonEvent } from './events';

export type PersonCommand =
  | ({ readonly kind: 'recordPerson' } & PersonData)
  | { readonly kind: 'erasePerson'; readonly personId: string; readonly reason: string };

export type PersonState =
  | { readonly status: 'none' }
  | {
      readonly status: 'recorded' | 'erased';
      readonly holder: string;
      /** Last day on which it is kept. */
      readonly keptUntil: string;
    };

/** Recorded and recorded anew by one holder until it is erased, which is for good. */
export const personDecider: Decider<PersonState, PersonCommand, PersonEvent> = {
  initialState: { status: 'none' },
  decide,
  evolve,
};

const SEALED = /^[A-Za-z0-9_-]{40,20000}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

function decide(command: PersonCommand, state: PersonState): PersonEvent[] {
  const { personId } = command;
  if (command.kind === 'erasePerson') {
    refuseReason(command.reason);
    if (state.status === 'none') throw unknownPerson(personId);
    if (state.status === 'erased') return [];
    return [{ type: 'PersonErased', data: { personId, reason: command.reason } }];
  }
  const { holder, sealed, keptUntil } = command;
  refuse('person-malformed', `Person "${personId}"`, violationsOf(command));
  if (state.status === 'erased') throw erasedPerson(personId);
  if (state.status === 'recorded' && state.holder !== holder) {
    throw new DomainError(
      'person-exists',
      `There is a person ${personId} already, kept by another party; choose another id.`,
    );
  }
  return [{ type: 'PersonRecorded', data: { personId, holder, sealed, keptUntil } }];
}

function violationsOf({ personId, holder, sealed, keptUntil }: PersonData): Violation[] {
  return [
    ...idViolations('personId', personId),
    ...(partyKindOf(holder) ? [] : [{ field: 'holder', reason: 'names no party' }]),
    ...(SEALED.test(sealed) ? [] : [{ field: 'sealed', reason: 'is no sealed record' }]),
    ...(DAY.test(keptUntil) ? [] : [{ field: 'keptUntil', reason: 'is no day' }]),
  ];
}

/** @returns the error for a person that nobody has recorded */
export function unknownPerson(personId: string): DomainError {
  return new DomainError('person-unknown', `There is no record of person ${personId}.`);
}

/** @returns the error for a person whose key is destroyed */
export function erasedPerson(personId: string): DomainError {
  return new DomainError(
    'person-erased',
    `The record of person ${personId} is erased, for good; record the person under another id.`,
  );
}

function evolve(state: PersonState, event: PersonEvent): PersonState {
  switch (event.type) {
    case 'PersonRecorded': {
      const { holder, keptUntil } = event.data;
      return { status: 'recorded', holder, keptUntil };
    }
    case 'PersonErased':
      return state.status === 'none' ? state : { ...state, status: 'erased' };
    default:
      return state;
  }
}
