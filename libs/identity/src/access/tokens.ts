/**
 * Access tokens: signed JWTs in the profile of RFC 9068 with the claims `client_id`, `scope` and `party`
 * (`aggregator:AGG1`). People and programs get theirs from the identity provider; platforms of one
 * operator, which hold its key, sign their own. Whoever verifies asks for the public key only.
 */
import { randomBytes } from 'node:crypto';
import { type Clock, messageOf } from '@flexledger/runtime';
import {
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
  SignJWT,
  calculateJwkThumbprint,
  createLocalJWKSet,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
} from 'jose';
import { type Principal, type Scope, isScope, partyOf, scopesOf } from './access-rules';

/**
 * Life of a token, seconds. Every platform verifies tokens alone, by the issuer's key; so this is how long
 * a client or user that was disabled may still speak.
 */
export const TOKEN_LIFE_S = 600;

/** ECDSA over P-256, the curve of the devices too. */
const ALGORITHM = 'ES256';
/** Type of an access token (RFC 9068 2.1): an ID token of the same key is none. */
const TYPE = 'at+jwt';
/** What a verifier accepts of any issuer: signatures by a private key, never a shared secret. */
export const ACCEPTED_ALGORITHMS = [ALGORITHM, 'EdDSA', 'RS256', 'PS256'];

/** A private signing key as a JWK with its thumbprint (RFC 7638) as `kid`. Keep it secret. */
export type TokenKey = JWK & { readonly kid: string };

export interface IssuedToken {
  readonly accessToken: string;
  readonly expiresInS: number;
  /** Scopes given, parted by spaces. */
  readonly scope: string;
}

/** Gives tokens without a secret, for those who hold the signing key. */
export interface TokenIssuer {
  /**
   * A token for the operator's own platforms when they call each other. The actor is its own client id.
   *
   * @param scopes every one of the actor's role when absent
   */
  issueFor(actor: string, scopes?: readonly Scope[]): Promise<IssuedToken>;
  /** Public keys (RFC 7517) by which anyone verifies the tokens. */
  jwks(): JSONWebKeySet;
}

/** Says who speaks. @throws AccessError */
export type TokenVerifier = (token: string) => Promise<Principal>;

/** A token that does not hold. */
export class AccessError extends Error {
  /** As RFC 6750 3.1 has it. */
  readonly code = 'invalid_token';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AccessError';
  }
}

/** What issuer and verifier must agree on. */
export interface TokenRealm {
  /** `iss` of the tokens: the address of who gives them. */
  readonly issuer: string;
  /** `aud`: the interfaces the tokens are for. */
  readonly audience: string;
  readonly clock: Clock;
}

/** A new signing key. */
export async function newTokenKey(): Promise<TokenKey> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg: ALGORITHM, use: 'sig', kid: await calculateJwkThumbprint(jwk) };
}

/** Signs tokens with a key. */
export function createTokenIssuer(options: TokenRealm & { readonly key: TokenKey }): TokenIssuer {
  const { issuer, audience, clock, key } = options;
  const { kty, crv, x, y, kid, alg, use } = key;
  const signingKey = importJWK(key, ALGORITHM);
  return {
    async issueFor(actor, scopes = scopesOf(partyOf(actor).role)) {
      const scope = scopes.join(' ');
      const nowS = Math.floor(clock.nowMs() / 1_000);
      const accessToken = await new SignJWT({ client_id: actor, scope, party: actor })
        .setProtectedHeader({ alg: ALGORITHM, kid: key.kid, typ: TYPE })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(actor)
        .setIssuedAt(nowS)
        .setExpirationTime(nowS + TOKEN_LIFE_S)
        .setJti(randomBytes(16).toString('base64url'))
        .sign(await signingKey);
      return { accessToken, expiresInS: TOKEN_LIFE_S, scope };
    },
    jwks: () => ({ keys: [{ kty, crv, x, y, kid, alg, use } as JWK] }),
  };
}

/**
 * Verifies tokens by the operator's own keys: signature, type, audience and life. Nobody else has those keys, so
 * `iss` says nothing more: it is whatever address the token was asked for at, which ports and proxies change.
 */
export function createTokenVerifier(
  options: Omit<TokenRealm, 'issuer'> & { readonly keys: JSONWebKeySet },
): TokenVerifier {
  const { audience, clock, keys } = options;
  const keyOf = createLocalJWKSet(keys);
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keyOf, {
        audience,
        typ: TYPE,
        algorithms: ACCEPTED_ALGORITHMS,
        requiredClaims: ['exp'],
        currentDate: new Date(clock.nowMs()),
      });
      return principalOf(payload);
    } catch (error) {
      throw tokenRefusal(error);
    }
  };
}

/** What jose or a claim says of a token; any other error is none of the token's. */
export function tokenRefusal(error: unknown): unknown {
  if (!(error instanceof RangeError || error instanceof errors.JOSEError)) return error;
  return new AccessError(`The token does not hold: ${messageOf(error)}.`, { cause: error });
}

/** Claims as a principal; scopes of others, which an OIDC server may add, are left out. */
function principalOf(claims: JWTPayload): Principal {
  const { client_id: clientId, scope, party, sub, exp } = claims;
  if (typeof clientId !== 'string' || typeof scope !== 'string' || typeof party !== 'string') {
    throw new RangeError('it lacks one of the claims client_id, scope and party');
  }
  const scopes = scope.split(' ').filter(isScope);
  // The verification has asked for `exp`.
  const expiresAtMs = exp! * 1_000;
  const speaker = { clientId, actor: party, scopes, expiresAtMs, ...partyOf(party) };
  // A machine's token is about itself; any other is about who has signed in (RFC 9068 2.2).
  if (sub === undefined || sub === clientId) return speaker;
  return { ...speaker, clientId: `${clientId}/${sub}`, userId: sub };
}
