/** Rights as callers meet them: RFC 6750 over real sockets (S-MP-01). */
import type { Scope } from '@flexledger/identity';
import request from 'supertest';
import { type HttpApp, createHttpApp } from '../http/http-app';
import { OffersModule, type Trial, bid, offersPath, prepareTrial } from '../testing/trial-app';

let trial: Trial;
let http: HttpApp;
beforeAll(async () => {
  trial = await prepareTrial();
  http = await createHttpApp(OffersModule, trial.options);
});
afterAll(() => http.close());

const api = () => request(http.url);
const tokenFor = (...scopes: readonly Scope[]): Promise<string> => trial.tokenFor(...scopes);

describe('a route', () => {
  const post = async (path: string, ...scopes: readonly Scope[]) =>
    api()
      .post(path)
      .auth(await tokenFor(...scopes), { type: 'bearer' })
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
      detail: 'The token lacks scope offers:write: offers:write is for aggregator.',
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
