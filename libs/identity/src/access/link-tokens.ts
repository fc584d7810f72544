/**
 * What a link that is given to others carries: which thing it shows and until when, signed by the key of the access
 * tokens under a type and an audience of its own. As an access token it is worth nothing, and an access token is no link.
 */
import type { Clock } from '@flexledger/runtime';
import { type JWK, SignJWT, createLocalJWKSet, importJWK, jwtVerify } from 'jose';
import { type TokenKey, tokenRefusal } from './tokens';

const ALGORITHM = 'ES256';
const TYPE = 'link+jwt';

/** What is linked to. */
export interface LinkedThing {
  /** Who has given the link. */
  readonly giver: string;
  readonly linkId: string;
}

export interface LinkTokens {
  sign(thing: LinkedThing, expiresAtMs: number): Promise<string>;
  /** @throws AccessError for what was not signed here, is for something else, or is over */
  verify(token: string): Promise<LinkedThing>;
}

/** @param audience what the links are to; those to another thing do not hold */
export function createLinkTokens(options: {
  readonly key: TokenKey;
  readonly audience: string;
  readonly clock: Clock;
}): LinkTokens {
  const { key, audience, clock } = options;
  const { kty, crv, x, y, kid, alg } = key;
  const signingKey = importJWK(key, ALGORITHM);
  const keyOf = createLocalJWKSet({ keys: [{ kty, crv, x, y, kid, alg } as JWK] });
  return {
    async sign({ giver, linkId }, expiresAtMs) {
      return new SignJWT({})
        .setProtectedHeader({ alg: ALGORITHM, kid: key.kid, typ: TYPE })
        .setAudience(audience)
        .setSubject(giver)
        .setJti(linkId)
        .setExpirationTime(Math.floor(expiresAtMs / 1_000))
        .sign(await signingKey);
    },
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, keyOf, {
          audience,
          typ: TYPE,
          algorithms: [ALGORITHM],
          requiredClaims: ['exp', 'sub', 'jti'],
          currentDate: new Date(clock.nowMs()),
        });
        return { giver: payload.sub!, linkId: payload.jti! };
      } catch (error) {
        throw tokenRefusal(error);
      }
    },
  };
}
