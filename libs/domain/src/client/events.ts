/**
 * Programs that ask for tokens. A machine speaks for its party and has a secret; an app has none and
 * lets people sign in. An event holds neither secret nor hash. Stream `client-{clientId}`.
 */
export type ClientEvent =
  | { readonly type: 'ClientRegistered'; readonly data: ClientData }
  | { readonly type: 'ClientSecretRotated'; readonly data: { readonly clientId: string } }
  | { readonly type: 'ClientDisabled'; readonly data: ClientDisabling }
  | { readonly type: 'ClientEnabled'; readonly data: { readonly clientId: string } };

export interface ClientData {
  readonly clientId: string;
  /** The party a machine speaks for; null for an app, in which the party is that of the user. */
  readonly party: string | null;
  /** Most that its tokens may hold. */
  readonly scopes: readonly string[];
  /** Where an app gets its users back, each an address; none for a machine. */
  readonly redirectUris: readonly string[];
}

export interface ClientDisabling {
  readonly clientId: string;
  readonly reason: string;
}

export const clientStream = (clientId: string): string => `client-${clientId}`;
