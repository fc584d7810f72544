/** An app behind the kit, over real sockets: what a caller sees when things go well and when not. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DomainError } from '@flexledger/domain';
import { AppendTooLarge, RevisionConflict } from '@flexledger/event-store';
import {
  type Principal,
  type TokenIssuer,
  createTokenIssuer,
  createTokenVerifier,
  hashClientSecret,
  newTokenKey,
} from '@flexledger/identity';
import {
  Body,
  ConflictException,
  Controller,
  Get,
  Module,
  Param,
  ParseIntPipe,
  Post,
  Res,
} from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsString, Max, Min, ValidateNested } from 'class-validator';
import type { Response } from 'express';
import request from 'supertest';
import { Public, Scopes, Speaker, requireAccess } from '../access/scopes';
import { type HttpApp, type HttpAppOptions, closeOnSignal, createHttpApp } from './http-app';

class OfferDto {
  @IsString() offerId!: string;
  @IsInt() @Min(0) @Max(1_000) quantityW!: number;
}

class BidDto {
  @IsIn(['up', 'down']) direction!: string;
  @ValidateNested({ each: true }) @Type(() => OfferDto) offers!: OfferDto[];
}

const errors: Record<string, () => unknown> = {
  'session-unknown': () => new DomainError('session-unknown', 'There is no such session.'),
  'gate-closed': () => new DomainError('gate-closed', 'The gate is closed.'),
  'request-malformed': () =>
    new DomainError('request-malformed', 'The request is refused.', [
      { field: 'quantityW[3]', reason: 'must be a whole number' },
    ]),
  large: () =>
    new DomainError(
      'bid-refused',
      'No row stands.',
      Array.from({ length: 5_000 }, (_, index) => ({ field: `offers[${index}]`, reason: 'bad' })),
    ),
  conflict: () => new RevisionConflict('session-1', 3, 4),
  'too-large': () => new AppendTooLarge('session-1', 2_000_000, 1_000_000),
  http: () => new ConflictException('Taken.'),
  bug: () => new Error('password of the database is hunter2'),
  text: () => 'hunter2',
};

let releaseSlow: () => void = () => {};

@Controller('api/v1')
class OffersController {
  @Scopes('offers:write')
  @Post('aggregators/:id/offers')
  offer(@Param('id') id: string, @Body() bid: BidDto, @Speaker() speaker: Principal) {
    requireAccess(speaker, 'offers:write', { aggregatorId: id });
    return { by: speaker.actor, rows: bid.offers.length, first: bid.offers[0] };
  }

  @Scopes('results:read', 'settlements:read')
  @Get('results')
  results() {
    return [];
  }

  @Get('forgotten')
  forgotten() {
    return 'open to all?';
  }

  @Public()
  @Get('numbers/:n')
  number(@Param('n', ParseIntPipe) n: number) {
    return { n };
  }

  @Public()
  @Get('errors/:name')
  error(@Param('name') name: string) {
    throw errors[name]!();
  }

  @Public()
  @Get('broken-stream')
  brokenStream(@Res({ passthrough: true }) response: Response) {
    response.write('begun');
    throw new Error('half way');
  }

  @Public()
  @Get('slow')
  async slow() {
    await new Promise<void>((resolve) => (releaseSlow = resolve));
    return { finished: true };
  }
}

@Module({ controllers: [OffersController] })
class OffersModule {}

const clock = { nowMs: () => Date.parse('2026-03-17T10:00:00Z') };
const realm = { issuer: 'https://flexledger.test', audience: 'flexledger', clock };
const logged: string[] = [];
let chainIsThere = true;
let options: HttpAppOptions;
let http: HttpApp;
let issuer: TokenIssuer;

const aggregator = { client_id: 'aggregator-AGG1', client_secret: 'open sesame: %' };

beforeAll(async () => {
  const client = {
    clientId: aggregator.client_id,
    actor: 'aggregator:AGG1',
    scopes: ['offers:write', 'results:read'] as const,
    secretHash: await hashClientSecret(aggregator.client_secret),
  };
  issuer = createTokenIssuer({ ...realm, key: await newTokenKey(), clients: [client] });
  options = {
    title: 'Offers',
    description: 'Takes offers.',
    port: 0,
    access: { issuer, verify: createTokenVerifier({ ...realm, keys: issuer.jwks() }) },
    readiness: [
      { name: 'log', check: async () => {} },
      {
        name: 'chain',
        check: async () => {
          if (!chainIsThere) throw new Error('no answer from the node');
        },
      },
    ],
    log: (line) => logged.push(line),
  };
  http = await createHttpApp(OffersModule, options);
});
afterAll(() => http.close());
beforeEach(() => {
  logged.length = 0;
});

const api = () => request(http.url);
const tokenFor = async (scope?: string): Promise<string> =>
  (
    await issuer.issue({
      clientId: aggregator.client_id,
      clientSecret: aggregator.client_secret,
      scope,
    })
  ).accessToken;
const bid = { direction: 'up', offers: [{ offerId: 'o1', quantityW: 500 }] };
const offers = '/api/v1/aggregators/AGG1/offers';

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
    await api().post(offers).auth(body.access_token, { type: 'bearer' }).send(bid).expect(201);
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
    const answer = await post(offers);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ by: 'aggregator:AGG1', rows: 1, first: bid.offers[0] });
  });

  it.each([
    ['no token', undefined, 'Bearer realm="flexledger"'],
    ['no bearer', 'Basic YTpi', 'Bearer realm="flexledger"'],
    ['a wrong token', 'Bearer x.y.z', 'Bearer realm="flexledger", error="invalid_token"'],
  ])('answers %s with 401', async (_, authorization, challenge) => {
    const call = api().post(offers).send(bid);
    if (authorization) call.set('Authorization', authorization);
    const answer = await call.expect(401).expect('WWW-Authenticate', challenge);
    expect(answer.type).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ status: 401, code: 'invalid-token', instance: offers });
  });

  it('answers a token without the scope with 403, naming the scope', async () => {
    const answer = await post(offers, 'results:read');
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

describe('bad input', () => {
  const send = async (body: unknown) =>
    api()
      .post(offers)
      .auth(await tokenFor(), { type: 'bearer' })
      .set('Content-Type', 'application/json')
      .send(typeof body === 'string' ? body : JSON.stringify(body));

  it('is answered by field', async () => {
    const answer = await send({
      direction: 'left',
      colour: 'red',
      offers: [bid.offers[0], { offerId: 'o2', quantityW: -1.5 }],
    });
    expect(answer.status).toBe(400);
    expect(answer.type).toBe('application/problem+json');
    expect(answer.body).toMatchObject({
      type: 'urn:problem-type:flexledger:input-malformed',
      title: 'Input malformed',
      code: 'input-malformed',
      instance: offers,
    });
    expect(answer.body.errors).toEqual([
      { field: 'colour', reason: 'should not exist' },
      { field: 'direction', reason: 'must be one of the following values: up, down' },
      { field: 'offers[1].quantityW', reason: 'must not be less than 0' },
      { field: 'offers[1].quantityW', reason: 'must be an integer number' },
    ]);
  });

  it.each([
    ['broken JSON', '{"direction": ', 400, /cannot be read|JSON/],
    ['no object', '[]', 400, /direction/],
    ['nothing', '', 400, /direction/],
  ])('of %s is answered', async (_, body, status, detail) => {
    const answer = await send(body);
    expect(answer.status).toBe(status);
    expect(answer.type).toBe('application/problem+json');
    expect(answer.body.detail).toMatch(detail);
  });

  it('above 2 MiB is refused with the limit, below it is read', async () => {
    const padding = (bytes: number) => ({ ...bid, direction: 'x'.repeat(bytes) });
    const large = await send(padding(2 * 1_024 * 1_024));
    expect(large.status).toBe(413);
    expect(large.body.detail).toContain('2097152 bytes');
    expect((await send(padding(2 * 1_024 * 1_024 - 200))).body.code).toBe('input-malformed');
  });

  it('in a path is answered', async () => {
    const answer = await api().get('/api/v1/numbers/one').expect(400);
    expect(answer.body).toMatchObject({ code: 'bad-request', status: 400 });
    await api().get('/api/v1/numbers/%FF').expect(400);
  });
});

describe('an error', () => {
  const problemOf = async (name: string) => (await api().get(`/api/v1/errors/${name}`)).body;

  it.each([
    ['session-unknown', 404, 'session-unknown'],
    ['gate-closed', 409, 'gate-closed'],
    ['request-malformed', 400, 'request-malformed'],
    ['large', 400, 'bid-refused'],
    ['conflict', 409, 'conflict'],
    ['too-large', 413, 'content-too-large'],
    ['http', 409, 'conflict'],
  ])('%s has status %i', async (name, status, code) => {
    const answer = await api().get(`/api/v1/errors/${name}?secret=1`).expect(status);
    expect(answer.type).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ status, code, instance: `/api/v1/errors/${name}` });
    expect(logged).toEqual([]);
  });

  it('of the rules carries its violations, a hundred at most', async () => {
    expect((await problemOf('request-malformed')).errors).toEqual([
      { field: 'quantityW[3]', reason: 'must be a whole number' },
    ]);
    expect((await problemOf('large')).errors).toHaveLength(100);
  });

  it.each(['bug', 'text'])('nobody foresaw (%s) tells nothing but a reference', async (name) => {
    const answer = await api().get(`/api/v1/errors/${name}`).expect(500);
    expect(JSON.stringify(answer.body)).not.toContain('hunter2');
    const [line] = logged.map((text) => JSON.parse(text) as Record<string, string>);
    expect(line).toMatchObject({ level: 'error', method: 'GET', path: `/api/v1/errors/${name}` });
    expect(line!['error']).toContain('hunter2');
    expect(answer.body.detail).toContain(line!['reference']);
  });

  it('in a stream that has begun cuts it off', async () => {
    await expect(api().get('/api/v1/broken-stream')).rejects.toThrow(/aborted|terminated|hang up/);
    await api().get('/health/live').expect(200);
  });

  it('of a path that does not exist is a problem too', async () => {
    const answer = await api().get('/nowhere').expect(404);
    expect(answer.body).toMatchObject({ code: 'not-found', detail: 'Cannot GET /nowhere' });
  });
});

describe('health', () => {
  afterEach(() => {
    chainIsThere = true;
  });

  it('is live and ready', async () => {
    expect((await api().get('/health/live').expect(200)).body).toEqual({ status: 'ok' });
    expect((await api().get('/health/ready').expect(200)).body).toEqual({
      status: 'ok',
      checks: ['log', 'chain'],
    });
  });

  it('is live but not ready when something is missing, which it names', async () => {
    chainIsThere = false;
    await api().get('/health/live').expect(200);
    const answer = await api().get('/health/ready').expect(503);
    expect(answer.body.detail).toBe('chain: no answer from the node');
  });
});

describe('the documentation', () => {
  it('is an OpenAPI document with routes, scopes and the token address', async () => {
    const { body } = await api().get('/api/docs-json').expect(200);
    expect(body.openapi).toMatch(/^3\./);
    expect(body.info).toMatchObject({ title: 'Offers', description: 'Takes offers.' });
    expect(body.paths['/api/v1/aggregators/{id}/offers'].post).toMatchObject({
      security: [{ oauth2: ['offers:write'] }],
      responses: { 401: expect.anything(), 403: expect.anything() },
    });
    const { clientCredentials } = body.components.securitySchemes.oauth2.flows;
    expect(clientCredentials.tokenUrl).toBe('/oauth/token');
    expect(clientCredentials.scopes).toHaveProperty('offers:write');
  });

  it('is a page whose every script and style comes from this server', async () => {
    const { text } = await api().get('/api/docs').expect(200).expect('Content-Type', /html/);
    const loaded = [...text.matchAll(/(?:src|href)=["']([^"'#]+)["']/g)].map((match) => match[1]!);
    expect(loaded.length).toBeGreaterThan(3);
    for (const address of loaded.filter((link) => !link.startsWith('data:'))) {
      const { pathname, origin } = new URL(address, `${http.url}/api/docs`);
      expect(origin).toBe(http.url);
      await api().get(pathname).expect(200);
    }
  });
});

describe('the server', () => {
  it('sends security headers and does not say what it runs on', async () => {
    const { headers } = await api().get('/health/live');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringContaining("default-src 'self'"),
    });
    expect(headers).not.toHaveProperty('x-powered-by');
  });

  it('names a port that is taken and the remedy', async () => {
    const other: Server = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(createHttpApp(OffersModule, { ...options, port })).rejects.toThrow(
      `Port ${port} at 127.0.0.1 is taken; choose another with --port N.`,
    );
    await new Promise((resolve) => other.close(resolve));
  });

  it('speaks plain text on loopback only', async () => {
    await expect(createHttpApp(OffersModule, { ...options, host: '0.0.0.0' })).rejects.toThrow(
      'Plain HTTP at 0.0.0.0 would leave this machine',
    );
  });

  it('closes once when it is told to end', () => {
    const close = jest.fn(() => Promise.resolve());
    const listeners = process.listenerCount('SIGINT');
    closeOnSignal(close);
    process.emit('SIGTERM');
    process.emit('SIGTERM');
    expect(close).toHaveBeenCalledTimes(1);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
  });

  it('lets a request under way finish when it closes, and takes no new one', async () => {
    const second = await createHttpApp(OffersModule, options);
    const underWay = request(second.url).get('/api/v1/slow').then();
    releaseSlow = () => {};
    const waiting = releaseSlow;
    while (releaseSlow === waiting) await new Promise((resolve) => setImmediate(resolve));
    const closing = second.close();
    await expect(request(second.url).get('/health/live')).rejects.toThrow(/ECONNREFUSED/);
    releaseSlow();
    expect((await underWay).body).toEqual({ finished: true });
    await closing;
  });
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
(hasOpenssl ? describe : describe.skip)(
  'with a certificate (made by openssl, if installed)',
  () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'tls-'));
      const files = [
        '-keyout',
        path.join(folder, 'key.pem'),
        '-out',
        path.join(folder, 'cert.pem'),
      ];
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
      const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
      execFileSync('openssl', ['req', '-x509', ...kind, ...files, ...subject], { stdio: 'ignore' });
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it('the server speaks TLS, and tells browsers to stay with it', async () => {
      const [key, cert] = ['key.pem', 'cert.pem'].map((file) =>
        readFileSync(path.join(folder, file), 'utf8'),
      );
      const secure = await createHttpApp(OffersModule, {
        ...options,
        host: '0.0.0.0',
        tls: { key: key!, cert: cert! },
      });
      const { port } = new URL(secure.url);
      expect(secure.url).toMatch(/^https:/);
      await request(`https://127.0.0.1:${port}`)
        .get('/health/live')
        .ca(cert!)
        .expect(200)
        .expect('Strict-Transport-Security', /max-age/);
      await secure.close();
    });
  },
);
