import { type Decider, DomainError, type Violation } from '../log/decider';
import { type AccountStatus, PARTY_ID, refuse, refuseReason } from './account';
import { PARTY_KINDS, type PartyEvent, type PartyKind } from './events';

export type PartyCommand =
  | { readonly kind: 'registerParty'; readonly party: string; readonly name: string | null }
  | { readonly kind: 'disableParty'; readonly party: string; readonly reason: string }
  | { readonly kind: 'enableParty'; readonly party: string };

export interface PartyState {
  readonly status: AccountStatus;
  readonly name: string | null;
}

/** Registered once; while it is disabled, none of its users and clients gets a token. */
export const partyDecider: Decider<PartyState, PartyCommand, PartyEvent> = {
  initialState: { status: 'none', name: null },
  decide,
  evolve,
};

const WITH_ID: readonly PartyKind[] = ['aggregator', 'customer', 'platform'];
const WITHOUT_ID = PARTY_KINDS.filter((kind) => !WITH_ID.includes(kind));
/** The text of a party; the schema of the configuration has the same. */
export const PARTY_PATTERN = `^(${WITHOUT_ID.join('|')}|(${WITH_ID.join('|')}):${PARTY_ID})$`;
const PARTY = new RegExp(PARTY_PATTERN);
const NAME_LENGTH_MAX = 200;

/** What a party is, by its text; undefined for a text that names none. */
export function partyKindOf(party: string): PartyKind | undefined {
  return PARTY.test(party) ? (party.split(':')[0] as PartyKind) : undefined;
}

function decide(command: PartyCommand, { status, name }: PartyState): PartyEvent[] {
  const { party } = command;
  switch (command.kind) {
    case 'registerParty': {
      refuse('party-malformed', `Party "${party}"`, partyViolations(command));
      if (status === 'none') {
        return [{ type: 'PartyRegistered', data: { party, name: command.name } }];
      }
      if (name === command.name) return [];
      throw new DomainError(
        'party-registered',
        `Party ${party} is registered already, as ${name ?? 'a customer'}; choose another id.`,
      );
    }
    case 'disableParty': {
      if (status === 'none') throw unknownParty(party);
      refuseReason(command.reason);
      if (party === 'operator') throw indispensable();
      if (status === 'disabled') return [];
      return [{ type: 'PartyDisabled', data: { party, reason: command.reason } }];
    }
    case 'enableParty': {
      if (status === 'none') throw unknownParty(party);
      return status === 'enabled' ? [] : [{ type: 'PartyEnabled', data: { party } }];
    }
  }
}

function partyViolations({
  party,
  name,
}: {
  readonly party: string;
  readonly name: string | null;
}): Violation[] {
  const kind = partyKindOf(party);
  if (kind === undefined) {
    const reason =
      'must be dso, tso, operator, auditor, aggregator:ID, customer:POD or platform:NAME, an id of 1 to 64 ' +
      'letters, digits, dots, dashes or underscores';
    return [{ field: 'party', reason }];
  }
  if (kind === 'customer') {
    const reason = 'is personal for a customer: leave it out here and put it into a person record';
    return name === null ? [] : [{ field: 'name', reason }];
  }
  const fits = name !== null && name.trim() !== '' && name.length <= NAME_LENGTH_MAX;
  return fits ? [] : [{ field: 'name', reason: `must have 1 to ${NAME_LENGTH_MAX} characters` }];
}

/** @returns the error for a party that nobody has registered */
export function unknownParty(party: string): DomainError {
  return new DomainError(
    'party-unknown',
    `Party ${party} is not registered; the market administrator registers it first.`,
  );
}

/** Only the operator disables and enables: once it is disabled, nobody could enable it again. */
function indispensable(): DomainError {
  return new DomainError(
    'party-indispensable',
    'The operator cannot be disabled, since nobody else could enable it again; disable its users and ' +
      'clients one by one.',
  );
}

function evolve(state: PartyState, event: PartyEvent): PartyState {
  switch (event.type) {
    case 'PartyRegistered':
      return { status: 'enabled', name: event.data.name };
    case 'PartyDisabled':
      return { ...state, status: 'disabled' };
    case 'PartyEnabled':
      return { ...state, status: 'enabled' };
    default:
      return state;
  }
}
