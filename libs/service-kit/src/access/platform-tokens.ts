/** Tokens: how they are verified, and how an operator's platforms speak to each other. */
import {
  TOKEN_LIFE_S,
  type TokenIssuer,
  type TokenVerifier,
  createTokenIssuer,
  createTokenVerifier,
} from '@flexledger/identity';
import { wallClock } from '@flexledger/runtime';
import { openTokenKey } from './clients-file';

/** A token of an actor that is good for a while; another one than before when that `isStale`. */
export type TokenOf = (actor: string, isStale?: boolean) => Promise<string>;

export interface PlatformTokens {
  /** Signs what this operator's platforms speak to each other with. */
  readonly issuer: TokenIssuer;
  readonly verify: TokenVerifier;
  /** For calls to platforms of the same operator in other processes, which share the signing key. */
  readonly tokenOf: TokenOf;
}

/** `aud` of the tokens that an operator's processes give and take. */
export const AUDIENCE = 'flexledger';
/** A token is renewed when a tenth of its life is left. */
const RENEWED_AFTER_MS = TOKEN_LIFE_S * 900;

/**
 * Opens the signing key of a data folder.
 *
 * @throws Error when the file cannot be used, naming it and the remedy
 */
export async function openTokens(dataDir: string): Promise<PlatformTokens> {
  const key = await openTokenKey(dataDir);
  const realm = { audience: AUDIENCE, clock: wallClock };
  const issuer = createTokenIssuer({ ...realm, issuer: 'flexledger', key });
  const verify = createTokenVerifier({ ...realm, keys: issuer.jwks() });
  const given = new Map<string, { readonly token: string; readonly untilMs: number }>();
  return {
    issuer,
    verify,
    async tokenOf(actor, isStale = false) {
      const before = isStale ? undefined : given.get(actor);
      if (before && before.untilMs > wallClock.nowMs()) return before.token;
      const { accessToken: token } = await issuer.issueFor(actor);
      given.set(actor, { token, untilMs: wallClock.nowMs() + RENEWED_AFTER_MS });
      return token;
    },
  };
}
