/**
 * Tokens of issuers beside the operator's own (OpenID Connect Discovery 1.0, RFC 9068): a company's people
 * sign in where they always do. Which party a token speaks for and which roles its holder has say two of
 * its claims; that the party is one of this market, the market's own log.
 */
import { USER_ROLES } from '@flexledger/domain';
import { type Clock, messageOf } from '@flexledger/runtime';
import {
  type JWTPayload,
  type JWTVerifyGetKey,
  createRemoteJWKSet,
  decodeJwt,
  errors,
  jwtVerify,
} from 'jose';
import { type Principal, isUserRole, partyOf, scopesOf, scopesOfUser } from './access-rules';
import { ACCEPTED_ALGORITHMS, AccessError, type TokenVerifier, tokenRefusal } from './tokens';

/** An issuer that is trusted, and how its tokens are read. */
export interface FederatedIssuer {
  /** `iss` of its tokens, below which `/.well-known/openid-configuration` stands. */
  readonly issuer: string;
  /** `aud` of tokens that are meant for this market. */
  readonly audience: string;
  /** Claim with the party: `aggregator:ALFA`. Dots lead into objects. */
  readonly partyClaim: string;
  /** Claim with the roles, a list or a text parted by spaces; those that are none of the market are passed over. */
  readonly rolesClaim: string;
}

/** The keys of an issuer cannot be had now, so its tokens cannot be judged. */
export class IssuerUnavailable extends Error {
  constructor(issuer: string, reason: string) {
    super(`The issuer ${issuer} cannot be asked for its keys: ${reason}.`);
    this.name = 'IssuerUnavailable';
  }
}

const TIMEOUT_MS = 5_000;
/** OpenID Connect Core 2. */
const LONGEST_SUBJECT = 255;
/** An issuer that did not answer is not asked again before. */
const AGAIN_AFTER_MS = 5_000;

/**
 * Verifies tokens of several issuers, and hands on what is of none of them.
 *
 * @param isMember whether a party is registered in this market and not disabled
 * @param own for tokens of the operator's own
 * @throws RangeError when an address is neither https nor of this machine
 */
export function createFederatedVerifier(options: {
  readonly issuers: readonly FederatedIssuer[];
  readonly isMember: (party: string) => Promise<boolean>;
  readonly own: TokenVerifier;
  readonly clock: Clock;
}): TokenVerifier {
  const { issuers, isMember, own, clock } = options;
  const trusted = new Map(
    issuers.map((one) => {
      requireSafe(one.issuer);
      return [one.issuer, { ...one, keys: keysOf(one.issuer, clock) }];
    }),
  );
  return async (token) => {
    const found = trusted.get(issuerIn(token) ?? '');
    if (!found) return own(token);
    const keyOf = await found.keys();
    let principal: Principal;
    try {
      const { payload } = await jwtVerify(token, keyOf, {
        issuer: found.issuer,
        audience: found.audience,
        algorithms: ACCEPTED_ALGORITHMS,
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(clock.nowMs()),
      });
      principal = principalOf(payload, found);
    } catch (error) {
      if (isOfFetching(error)) throw new IssuerUnavailable(found.issuer, messageOf(error));
      throw tokenRefusal(error);
    }
    if (await isMember(principal.actor)) return principal;
    throw new AccessError(
      `The token speaks for ${principal.actor}, which is not registered in this market, or disabled.`,
    );
  };
}

/** What a token says of itself, unverified: only to know whose keys to verify it by. */
function issuerIn(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

/** The issuer's keys by discovery, fetched at the first token and again when a key is new. */
function keysOf(issuer: string, clock: Clock): () => Promise<JWTVerifyGetKey> {
  let keys: Promise<JWTVerifyGetKey> | undefined;
  let failed: { readonly error: IssuerUnavailable; readonly untilMs: number } | undefined;
  return async () => {
    if (failed && failed.untilMs > clock.nowMs()) throw failed.error;
    keys ??= discover(issuer);
    try {
      return await keys;
    } catch (error) {
      keys = undefined;
      const unavailable = new IssuerUnavailable(issuer, messageOf(error));
      failed = { error: unavailable, untilMs: clock.nowMs() + AGAIN_AFTER_MS };
      throw unavailable;
    }
  };
}

async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  const at = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(at, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
  if (!response.ok) throw new Error(`${at} answers ${response.status}`);
  const said = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
  if (said.issuer !== issuer) throw new Error(`${at} is of the issuer ${String(said.issuer)}`);
  if (typeof said.jwks_uri !== 'string') throw new Error(`${at} names no jwks_uri`);
  return createRemoteJWKSet(requireSafe(said.jwks_uri), { timeoutDuration: TIMEOUT_MS });
}

function requireSafe(address: string): URL {
  const url = new URL(address);
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol === 'https:' || isHere) return url;
  throw new RangeError(`${address}: keys of an issuer are fetched over https only.`);
}

/** Codes of jose that speak of fetching the keys, not of the token. */
function isOfFetching(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return error instanceof TypeError;
  return ['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID'].includes(error.code);
}

/** @throws RangeError saying which claim is missing or none of this market */
function principalOf(claims: JWTPayload, from: FederatedIssuer): Principal {
  const actor = claimAt(claims, from.partyClaim);
  if (typeof actor !== 'string') throw new RangeError(`its claim ${from.partyClaim} is no text`);
  const party = partyOf(actor);
  const named = claimAt(claims, from.rolesClaim);
  const roles = (typeof named === 'string' ? named.split(' ') : Array.isArray(named) ? named : [])
    .filter((role): role is string => typeof role === 'string')
    .filter(isUserRole)
    .filter((role) => USER_ROLES[role] === party.role);
  if (roles.length === 0) {
    throw new RangeError(`its claim ${from.rolesClaim} names no role of a ${party.role}`);
  }
  const within = scopesOf(party.role);
  // The verification has asked for both.
  const { sub, exp } = claims as { readonly sub: string; readonly exp: number };
  if (sub.length > LONGEST_SUBJECT) throw new RangeError('its sub is longer than 255 characters');
  return {
    ...party,
    actor,
    // By its address, so that it is none of the market's own clients; nor is it a user of the market's own.
    clientId: `${from.issuer.replace(/\/$/, '')}/${sub}`,
    scopes: scopesOfUser(roles).filter((scope) => within.includes(scope)),
    expiresAtMs: exp * 1_000,
  };
}

/** `realm_access.roles` of the claims. */
function claimAt(claims: JWTPayload, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  return path
    .split('.')
    .reduce<unknown>(
      (value, step) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, step)
          ? (value as Record<string, unknown>)[step]
          : undefined,
      claims,
    );
}
