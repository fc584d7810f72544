/** Tokens: believed only when everything about them holds; secrets known from their hashes. */
import {
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
  decodeJwt,
  decodeProtectedHeader,
  importJWK,
} from 'jose';
import { hashClientSecret, hashPassword, passwordMark, secretMatches } from './client-secret';
import { scopesOf } from './access-rules';
import {
  type TokenIssuer,
  type TokenKey,
  createTokenIssuer,
  createTokenVerifier,
  newTokenKey,
} from './tokens';

const startMs = Date.parse('2026-03-17T10:00:00Z');
const clock = { ms: startMs, nowMs: () => clock.ms };
const realm = { issuer: 'https://flexledger.test', audience: 'flexledger', clock };
const agg1 = 'aggregator:AGG1';

let key: TokenKey;
let issuer: TokenIssuer;

beforeAll(async () => {
  key = await newTokenKey();
  issuer = createTokenIssuer({ ...realm, key });
});
beforeEach(() => {
  clock.ms = startMs;
});

const issue = () => issuer.issueFor(agg1, ['offers:write', 'results:read']);
const verifier = ({ audience } = realm) =>
  createTokenVerifier({ audience, clock, keys: issuer.jwks() });

describe('a client secret', () => {
  it('is known again from its hash, which does not hold it', async () => {
    const hash = await hashClientSecret('open sesame');
    expect(hash).not.toContain('open sesame');
    expect(await secretMatches('open sesame', hash)).toBe(true);
    expect(await secretMatches('open sesame ', hash)).toBe(false);
  });

  it('may be a password, of which a guess costs more', async () => {
    const hash = await hashPassword('correct horse');
    expect(await secretMatches('correct horse', hash)).toBe(true);
    expect(await secretMatches('correct horses', hash)).toBe(false);
    expect(Number(hash.split('$')[1])).toBeGreaterThanOrEqual(32_768);
  });

  it('is hashed with a salt: the same secret twice gives two hashes', async () => {
    expect(await hashClientSecret('same')).not.toBe(await hashClientSecret('same'));
  });

  it('leaves a mark that is the same for the same password and key only', async () => {
    const mark = await passwordMark('correct horse', 'key');
    expect(await passwordMark('correct horse', 'key')).toBe(mark);
    expect(await passwordMark('correct horses', 'key')).not.toBe(mark);
    expect(await passwordMark('correct horse', 'another')).not.toBe(mark);
  });

  it('is not compared with something that is no hash', async () => {
    await expect(secretMatches('x', 'x')).rejects.toThrow('not a scrypt hash');
    await expect(secretMatches('x', 'scrypt$a$8$1$eA$eA')).rejects.toThrow(RangeError);
  });
});

describe('the issuer', () => {
  it('gives a token of ten minutes that says who speaks and what it may (RFC 9068)', async () => {
    const { accessToken, expiresInS, scope } = await issue();
    expect({ expiresInS, scope }).toEqual({ expiresInS: 600, scope: 'offers:write results:read' });
    expect(decodeProtectedHeader(accessToken)).toEqual({
      alg: 'ES256',
      kid: key.kid,
      typ: 'at+jwt',
    });
    expect(decodeJwt(accessToken)).toEqual({
      iss: realm.issuer,
      aud: realm.audience,
      sub: agg1,
      client_id: agg1,
      party: agg1,
      scope,
      iat: startMs / 1000,
      exp: startMs / 1000 + 600,
      jti: expect.any(String),
    });
  });

  it('gives all that the role may where no scope is named', async () => {
    expect((await issuer.issueFor('dso')).scope).toBe(scopesOf('dso').join(' '));
    await expect(issuer.issueFor('king')).rejects.toThrow(RangeError);
  });

  it('publishes its public key and not the private one', () => {
    const [published] = issuer.jwks().keys;
    expect(published).toMatchObject({ kty: 'EC', crv: 'P-256', kid: key.kid, alg: 'ES256' });
    expect(published).not.toHaveProperty('d');
  });
});

describe('the verifier', () => {
  it('says who speaks', async () => {
    const { accessToken } = await issue();
    await expect(verifier()(accessToken)).resolves.toEqual({
      clientId: agg1,
      expiresAtMs: startMs + 600_000,
      actor: 'aggregator:AGG1',
      role: 'aggregator',
      partyId: 'AGG1',
      scopes: ['offers:write', 'results:read'],
    });
  });

  it('believes a token until its time is over', async () => {
    const { accessToken } = await issue();
    clock.ms = startMs + 599_000;
    await expect(verifier()(accessToken)).resolves.toBeDefined();
    clock.ms = startMs + 600_000;
    await expect(verifier()(accessToken)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('believes its own key whatever address the token was asked for at', async () => {
    const elsewhere = createTokenIssuer({ ...realm, issuer: 'https://elsewhere.test', key });
    const { accessToken } = await elsewhere.issueFor(agg1);
    await expect(verifier()(accessToken)).resolves.toMatchObject({ actor: agg1 });
  });

  it('knows the user from the client', async () => {
    const claims = { ...decodeJwt((await issue()).accessToken), client_id: 'desk', sub: 'u1' };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: 'at+jwt' })
      .sign(await importJWK(key, 'ES256'));
    await expect(verifier()(token)).resolves.toMatchObject({ clientId: 'desk/u1', userId: 'u1' });
  });

  it('refuses a token for another audience', async () => {
    const { accessToken } = await issue();
    const elsewhere = verifier({ ...realm, audience: 'elsewhere' });
    await expect(elsewhere(accessToken)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('refuses a token whose claims were changed', async () => {
    const { accessToken } = await issue();
    const [header, , signature] = accessToken.split('.');
    const claims = { ...decodeJwt(accessToken), party: 'operator' };
    const forged = Buffer.from(JSON.stringify(claims)).toString('base64url');
    await expect(verifier()(`${header}.${forged}.${signature}`)).rejects.toMatchObject({
      code: 'invalid_token',
    });
  });

  it('refuses an unsigned token, one signed by another key and one signed by a shared secret', async () => {
    const claims = decodeJwt((await issue()).accessToken);
    const otherKey = await newTokenKey();
    const sign = async (alg: string, signingKey: Parameters<SignJWT['sign']>[0]) =>
      new SignJWT(claims).setProtectedHeader({ alg, kid: key.kid, typ: 'at+jwt' }).sign(signingKey);
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

  it.each(['JWT', 'logout+jwt', undefined])('refuses another kind of token, %s', async (typ) => {
    const token = await new SignJWT(decodeJwt((await issue()).accessToken))
      .setProtectedHeader({ alg: 'ES256', kid: key.kid, ...(typ && { typ }) })
      .sign(await importJWK(key, 'ES256'));
    await expect(verifier()(token)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it.each([
    ['no party', { party: undefined }],
    ['a party that does not exist', { party: 'king' }],
    ['no scope', { scope: undefined }],
    ['no end', { exp: undefined }],
  ])('refuses a well-signed token with %s', async (_, change) => {
    const claims = { ...decodeJwt((await issue()).accessToken), ...change };
    const token = await new SignJWT(claims as JWTPayload)
      .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: 'at+jwt' })
      .sign(await importJWK(key, 'ES256'));
    await expect(verifier()(token)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('leaves out scopes it does not know, as other issuers add them', async () => {
    const claims = {
      ...decodeJwt((await issue()).accessToken),
      scope: 'openid email results:read',
    };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: 'at+jwt' })
      .sign(await importJWK(key, 'ES256'));
    await expect(verifier()(token)).resolves.toMatchObject({ scopes: ['results:read'] });
  });
});
