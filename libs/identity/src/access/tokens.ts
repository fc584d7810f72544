/**
 * Access tokens: signed JWTs in the profile of RFC 9068, given for client credentials (RFC 6749
 * 4.4). The verifier asks only for an issuer's public keys, so another issuer (Keycloak, any OIDC
 * server) takes the place of the built-in one by its JWKS address, if its tokens carry the claims
 * `client_id`, `scope` and `party` (`aggregator:AGG1`).
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
  createRemoteJWKSet,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
} from 'jose';
import { type Principal, type Scope, isScope, partyOf, scopesOf } from './access-rules';
import { secretMatches, hashClientSecret, newClientSecret } from './client-secret';

/** Life of a token, seconds. */
export const TOKEN_LIFE_S = 3_600;

/** ECDSA over P-256, the curve of the devices too. */
const ALGORITHM = 'ES256';
/** What a verifier accepts of any issuer: signatures by a private key, never a shared secret. */
const ACCEPTED_ALGORITHMS = [ALGORITHM, 'EdDSA', 'RS256', 'PS256'];

/** A private signing key as a JWK with its thumbprint (RFC 7638) as `kid`. Keep it secret. */
export type TokenKey = JWK & { readonly kid: string };

/** One who may ask for tokens. */
export interface OAuthClient {
  readonly clientId: string;
  /** Party it speaks for, as events name it: `dso`, `aggregator:AGG1`. */
  readonly actor: string;
  /** Most it may be given. */
  readonly scopes: readonly Scope[];
  /** As `hashClientSecret` gives it. */
  readonly secretHash: string;
}

export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Scopes asked for, parted by spaces; all that the client may have where it is missing. */
  readonly scope?: string | undefined;
}

export interface IssuedToken {
  readonly accessToken: string;
  readonly expiresInS: number;
  /** Scopes given, parted by spaces. */
  readonly scope: string;
}

export interface TokenIssuer {
  /** @throws AccessError `invalid_client`, `invalid_scope` */
  issue(credentials: ClientCredentials): Promise<IssuedToken>;
  /**
   * A token with every scope of an actor's role, without a secret: for the operator's own platforms,
   * which hold the signing key, when they call each other. The actor is its own client id.
   */
  issueFor(actor: string): Promise<IssuedToken>;
  /** Public keys (RFC 7517) by which anyone verifies the tokens. */
  jwks(): JSONWebKeySet;
}

/** Says who speaks. @throws AccessError `invalid_token`, `keys_unavailable` */
export type TokenVerifier = (token: string) => Promise<Principal>;

/**
 * Credentials or a token that do not hold. `code` is that of RFC 6749 5.2 and RFC 6750 3.1;
 * `keys_unavailable` says that a token could not be judged because its issuer does not answer.
 */
export class AccessError extends Error {
  constructor(
    readonly code: 'invalid_client' | 'invalid_scope' | 'invalid_token' | 'keys_unavailable',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'AccessError';
  }
}

/** What issuer and verifier must agree on. */
export interface TokenRealm {
  /** `iss` of the tokens. */
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

/** The built-in issuer. */
export function createTokenIssuer(
  options: TokenRealm & { readonly key: TokenKey; readonly clients: readonly OAuthClient[] },
): TokenIssuer {
  const { issuer, audience, clock, key } = options;
  const clients = new Map(options.clients.map((client) => [client.clientId, client]));
  const { kty, crv, x, y, kid, alg, use } = key;
  const signingKey = importJWK(key, ALGORITHM);
  // An unknown client is checked against this, so that it takes as long as a wrong secret.
  const nobodysHash = hashClientSecret(newClientSecret());

  async function signed(
    clientId: string,
    actor: string,
    scopes: readonly Scope[],
  ): Promise<IssuedToken> {
    const scope = scopes.join(' ');
    const nowS = Math.floor(clock.nowMs() / 1_000);
    const accessToken = await new SignJWT({ client_id: clientId, scope, party: actor })
      .setProtectedHeader({ alg: ALGORITHM, kid: key.kid, typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(clientId)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + TOKEN_LIFE_S)
      .setJti(randomBytes(16).toString('base64url'))
      .sign(await signingKey);
    return { accessToken, expiresInS: TOKEN_LIFE_S, scope };
  }

  return {
    async issue({ clientId, clientSecret, scope }) {
      const client = clients.get(clientId);
      const hash = client?.secretHash ?? (await nobodysHash);
      const matches = await secretMatches(clientSecret, hash);
      if (!client || !matches) {
        throw new AccessError('invalid_client', 'The client id or its secret is wrong.');
      }
      return signed(clientId, client.actor, grantedScopes(client, scope));
    },
    issueFor: (actor) => signed(actor, actor, scopesOf(partyOf(actor).role)),
    jwks: () => ({ keys: [{ kty, crv, x, y, kid, alg, use } as JWK] }),
  };
}

/**
 * Verifies tokens by the issuer's keys: signature, issuer, audience and life.
 *
 * @param keys the keys themselves, or the address they are fetched from and kept
 */
export function createTokenVerifier(
  options: TokenRealm & { readonly keys: JSONWebKeySet | URL },
): TokenVerifier {
  const { issuer, audience, clock, keys } = options;
  const keyOf = keys instanceof URL ? createRemoteJWKSet(keys) : createLocalJWKSet(keys);
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keyOf, {
        issuer,
        audience,
        algorithms: ACCEPTED_ALGORITHMS,
        requiredClaims: ['exp'],
        currentDate: new Date(clock.nowMs()),
      });
      return principalOf(payload);
    } catch (error) {
      throw refusal(error);
    }
  };
}

/** Codes of jose that speak of fetching the keys, not of the token. */
const FETCH_FAILURES = ['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC'];

function refusal(error: unknown): AccessError {
  const reason = messageOf(error);
  const cause = { cause: error };
  const ofToken = error instanceof RangeError || error instanceof errors.JOSEError;
  if (ofToken && !FETCH_FAILURES.includes((error as errors.JOSEError).code)) {
    return new AccessError('invalid_token', `The token does not hold: ${reason}.`, cause);
  }
  return new AccessError(
    'keys_unavailable',
    `The keys of the token's issuer cannot be read (${reason}); try again later.`,
    cause,
  );
}

function grantedScopes(client: OAuthClient, asked: string | undefined): readonly Scope[] {
  const names = [...new Set((asked ?? '').split(' '))].filter((name) => name !== '');
  if (names.length === 0) return client.scopes;
  return names.map((name) => {
    if (isScope(name) && client.scopes.includes(name)) return name;
    throw new AccessError(
      'invalid_scope',
      `Client ${client.clientId} may not have scope "${name}"; it may have ${client.scopes.join(' ')}.`,
    );
  });
}

/** Claims as a principal; scopes of others, which an OIDC server may add, are left out. */
function principalOf(claims: JWTPayload): Principal {
  const { client_id: clientId, scope, party } = claims;
  if (typeof clientId !== 'string' || typeof scope !== 'string' || typeof party !== 'string') {
    throw new RangeError('it lacks one of the claims client_id, scope and party');
  }
  return { clientId, actor: party, scopes: scope.split(' ').filter(isScope), ...partyOf(party) };
}
