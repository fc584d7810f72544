/** Tokens: given for the right secret, believed only when everything about them holds. */
import {
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
  decodeJwt,
  decodeProtectedHeader,
  importJWK,
} from 'jose';
import { secretMatches, hashClientSecret, newClientSecret } from './client-secret';
import {
  type OAuthClient,
  type TokenIssuer,
  type TokenKey,
  createTokenIssuer,
  createTokenVerifier,
  newTokenKey,
} from './tokens';

const startMs = Date.parse('2026-03-17T10:00:00Z');
const clock = { ms: startMs, nowMs: () => clock.ms };
const realm = { issuer: 'https://flexledger.test', audience: 'flexledger', clock };
const secret = newClientSecret();
const agg1 = { clientId: 'aggregator-AGG1', clientSecret: secret };

let key: TokenKey;
let client: OAuthClient;
let issuer: TokenIssuer;

beforeAll(async () => {
  key = await newTokenKey();
  client = {
    clientId: agg1.clientId,
    actor: 'aggregator:AGG1',
    scopes: ['offers:write', 'results:read'],
    secretHash: await hashClientSecret(secret),
  };
  issuer = createTokenIssuer({ ...realm, key, clients: [client] });
});
beforeEach(() => {
  clock.ms = startMs;
});

const verifier = (change: Partial<typeof realm> = {}) =>
  createTokenVerifier({ ...realm, keys: issuer.jwks(), ...change });

describe('a client secret', () => {
  it('is known again from its hash, which does not hold it', async () => {
    const hash = await hashClientSecret('open sesame');
    expect(hash).not.toContain('open sesame');
    expect(await secretMatches('open sesame', hash)).toBe(true);
    expect(await secretMatches('open sesame ', hash)).toBe(false);
  });

  it('is hashed with a salt: the same secret twice gives two hashes', async () => {
    expect(await hashClientSecret('same')).not.toBe(await hashClientSecret('same'));
  });

  it('is not compared with something that is no hash', async () => {
    await expect(secretMatches('x', 'x')).rejects.toThrow('not a scrypt hash');
    await expect(secretMatches('x', 'scrypt$a$8$1$eA$eA')).rejects.toThrow(RangeError);
  });
});

describe('the issuer', () => {
  it('gives a token of one hour that says who speaks and what it may (RFC 9068)', async () => {
    const { accessToken, expiresInS, scope } = await issuer.issue(agg1);
    expect({ expiresInS, scope }).toEqual({ expiresInS: 3600, scope: 'offers:write results:read' });
    expect(decodeProtectedHeader(accessToken)).toEqual({
      alg: 'ES256',
      kid: key.kid,
      typ: 'at+jwt',
    });
    expect(decodeJwt(accessToken)).toEqual({
      iss: realm.issuer,
      aud: realm.audience,
      sub: agg1.clientId,
      client_id: agg1.clientId,
      party: 'aggregator:AGG1',
      scope,
      iat: startMs / 1000,
      exp: startMs / 1000 + 3600,
      jti: expect.any(String),
    });
  });

  it('gives the scopes that were asked for, no more', async () => {
    const { scope } = await issuer.issue({ ...agg1, scope: ' results:read  results:read' });
    expect(scope).toBe('results:read');
  });

  it.each([
    ['a wrong secret', { ...agg1, clientSecret: 'wrong' }, 'invalid_client'],
    ['no secret', { ...agg1, clientSecret: '' }, 'invalid_client'],
    ['an unknown client', { ...agg1, clientId: 'nobody' }, 'invalid_client'],
    ['a scope the client may not have', { ...agg1, scope: 'market:operate' }, 'invalid_scope'],
    ['a scope that does not exist', { ...agg1, scope: 'everything' }, 'invalid_scope'],
  ])('refuses %s', async (_, credentials, code) => {
    await expect(issuer.issue(credentials)).rejects.toMatchObject({ name: 'AccessError', code });
  });

  it('says the same of a wrong secret and of an unknown client', async () => {
    const messageOf = (credentials: typeof agg1): Promise<string> =>
      issuer.issue(credentials).then(
        () => 'issued',
        (error: Error) => error.message,
      );
    expect(await messageOf({ ...agg1, clientSecret: 'wrong' })).toBe(
      await messageOf({ ...agg1, clientId: 'nobody' }),
    );
  });

  it('publishes its public key and not the private one', () => {
    const [published] = issuer.jwks().keys;
    expect(published).toMatchObject({ kty: 'EC', crv: 'P-256', kid: key.kid, alg: 'ES256' });
    expect(published).not.toHaveProperty('d');
  });
});

describe('the verifier', () => {
  it('says who speaks', async () => {
    const { accessToken } = await issuer.issue(agg1);
    await expect(verifier()(accessToken)).resolves.toEqual({
      clientId: agg1.clientId,
      actor: 'aggregator:AGG1',
      role: 'aggregator',
      partyId: 'AGG1',
      scopes: ['offers:write', 'results:read'],
    });
  });

  it('believes a token until its hour is over', async () => {
    const { accessToken } = await issuer.issue(agg1);
    clock.ms = startMs + 3_599_000;
    await expect(verifier()(accessToken)).resolves.toBeDefined();
    clock.ms = startMs + 3_600_000;
    await expect(verifier()(accessToken)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it.each([
    ['another audience', { audience: 'elsewhere' }],
    ['another issuer', { issuer: 'https://elsewhere.test' }],
  ])('refuses a token for %s', async (_, change) => {
    const { accessToken } = await issuer.issue(agg1);
    await expect(verifier(change)(accessToken)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('refuses a token whose claims were changed', async () => {
    const { accessToken } = await issuer.issue(agg1);
    const [header, , signature] = accessToken.split('.');
    const claims = { ...decodeJwt(accessToken), party: 'operator' };
    const forged = Buffer.from(JSON.stringify(claims)).toString('base64url');
    await expect(verifier()(`${header}.${forged}.${signature}`)).rejects.toMatchObject({
      code: 'invalid_token',
    });
  });

  it('refuses an unsigned token, one signed by another key and one signed by a shared secret', async () => {
    const claims = decodeJwt((await issuer.issue(agg1)).accessToken);
    const otherKey = await newTokenKey();
    const sign = async (alg: string, signingKey: Parameters<SignJWT['sign']>[0]) =>
      new SignJWT(claims).setProtectedHeader({ alg, kid: key.kid }).sign(signingKey);
    const forged = [
      new UnsecuredJWT(claims).encode(),
      await sign('ES256', await importJWK(otherKey, 'ES256')),
      await sign('HS256', Buffer.from(JSON.stringify(issuer.jwks().keys[0]))),
      'not a token',
      '',
    ];
    for (const token of forged) {
      await expect(verifier()(token)).rejects.toMatchObject({ code: 'invalid_token' });
    }
  });

  it.each([
    ['no party', { party: undefined }],
    ['a party that does not exist', { party: 'king' }],
    ['no scope', { scope: undefined }],
    ['no end', { exp: undefined }],
  ])('refuses a well-signed token with %s', async (_, change) => {
    const claims = { ...decodeJwt((await issuer.issue(agg1)).accessToken), ...change };
    const token = await new SignJWT(claims as JWTPayload)
      .setProtectedHeader({ alg: 'ES256', kid: key.kid })
      .sign(await importJWK(key, 'ES256'));
    await expect(verifier()(token)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('leaves out scopes it does not know, as other issuers add them', async () => {
    const claims = {
      ...decodeJwt((await issuer.issue(agg1)).accessToken),
      scope: 'openid email results:read',
    };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: key.kid })
      .sign(await importJWK(key, 'ES256'));
    await expect(verifier()(token)).resolves.toMatchObject({ scopes: ['results:read'] });
  });

  it('does not blame the token when the keys cannot be fetched', async () => {
    const { accessToken } = await issuer.issue(agg1);
    const away = createTokenVerifier({ ...realm, keys: new URL('http://127.0.0.1:9/jwks.json') });
    await expect(away(accessToken)).rejects.toMatchObject({ code: 'keys_unavailable' });
  });
});
