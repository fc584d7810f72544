/** A link's token holds for the thing that it was signed for, until it is over, and for nothing else. */
import { SignJWT, decodeJwt, importJWK } from 'jose';
import { createLinkTokens } from './link-tokens';
import { type TokenKey, createTokenIssuer, createTokenVerifier, newTokenKey } from './tokens';

const startMs = Date.parse('2026-03-17T10:00:00Z');
const clock = { ms: startMs, nowMs: () => clock.ms };
const audience = 'widgets';
const thing = { giver: 'AGG1', linkId: 'l1' };
let key: TokenKey;
beforeAll(async () => {
  key = await newTokenKey();
});
beforeEach(() => {
  clock.ms = startMs;
});
const links = () => createLinkTokens({ key, audience, clock });
const signed = () => links().sign(thing, startMs + 60_000);

it('says what it is to, until it is over', async () => {
  const token = await signed();
  expect(await links().verify(token)).toEqual(thing);
  clock.ms = startMs + 60_000;
  await expect(links().verify(token)).rejects.toMatchObject({ code: 'invalid_token' });
});

it('cannot be changed, nor signed by another key, nor be to another thing', async () => {
  const token = await signed();
  const [header, , signature] = token.split('.');
  const claims = { ...decodeJwt(token), sub: 'AGG2' };
  const forged = Buffer.from(JSON.stringify(claims)).toString('base64url');
  const other = createLinkTokens({ key: await newTokenKey(), audience, clock });
  const elsewhere = createLinkTokens({ key, audience: 'reports', clock });
  const wrong = [
    `${header}.${forged}.${signature}`,
    await other.sign(thing, startMs + 60_000),
    await elsewhere.sign(thing, startMs + 60_000),
    await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: 'link+jwt' })
      .setAudience(audience)
      .setExpirationTime(startMs / 1_000 + 60)
      .sign(await importJWK(key, 'ES256')),
    'no token',
    '',
  ];
  for (const one of wrong) {
    await expect(links().verify(one)).rejects.toMatchObject({ code: 'invalid_token' });
  }
});

it('is no access token, nor is an access token a link, though one key signs both', async () => {
  const realm = { issuer: 'flexledger', audience, clock };
  const issuer = createTokenIssuer({ ...realm, key });
  const { accessToken } = await issuer.issueFor('aggregator:AGG1');
  await expect(links().verify(accessToken)).rejects.toMatchObject({ code: 'invalid_token' });
  const verify = createTokenVerifier({ audience, clock, keys: issuer.jwks() });
  await expect(verify(await signed())).rejects.toMatchObject({ code: 'invalid_token' });
});
