/** Tokens and rights as callers meet them: RFC 6749 and 6750 over real sockets (S-MP-01). */
import { createTokenVerifier } from '@flexledger/identity';
import request from 'supertest';
import { type HttpApp, createHttpApp } from '../http/http-app';
import {
  OffersModule,
  type Trial,
  aggregator,
  bid,
  offersPath,
  prepareTrial,
  realm,
} from '../testing/trial-app';

let trial: Trial;
let http: HttpApp;
beforeAll(async () => {
  trial = await prepareTrial();
  http = await createHttpApp(OffersModule, trial.options);
});
afterAll(() => http.close());

const api = () => request(http.url);
const tokenFor = (scope?: string): Promise<string> => trial.tokenFor(scope);

describe('a token', () => {
  const grant = { grant_type: 'client_credentials', ...aggregator };
  const { client_id: id, client_secret: secret } = aggregator;

  it.each([
    ['a form', () => api().post('/oauth/token').type('form').send(grant)],
    ['JSON', () => api().post('/oauth/token').send(grant)],
    [
      'HTTP Basic, encoded as RFC 6749 asks',
      () =>
        api()
          .post('/oauth/token')
          .auth(encodeURIComponent(id), encodeURIComponent(secret))
          .type('form')
          .send({ grant_type: 'client_credentials' }),
    ],
  ])('is given for credentials in %s', async (_, post) => {
    const { body } = await post()
      .expect(200)
      .expect('Cache-Control', 'no-store')
      .expect('Content-Type', /application\/json/);
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'offers:write results:read',
    });
    await api().post(offersPath).auth(body.access_token, { type: 'bearer' }).send(bid).expect(201);
  });

  it.each([
    [{ ...grant, client_secret: 'wrong' }, 401, 'invalid_client'],
    [{ ...grant, client_id: 'nobody' }, 401, 'invalid_client'],
    [{ ...grant, scope: 'market:operate' }, 400, 'invalid_scope'],
    [{ ...grant, grant_type: 'password' }, 400, 'unsupported_grant_type'],
    [{ ...grant, client_secret: undefined }, 400, 'invalid_request'],
    [{ ...grant, client_id: ['a', 'b'] }, 400, 'invalid_request'],
    [undefined, 400, 'unsupported_grant_type'],
  ])('is refused for %j in the form of RFC 6749 5.2', async (body, status, error) => {
    const answer = await api().post('/oauth/token').send(body).expect(status);
    expect(answer.body).toEqual({ error, error_description: expect.any(String) });
    expect(JSON.stringify(answer.body)).not.toContain(secret);
  });

  it('is refused for credentials given twice', async () => {
    const answer = await api().post('/oauth/token').auth(id, 'x').send(grant).expect(400);
    expect(answer.body.error).toBe('invalid_request');
  });

  it('is verified by the published keys, which hold no private part', async () => {
    const { body } = await api().get('/.well-known/jwks.json').expect(200);
    expect(body.keys).toHaveLength(1);
    expect(body.keys[0]).not.toHaveProperty('d');
    const keys = new URL(`${http.url}/.well-known/jwks.json`);
    const verify = createTokenVerifier({ ...realm, keys });
    await expect(verify(await tokenFor())).resolves.toMatchObject({ actor: 'aggregator:AGG1' });
  });
});

describe('a route', () => {
  const post = async (path: string, scope?: string) =>
    api()
      .post(path)
      .auth(await tokenFor(scope), { type: 'bearer' })
      .send(bid);

  it('serves who has the scope and the right', async () => {
    const answer = await post(offersPath);
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ by: 'aggregator:AGG1', rows: 1, first: bid.offers[0] });
  });

  it.each([
    ['no token', undefined, 'Bearer realm="flexledger"'],
    ['no bearer', 'Basic YTpi', 'Bearer realm="flexledger"'],
    ['a wrong token', 'Bearer x.y.z', 'Bearer realm="flexledger", error="invalid_token"'],
  ])('answers %s with 401', async (_, authorization, challenge) => {
    const call = api().post(offersPath).send(bid);
    if (authorization) call.set('Authorization', authorization);
    const answer = await call.expect(401).expect('WWW-Authenticate', challenge);
    expect(answer.type).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ status: 401, code: 'invalid-token', instance: offersPath });
  });

  it('answers a token without the scope with 403, naming the scope', async () => {
    const answer = await post(offersPath, 'results:read');
    expect(answer.status).toBe(403);
    expect(answer.headers['www-authenticate']).toContain('error="insufficient_scope"');
    expect(answer.body).toMatchObject({
      code: 'forbidden',
      detail: 'The token lacks scope offers:write.',
    });
  });

  it('asks for all the scopes it names', async () => {
    const answer = await api()
      .get('/api/v1/results')
      .auth(await tokenFor(), { type: 'bearer' })
      .expect(403);
    expect(answer.body.detail).toContain('settlements:read');
  });

  it('answers who reaches for the things of another with 403', async () => {
    const answer = await post('/api/v1/aggregators/AGG2/offers');
    expect(answer.status).toBe(403);
    expect(answer.body.detail).toBe('aggregator:AGG1 has no right to offers:write of AGG2.');
  });

  it('that names neither scopes nor the public is closed to everyone', async () => {
    await api().get('/api/v1/forgotten').expect(403);
    await api()
      .get('/api/v1/forgotten')
      .auth(await tokenFor(), { type: 'bearer' })
      .expect(403);
  });
});
