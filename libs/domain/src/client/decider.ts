import { type Decider, DomainError, type Violation } from '../log/decider';
import { idViolations, refuse, refuseReason } from '../party/account';
import { partyKindOf } from '../party/decider';
import type { ClientData, ClientEvent } from './events';

export type ClientCommand =
  | ({ readonly kind: 'registerClient' } & ClientData)
  | { readonly kind: 'rotateSecret'; readonly clientId: string }
  | { readonly kind: 'disableClient'; readonly clientId: string; readonly reason: string }
  | { readonly kind: 'enableClient'; readonly clientId: string };

export type ClientState =
  { readonly status: 'none' } | ({ readonly status: 'enabled' | 'disabled' } & ClientData);

/** Registered once; its secret changes by rotation, after which the old one is worth nothing. */
export const clientDecider: Decider<ClientState, ClientCommand, ClientEvent> = {
  initialState: { status: 'none' },
  decide,
  evolve,
};

const REDIRECTS_MAX = 20;
/** TLS, or plain text that stays on the machine; no fragment (RFC 6749 3.1.2). */
const REDIRECT =
  /^(https:\/\/[^\s#]{1,500}|http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(\/[^\s#]{0,500})?)$/;

function decide(command: ClientCommand, state: ClientState): ClientEvent[] {
  const { clientId } = command;
  if (command.kind === 'registerClient') return register(command, state);
  if (state.status === 'none') throw unknownClient(clientId);
  switch (command.kind) {
    case 'rotateSecret':
      if (state.party !== null) return [{ type: 'ClientSecretRotated', data: { clientId } }];
      throw new DomainError(
        'client-without-secret',
        `Client ${clientId} is an app, which has no secret; register a client of a party instead.`,
      );
    case 'disableClient': {
      const { reason } = command;
      refuseReason(reason);
      if (state.status === 'disabled') return [];
      return [{ type: 'ClientDisabled', data: { clientId, reason } }];
    }
    case 'enableClient':
      return state.status === 'enabled' ? [] : [{ type: 'ClientEnabled', data: { clientId } }];
  }
}

function register(
  { clientId, party, scopes, redirectUris }: ClientData,
  state: ClientState,
): ClientEvent[] {
  const violations = [
    ...idViolations('clientId', clientId),
    ...(party === null ? appViolations(redirectUris) : machineViolations(party, redirectUris)),
    ...(scopes.length === 0 ? [{ field: 'scopes', reason: 'names none' }] : []),
  ];
  refuse('client-malformed', `Client "${clientId}"`, violations);
  if (state.status !== 'none') {
    throw new DomainError(
      'client-exists',
      `There is a client ${clientId} already, of ${state.party ?? 'everybody who signs in'}; choose another id.`,
    );
  }
  return [{ type: 'ClientRegistered', data: { clientId, party, scopes, redirectUris } }];
}

function machineViolations(party: string, redirectUris: readonly string[]): Violation[] {
  const none = 'is for apps, which have no party';
  return [
    ...(partyKindOf(party) === undefined ? [{ field: 'party', reason: 'names no party' }] : []),
    ...(redirectUris.length > 0 ? [{ field: 'redirectUris', reason: none }] : []),
  ];
}

/** An app without a way back signs people in by device codes. */
function appViolations(redirectUris: readonly string[]): Violation[] {
  if (redirectUris.length > REDIRECTS_MAX) {
    return [{ field: 'redirectUris', reason: `must hold ${REDIRECTS_MAX} addresses at most` }];
  }
  return redirectUris.flatMap((uri, index) => {
    const reason = 'must be an https address, or http on this machine, without a fragment';
    return REDIRECT.test(uri) ? [] : [{ field: `redirectUris[${index}]`, reason }];
  });
}

/** @returns the error for a client that nobody has registered */
export function unknownClient(clientId: string): DomainError {
  return new DomainError('client-unknown', `There is no client ${clientId}; register it first.`);
}

function evolve(state: ClientState, event: ClientEvent): ClientState {
  if (event.type === 'ClientRegistered') return { status: 'enabled', ...event.data };
  if (state.status === 'none') return state;
  switch (event.type) {
    case 'ClientDisabled':
      return { ...state, status: 'disabled' };
    case 'ClientEnabled':
      return { ...state, status: 'enabled' };
    default:
      return state;
  }
}
