/** People who sign in where their company has them do: a served platform takes the tokens of a configured issuer. */
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type JWK, SignJWT, exportJWK, generateKeyPair } from 'jose';
import request from 'supertest';
import { type EmptyMarket, openEmptyMarket } from './testing/empty-market';

const ALFA = 'aggregator:ALFA';
const POD = {
  podId: 'IT001E00000001',
  aggregatorId: 'ALFA',
  customerKind: 'household',
  contractedPowerW: 4_500,
  annualEnergyKwh: 4_000,
  pvPeakW: 0,
  wallet: `0x${'1'.repeat(40)}`,
};

type Key = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

let server: Server;
let issuer: string;
let key: Key;
let market: EmptyMarket;

beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  key = pair.privateKey;
  const jwk: JWK = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  server = createServer((call, response) => {
    const body = call.url === '/keys' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  market = await openEmptyMarket(1, [
    { issuer, audience: 'market', partyClaim: 'org.party', rolesClaim: 'org.roles' },
  ]);
});
afterAll(async () => {
  server.close();
  await market.remove();
});

const bearer = (party: string, ...roles: readonly string[]): Promise<string> =>
  new SignJWT({ org: { party, roles } })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setIssuer(issuer)
    .setSubject('alice')
    .setAudience('market')
    .setExpirationTime('5m')
    .sign(key);

const register = async (token: string) =>
  request(market.url).post('/api/v1/pods').auth(token, { type: 'bearer' }).send(POD);

it('a party is one of the market only once its administrator lets it in', async () => {
  const token = await bearer(ALFA, 'aggregator');
  const refused = await register(token);
  expect([refused.status, refused.body.code]).toEqual([401, 'invalid-token']);
  await market.administrator.post('/api/v1/parties', { party: ALFA, name: 'Alfa' });
  expect((await register(token)).status).toBe(201);
});

it('the roles of the token say what its holder may do, and no more', async () => {
  const { status, body } = await register(await bearer(ALFA, 'ap-operator'));
  expect([status, body.code]).toEqual([403, 'forbidden']);
  const foreign = await register(await bearer('dso', 'aggregator'));
  expect(foreign.status).toBe(401);
});

it('is none of the market’s own users, whatever it is called', async () => {
  const changed = await request(market.url)
    .put('/api/v1/users/me/password')
    .auth(await bearer('operator', 'market-administrator'), { type: 'bearer' })
    .send({ current: 'x'.repeat(12), password: 'y'.repeat(12) });
  expect([changed.status, changed.body.code]).toEqual([403, 'forbidden']);
});

it('a party that is disabled is silent at once', async () => {
  const token = await bearer(ALFA, 'aggregator');
  const api = () => request(market.url).get('/api/v1/pods').auth(token, { type: 'bearer' });
  expect((await api()).status).toBe(200);
  const disabled = { status: 'disabled', reason: 'left the market' };
  const answer = await market.administrator.put(`/api/v1/parties/${ALFA}/status`, disabled);
  expect((answer as unknown as request.Response).status).toBe(200);
  expect((await api()).status).toBe(401);
});
