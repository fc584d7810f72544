/** Tokens: what parties are given for their credentials, and how an operator's platforms speak to each other. */
import {
  TOKEN_LIFE_S,
  type TokenIssuer,
  type TokenVerifier,
  createTokenIssuer,
  createTokenVerifier,
} from '@flexledger/identity';
import { wallClock } from '@flexledger/runtime';
import { type OpenedClients, openClients, openTokenKey } from '@flexledger/service-kit';

/** A token of an actor that is good for a while; another one than before when that `isStale`. */
export type TokenOf = (actor: string, isStale?: boolean) => Promise<string>;

export interface PlatformTokens {
  readonly issuer: TokenIssuer;
  readonly verify: TokenVerifier;
  readonly clients: OpenedClients;
  /** For calls to platforms of the same operator in other processes, which share the signing key. */
  readonly tokenOf: TokenOf;
}

/** `iss` and `aud` of the tokens that an operator's processes give and take, by the machine's clock. */
const REALM = { issuer: 'flexledger', audience: 'flexledger', clock: wallClock };
/** A token is renewed when a tenth of its life is left. */
const RENEWED_AFTER_MS = TOKEN_LIFE_S * 900;

/**
 * Opens the clients and the signing key of a data folder.
 *
 * @param actors get a client when they have none
 * @throws Error when a file cannot be used, naming it and the remedy
 */
export async function openTokens(
  dataDir: string,
  actors: readonly string[],
): Promise<PlatformTokens> {
  const clients = await openClients(dataDir, actors);
  const key = await openTokenKey(dataDir);
  const issuer = createTokenIssuer({ ...REALM, key, clients: clients.clients });
  const verify = createTokenVerifier({ ...REALM, keys: issuer.jwks() });
  const given = new Map<string, { readonly token: string; readonly untilMs: number }>();
  return {
    issuer,
    verify,
    clients,
    async tokenOf(actor, isStale = false) {
      const before = isStale ? undefined : given.get(actor);
      if (before && before.untilMs > wallClock.nowMs()) return before.token;
      const { accessToken: token } = await issuer.issueFor(actor);
      given.set(actor, { token, untilMs: wallClock.nowMs() + RENEWED_AFTER_MS });
      return token;
    },
  };
}
