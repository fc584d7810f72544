/**
 * Parties, users and clients: what changes them, and what they may do at this moment. Rights are read
 * from their streams, never from a view or from memory alone, so that who was disabled in one process
 * gets no token from any.
 */
import {
  type ClientCommand,
  type ClientData,
  type ClientEvent,
  type ClientState,
  DomainError,
  type PartyCommand,
  type PartyEvent,
  type PartyState,
  type PersonCommand,
  type PersonEvent,
  type PersonState,
  type UserCommand,
  type UserEvent,
  type UserRole,
  type UserState,
  type Violation,
  clientDecider,
  clientStream,
  partyDecider,
  partyStream,
  personDecider,
  personStream,
  unknownParty,
  userDecider,
  userStream,
} from '@flexledger/domain';
import {
  type CommandContext,
  type CommandHandler,
  type CommandResult,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import { type Scope, isScope, partyOf, scopesOf, scopesOfUser } from '@flexledger/identity';
import type { Clock } from '@flexledger/runtime';

/** What a client may ask for now. */
export interface ClientRights {
  /** Null for an app: its tokens speak for the party of the user. */
  readonly party: string | null;
  readonly scopes: readonly Scope[];
  readonly redirectUris: readonly string[];
}

/** What a user may do now. */
export interface UserRights {
  readonly party: string;
  readonly roles: readonly UserRole[];
  readonly scopes: readonly Scope[];
}

export interface Accounts {
  party(command: PartyCommand, context: CommandContext): Promise<CommandResult<PartyEvent>>;
  /** @throws DomainError also `party-unknown`, and `client-malformed` for scopes its party cannot have */
  client(command: ClientCommand, context: CommandContext): Promise<CommandResult<ClientEvent>>;
  /** @throws DomainError also `party-unknown` */
  user(command: UserCommand, context: CommandContext): Promise<CommandResult<UserEvent>>;
  person(command: PersonCommand, context: CommandContext): Promise<CommandResult<PersonEvent>>;
  partyState(party: string): Promise<PartyState>;
  clientState(clientId: string): Promise<ClientState>;
  userState(userId: string): Promise<UserState>;
  personState(personId: string): Promise<PersonState>;
  /** Undefined for a client that is unknown or disabled, or whose party is. */
  clientRights(clientId: string): Promise<ClientRights | undefined>;
  /** Undefined for a user that is unknown or disabled, or whose party is. */
  userRights(userId: string): Promise<UserRights | undefined>;
}

export function createAccounts(options: {
  readonly store: EventStore;
  readonly clock: Clock;
}): Accounts {
  const parties: CommandHandler<PartyCommand, PartyState, PartyEvent> = createCommandHandler({
    ...options,
    decider: partyDecider,
  });
  const clients: CommandHandler<ClientCommand, ClientState, ClientEvent> = createCommandHandler({
    ...options,
    decider: clientDecider,
  });
  const users: CommandHandler<UserCommand, UserState, UserEvent> = createCommandHandler({
    ...options,
    decider: userDecider,
  });
  const persons: CommandHandler<PersonCommand, PersonState, PersonEvent> = createCommandHandler({
    ...options,
    decider: personDecider,
  });
  const partyState = (party: string) => parties.stateOf(partyStream(party));
  const clientState = (clientId: string) => clients.stateOf(clientStream(clientId));
  const userState = (userId: string) => users.stateOf(userStream(userId));
  const isOn = async (party: string | null): Promise<boolean> =>
    party === null || (await partyState(party)).status === 'enabled';
  async function requireParty(party: string | null): Promise<void> {
    if (party === null || (await partyState(party)).status !== 'none') return;
    throw unknownParty(party);
  }
  return {
    partyState,
    clientState,
    userState,
    personState: (personId) => persons.stateOf(personStream(personId)),
    party: (command, context) => parties.handle(partyStream(command.party), command, context),
    async client(command, context) {
      if (command.kind === 'registerClient') {
        refuseScopes(command);
        await requireParty(command.party);
      }
      return clients.handle(clientStream(command.clientId), command, context);
    },
    async user(command, context) {
      if (command.kind === 'createUser') await requireParty(command.party);
      return users.handle(userStream(command.userId), command, context);
    },
    person: (command, context) => persons.handle(personStream(command.personId), command, context),
    async clientRights(clientId) {
      const state = await clientState(clientId);
      if (state.status !== 'enabled' || !(await isOn(state.party))) return undefined;
      const { party, scopes, redirectUris } = state;
      return { party, scopes: scopes.filter(isScope), redirectUris };
    },
    async userRights(userId) {
      const state = await userState(userId);
      if (state.status !== 'enabled' || !(await isOn(state.party))) return undefined;
      const { party, roles } = state;
      return { party, roles, scopes: scopesOfUser(roles) };
    },
  };
}

/** @throws DomainError `client-malformed` naming each scope that its party cannot have */
function refuseScopes({ clientId, party, scopes }: ClientData): void {
  const allowed = party === null ? undefined : scopesOfParty(party);
  const violations = scopes.flatMap((scope, index): Violation[] => {
    const field = `scopes[${index}]`;
    if (!isScope(scope)) return [{ field, reason: `"${scope}" is no scope` }];
    if (!allowed || allowed.includes(scope)) return [];
    return [{ field, reason: `${scope} is not for ${party}` }];
  });
  if (violations.length === 0) return;
  const list = violations.map(({ field, reason }) => `${field}: ${reason}`).join('; ');
  throw new DomainError(
    'client-malformed',
    `Client "${clientId}" is refused: ${list}.`,
    violations,
  );
}

/** Every scope that a party can have; none for a text that names none, which its decider refuses. */
export function scopesOfParty(party: string): readonly Scope[] {
  try {
    return scopesOf(partyOf(party).role);
  } catch {
    return [];
  }
}
