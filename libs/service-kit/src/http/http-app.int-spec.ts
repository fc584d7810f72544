/** An app behind the kit, over real sockets: what a caller sees when things go well and when not. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from 'node:tls';
import { VirtualClock, wallClock } from '@flexledger/runtime';
import request from 'supertest';
import {
  OffersModule,
  type Trial,
  bid,
  offersPath,
  prepareTrial,
  slow,
} from '../testing/trial-app';
import { type CertificateFiles, readCertificate, watchCertificate } from '../tls/certificate-files';
import { type HttpApp, closeOnSignal, createHttpApp } from './http-app';

let trial: Trial;
let http: HttpApp;
beforeAll(async () => {
  trial = await prepareTrial();
  http = await createHttpApp(OffersModule, trial.options);
});
afterAll(() => http.close());
beforeEach(() => {
  trial.logged.length = 0;
});

const api = () => request(http.url);
const tokenFor = (): Promise<string> => trial.tokenFor();

describe('bad input', () => {
  const send = async (body: unknown) =>
    api()
      .post(offersPath)
      .auth(await tokenFor(), { type: 'bearer' })
      .set('Content-Type', 'application/json')
      .send(typeof body === 'string' ? body : JSON.stringify(body));

  it.each([
    ['half a surrogate pair', { ...bid, direction: 'up\ud800' }],
    ['NUL', { ...bid, offers: [{ ...bid.offers[0], offerId: 'o\u0000' }] }],
    ['half a pair as a name', { ...bid, 'x\udc00': 1 }],
  ])('with %s is refused before anything is done with it', async (_, body) => {
    const answer = await send(body);
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toContain('holds NUL or half a surrogate pair');
  });

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
      instance: offersPath,
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
    [
      'names without end',
      `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join(',')}}`,
      400,
      /100000 members, more than 10000/,
    ],
    ['depth without end', '['.repeat(90_000) + ']'.repeat(90_000), 400, /deeper than 100 levels/],
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

describe('a command', () => {
  const send = async (key?: string) =>
    api()
      .post(offersPath)
      .auth(await tokenFor(), { type: 'bearer' })
      .set(key === undefined ? {} : { 'Idempotency-Key': key })
      .send(bid);

  it('is known again by its key, and by what it asks without one', async () => {
    const idOf = async (key?: string) =>
      ((await send(key)).body as { commandId: string }).commandId;
    expect(await idOf('k1')).toBe(await idOf('k1'));
    expect(await idOf()).toBe(await idOf());
    expect(await idOf('k2')).not.toBe(await idOf('k1'));
  });

  it('under a key tells what is asked, so that a key is not used for something else', async () => {
    const contentOf = async (key?: string) =>
      ((await send(key)).body as { content?: string }).content;
    expect(await contentOf('k1')).toMatch(/^[0-9a-f]{64}$/);
    expect(await contentOf()).toBeUndefined();
  });

  it("on another's things is refused, naming who and what", async () => {
    const answer = await api()
      .post(offersPath.replace('AGG1', 'AGG2'))
      .auth(await tokenFor(), { type: 'bearer' })
      .send(bid)
      .expect(403);
    expect(answer.body.detail).toBe('aggregator:AGG1 has no right to offers:write of AGG2.');
  });
});

describe('a query', () => {
  const ask = async (id: string, known?: string) =>
    api()
      .get(`/api/v1/aggregators/${id}/results`)
      .auth(await tokenFor(), { type: 'bearer' })
      .set(known === undefined ? {} : { 'If-None-Match': known });

  it('waits for the views, and is answered with the version of the log', async () => {
    const before = trial.waits;
    const answer = await ask('AGG1');
    expect(answer.body).toEqual({ of: 'AGG1' });
    expect(answer.headers['etag']).toBe('W/"log-1"');
    expect(trial.waits).toBe(before + 1);
  });

  it('is not answered again while nothing was written', async () => {
    expect((await ask('AGG1', 'W/"log-1"')).status).toBe(304);
    trial.version = 'log-2';
    expect((await ask('AGG1', 'W/"log-1"')).status).toBe(200);
    trial.version = 'log-1';
  });

  it("for another's things is refused", async () => {
    expect((await ask('AGG2')).status).toBe(403);
  });

  it('that depends on more than the log has no version', async () => {
    const answer = await api().get('/health/live').set('If-None-Match', 'W/"log-1"').expect(200);
    expect(answer.headers['etag']).not.toBe('W/"log-1"');
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
    expect(trial.logged).toEqual([]);
  });

  it('of a key used for something else names the key and says what to do', async () => {
    const answer = await api()
      .get('/api/v1/errors/key-reused')
      .set('Idempotency-Key', 'k "1"')
      .expect(422);
    expect(answer.body).toMatchObject({ status: 422, code: 'idempotency-key-reused' });
    expect(answer.body.detail).toContain('The Idempotency-Key "k \\"1\\"" was used');
    expect(answer.body.detail).toContain('under a new key');
    expect(trial.logged).toEqual([]);
  });

  it.each([
    ['of a log that is held up', 'log-busy', 'log-busy', '/srv/events.sqlite'],
    ['of a disk that is full', 'disk-full', 'storage-unwritable', 'disk is full'],
    ['of an issuer that is down', 'no-issuer', 'issuer-unavailable', '10.0.0.2/secret'],
    ['of a platform that is down', 'unavailable', 'platform-unavailable', '10.0.0.1/secret'],
  ])('%s says when to ask again, and tells the operator where', async (_, name, code, where) => {
    const answer = await api().get(`/api/v1/errors/${name}`).expect(503);
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    expect(answer.body).toMatchObject({ status: 503, code });
    expect(JSON.stringify(answer.body)).not.toContain(where);
    expect(trial.logged[0]).toContain(where);
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
    const [line] = trial.logged.map((text) => JSON.parse(text) as Record<string, string>);
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

describe('a method that a path does not have', () => {
  it.each([
    ['DELETE', '/health/live', 'GET, HEAD'],
    ['PUT', offersPath, 'POST'],
    ['GET', offersPath, 'POST'],
    ['POST', '/api/docs/openapi.json', 'GET, HEAD'],
  ])('%s %s is answered with those it has', async (method, path, allowed) => {
    const answer = await request(http.url)[method.toLowerCase() as 'get'](path).expect(405);
    expect(answer.headers['allow']).toBe(allowed);
    expect(answer.type).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ status: 405, code: 'method-not-allowed' });
  });

  it('is none where there is no such path, nor where a thing is unknown', async () => {
    await api().delete('/nowhere').expect(404);
    await api().get('/%E0%A4%A').expect(404);
    await api().get('/api/v1/errors/session-unknown').expect(404);
  });
});

describe('a request to another host', () => {
  const to = (host: string, url = http.url) => request(url).get('/health/live').set('Host', host);

  it.each(['evil.example', 'evil.example:8080', '127.0.0.1.evil.example', '10.0.0.1'])(
    '%s is refused where this machine alone is served',
    async (host) => {
      const { body } = await to(host).expect(421);
      expect(body).toMatchObject({ status: 421, code: 'misdirected-request' });
    },
  );

  it.each(['localhost', 'LOCALHOST:8080', '127.0.0.1:1', '[::1]:8080'])(
    '%s is ours',
    async (host) => void (await to(host).expect(200)),
  );

  it('is taken where a proxy is named by it', async () => {
    const publicUrl = 'https://market.example';
    const proxied = await createHttpApp(OffersModule, { ...trial.options, publicUrl });
    await to('market.example', proxied.url).expect(200);
    await to('evil.example', proxied.url).expect(421);
    await proxied.close();
  });
});

describe('health', () => {
  afterEach(() => {
    trial.chainIsThere = true;
  });

  it('is live and ready', async () => {
    const { body } = await api().get('/health/live').expect(200);
    expect(body).toEqual({ status: 'ok', at: expect.any(String) });
    // By which whoever measures sees whether his own clock is right.
    expect(Math.abs(Date.parse(body.at) - wallClock.nowMs())).toBeLessThan(60_000);
    expect((await api().get('/health/ready').expect(200)).body).toEqual({
      status: 'ok',
      checks: ['log', 'chain'],
    });
  });

  it('is live but not ready when something is missing, which it names', async () => {
    trial.chainIsThere = false;
    await api().get('/health/live').expect(200);
    const answer = await api().get('/health/ready').expect(503);
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    expect(answer.body.detail).toBe('chain: no answer from the node');
  });
});

describe('the documentation', () => {
  it('is an OpenAPI document with routes, scopes and the token address', async () => {
    const { body } = await api().get('/api/docs/openapi.json').expect(200);
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

describe('the schemas', () => {
  it('are listed, and each that is listed is served to anyone', async () => {
    const { body } = await api().get('/schemas').expect(200).expect('Content-Type', /json/);
    expect(Object.keys(body)).toEqual(['events', 'files']);
    expect(body.events).toHaveProperty('MarketCleared');
    expect(body.files).toEqual(expect.arrayContaining(['configuration', 'network', 'costs']));
    const events = Object.entries(body.events as Record<string, number[]>).map(
      ([type, versions]) => `${type}/${versions.at(-1)}`,
    );
    for (const name of [...events, ...body.files.map((file: string) => `files/${file}`)]) {
      const answer = await api().get(`/schemas/${name}.json`).expect(200);
      expect(answer.type).toBe('application/schema+json');
      expect(answer.headers['cache-control']).toBe('public, max-age=3600');
      expect((answer.body as { $schema: string }).$schema).toContain('2020-12');
    }
  });

  it.each([
    'files/nothing',
    'files/constructor',
    'files/..%2Fevent-schemas',
    'weather/1',
    'MarketCleared/constructor',
  ])('that are none are not there: %s', (name) => api().get(`/schemas/${name}.json`).expect(404));
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
    await expect(createHttpApp(OffersModule, { ...trial.options, port })).rejects.toThrow(
      `Port ${port} at 127.0.0.1 is taken; choose another with --port N.`,
    );
    await new Promise((resolve) => other.close(resolve));
  });

  it('speaks plain text on loopback only', async () => {
    await expect(
      createHttpApp(OffersModule, { ...trial.options, host: '0.0.0.0' }),
    ).rejects.toThrow('Plain HTTP at 0.0.0.0 would leave this machine');
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
    const second = await createHttpApp(OffersModule, trial.options);
    const underWay = request(second.url).get('/api/v1/slow').then();
    while (!slow.release) await new Promise((resolve) => setImmediate(resolve));
    const closing = second.close();
    await expect(request(second.url).get('/health/live')).rejects.toThrow(/ECONNREFUSED/);
    slow.release();
    expect((await underWay).body).toEqual({ finished: true });
    await closing;
  });
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
(hasOpenssl ? describe : describe.skip)(
  'with a certificate (made by openssl, if installed)',
  () => {
    let folder: string;
    let files: CertificateFiles;
    beforeEach(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'tls-'));
      files = {
        keyFile: path.join(folder, 'key.pem'),
        certificateFile: path.join(folder, 'cert.pem'),
      };
      makeCertificate(files, 'first');
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    const secureTrial = () => ({
      ...trial.options,
      host: '0.0.0.0',
      tls: readCertificate(files),
    });
    /** Name in the certificate that a new connection is shown. */
    const shownTo = (port: number): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
          resolve(String(socket.getPeerCertificate().subject.CN));
          socket.destroy();
        });
        socket.once('error', reject);
      });

    it('the server speaks TLS, and tells browsers to stay with it', async () => {
      const secure = await createHttpApp(OffersModule, secureTrial());
      const { port } = new URL(secure.url);
      expect(secure.url).toMatch(/^https:/);
      await request(`https://127.0.0.1:${port}`)
        .get('/health/live')
        .ca(secureTrial().tls.cert)
        .expect(200)
        .expect('Strict-Transport-Security', /max-age/);
      await secure.close();
    });

    it('a renewed one is shown to the next connection, without a restart', async () => {
      const clock = new VirtualClock(Date.parse('2026-03-17T10:00:00Z'));
      const problems: string[] = [];
      const watched = watchCertificate(files, {
        clock,
        timers: clock,
        onProblem: (problem) => problems.push(problem),
      });
      const secure = await createHttpApp(OffersModule, secureTrial());
      watched.onRenewed((renewed) => secure.renewCertificate(renewed));
      const port = Number(new URL(secure.url).port);
      expect(await shownTo(port)).toBe('first');

      writeFileSync(files.certificateFile, '-----BEGIN CERT');
      await clock.advanceTo(clock.nowMs() + 30_000);
      expect(await shownTo(port)).toBe('first');
      expect(problems).toEqual([
        `${files.certificateFile} holds no certificate in PEM form; name another file. ` +
          'The certificate from before stays in use.',
      ]);

      makeCertificate(files, 'second');
      await clock.advanceTo(clock.nowMs() + 10_000);
      expect(await shownTo(port)).toBe('second');
      watched.close();
      await secure.close();
    });

    it('a key of another certificate is refused, naming both', () => {
      makeCertificate({ ...files, certificateFile: path.join(folder, 'other.pem') }, 'other');
      expect(() => readCertificate(files)).toThrow(
        `The key in ${files.keyFile} is not that of the certificate in ${files.certificateFile}`,
      );
    });

    it('an end that is near is told once', async () => {
      const clock = new VirtualClock(Date.now());
      const problems: string[] = [];
      const onProblem = (problem: string): void => void problems.push(problem);
      const watched = watchCertificate(files, { clock, timers: clock, onProblem });
      await clock.advanceTo(clock.nowMs() + 60_000);
      watched.close();
      expect(problems).toEqual([expect.stringMatching(/cert\.pem ends on .*; renew it\.$/)]);
    });
  },
);

/** A self-signed certificate of two days with its key. */
function makeCertificate({ keyFile, certificateFile }: CertificateFiles, name: string): void {
  const made = ['-keyout', keyFile, '-out', certificateFile];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...made, ...subject], { stdio: 'ignore' });
}
