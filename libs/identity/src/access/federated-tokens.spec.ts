/** Tokens of another issuer over a real socket: whose they are, what they may, and all that makes them fail. */
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { VirtualClock } from '@flexledger/runtime';
import { type JWK, SignJWT, exportJWK, generateKeyPair } from 'jose';
import { scopesOf } from './access-rules';
import {
  type FederatedIssuer,
  IssuerUnavailable,
  createFederatedVerifier,
} from './federated-tokens';
import { AccessError, type TokenVerifier } from './tokens';

const NOW_S = 1_773_700_000;
const clock = new VirtualClock(NOW_S * 1_000);
const MEMBERS = ['aggregator:ALFA', 'operator', 'dso'];

type Key = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

let server: Server;
let issuer: string;
let key: Key;
let published: JWK;
/** What the issuer answers instead, where a test says so. */
let discovery: object | undefined;
let status: number;

beforeAll(async () => {
  const pair = await generateKeyPair('RS256', { extractable: true });
  key = pair.privateKey;
  published = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
});
beforeEach(async () => {
  [discovery, status] = [undefined, 200];
  server = createServer((request, response) => {
    const own = { issuer, jwks_uri: `${issuer}/keys` };
    const body = request.url === '/keys' ? { keys: [published] } : (discovery ?? own);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const own: TokenVerifier = async () => {
  throw new AccessError('handed on');
};

const verifier = (more: Partial<FederatedIssuer> = {}): TokenVerifier =>
  createFederatedVerifier({
    issuers: [
      { issuer, audience: 'flexledger', partyClaim: 'party', rolesClaim: 'realm.roles', ...more },
    ],
    isMember: async (party) => MEMBERS.includes(party),
    own,
    clock,
  });

const token = (
  claims: Readonly<Record<string, unknown>> = {},
  signer: Key | Uint8Array = key,
  alg = 'RS256',
) =>
  new SignJWT({
    iss: issuer,
    sub: 'alice',
    aud: 'flexledger',
    exp: NOW_S + 300,
    party: 'aggregator:ALFA',
    realm: { roles: ['offline_access', 'ap-operator'] },
    ...claims,
  })
    .setProtectedHeader({ alg, kid: 'one' })
    .sign(signer);

it('says who speaks, with the scopes of its roles, as nobody of the market itself', async () => {
  const principal = await verifier()(await token());
  expect(principal).toMatchObject({
    actor: 'aggregator:ALFA',
    role: 'aggregator',
    partyId: 'ALFA',
    clientId: `${issuer}/alice`,
    expiresAtMs: (NOW_S + 300) * 1_000,
  });
  expect(principal.userId).toBeUndefined();
  expect(principal.scopes).toEqual(expect.arrayContaining(['offers:write']));
  expect(principal.scopes).not.toContain('agreements:write');
});

it('takes roles as a text too, and several', async () => {
  const claims = { party: 'operator', realm: { roles: 'x market-administrator' } };
  expect((await verifier()(await token(claims))).scopes).toEqual(scopesOf('operator'));
});

it.each<[string, Readonly<Record<string, unknown>>, string]>([
  ['for others', { aud: 'mail' }, 'unexpected "aud" claim value'],
  ['that is over', { exp: NOW_S - 1 }, '"exp" claim timestamp check failed'],
  ['without an end', { exp: undefined }, 'missing required "exp" claim'],
  ['of nobody', { sub: undefined }, 'missing required "sub" claim'],
  ['of too long a name', { sub: 'x'.repeat(256) }, 'longer than 255'],
  ['without a party', { party: undefined }, 'its claim party is no text'],
  ['of a party that is none', { party: 'king' }, '"king" names no party'],
  ['with roles of another kind', { realm: { roles: ['dso'] } }, 'names no role of a aggregator'],
  ['without roles', { realm: 3 }, 'its claim realm.roles names no role'],
  ['of a party that is not in the market', { party: 'aggregator:BETA' }, 'not registered'],
])('refuses a token %s', async (_, claims, reason) => {
  const refused = verifier()(await token(claims));
  await expect(refused).rejects.toThrow(AccessError);
  await expect(refused).rejects.toThrow(reason);
});

it('refuses what another has signed, or a shared secret', async () => {
  const other = await generateKeyPair('RS256');
  await expect(verifier()(await token({}, other.privateKey))).rejects.toThrow(AccessError);
  const secret = new TextEncoder().encode('x'.repeat(32));
  await expect(verifier()(await token({}, secret, 'HS256'))).rejects.toThrow(AccessError);
});

it('hands on what is of no issuer that is trusted, or no token at all', async () => {
  await expect(verifier()(await token({ iss: 'https://other.example' }))).rejects.toThrow(
    'handed on',
  );
  await expect(verifier()('x.y.z')).rejects.toThrow('handed on');
});

describe('an issuer', () => {
  it('that fails is told as such, and is asked again a little later', async () => {
    const verify = verifier();
    status = 500;
    await expect(verify(await token())).rejects.toThrow(IssuerUnavailable);
    status = 200;
    await expect(verify(await token())).rejects.toThrow(IssuerUnavailable);
    await clock.advanceTo(clock.nowMs() + 5_000, async () => {});
    expect(await verify(await token())).toMatchObject({ actor: 'aggregator:ALFA' });
  });

  it('that calls itself otherwise is not believed', async () => {
    discovery = { issuer: 'https://other.example', jwks_uri: `${issuer}/keys` };
    await expect(verifier()(await token())).rejects.toThrow('is of the issuer');
  });

  it('whose keys stand where anybody could change them is not believed', async () => {
    discovery = { issuer, jwks_uri: 'http://keys.example/keys' };
    await expect(verifier()(await token())).rejects.toThrow('over https only');
  });
});
