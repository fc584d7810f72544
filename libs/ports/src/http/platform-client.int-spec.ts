/** The client on real sockets: what a platform that is well, ill or gone is to its caller. */
import { type RequestListener, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DomainError } from '@flexledger/domain';
import { PlatformUnavailable, createPlatformClient, allPages } from './platform-client';

let server: Server | undefined;
let tokens: boolean[];
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
  server = undefined;
});

async function platform(answer: RequestListener, timeoutMs = 10_000) {
  server = createServer(answer);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  tokens = [];
  return createPlatformClient({
    baseUrl: `http://127.0.0.1:${port}`,
    timeoutMs,
    token: async (isStale) => {
      tokens.push(isStale);
      return isStale ? 'fresh' : 'old';
    },
  });
}
const call = { method: 'POST', path: '/api/v1/things', body: { a: 1 } } as const;

it('what is asked arrives, and its answer comes back', async () => {
  const client = await platform((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const { authorization, 'idempotency-key': key } = request.headers;
      response.end(
        JSON.stringify({ asked: [request.method, request.url, body], authorization, key }),
      );
    });
  });
  expect(await client({ ...call, idempotencyKey: 'k' })).toEqual({
    asked: ['POST', '/api/v1/things', '{"a":1}'],
    authorization: 'Bearer old',
    key: 'k',
  });
});

it('rows by the line arrive as such, also where the token is replaced', async () => {
  const client = await platform((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      response.statusCode = request.headers.authorization === 'Bearer fresh' ? 200 : 401;
      response.end(JSON.stringify([request.headers['content-type'], body.split('\n').length]));
    });
  });
  const lines = new Array<object>(2_500).fill({ a: 1 });
  expect(await client({ method: 'POST', path: '/api/v1/things', lines })).toEqual([
    'application/x-ndjson',
    2_501,
  ]);
});

it('a token that is refused is replaced once', async () => {
  const client = await platform((request, response) => {
    response.statusCode = request.headers.authorization === 'Bearer fresh' ? 204 : 401;
    response.end();
  });
  expect(await client(call)).toBeUndefined();
  expect(tokens).toEqual([false, true]);
});

it('a refusal by the rules keeps its code, text and fields', async () => {
  const problem = {
    code: 'gate-closed',
    detail: 'Too late.',
    errors: [{ field: 'a', reason: 'b' }],
  };
  const client = await platform((_, response) => {
    response.statusCode = 409;
    response.end(JSON.stringify(problem));
  });
  const refused: unknown = await client(call).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(DomainError);
  expect(refused).toMatchObject({ code: 'gate-closed', message: 'Too late.' });
  expect((refused as DomainError).violations).toEqual(problem.errors);
});

describe('a platform is unavailable that', () => {
  const text =
    (status: number, body: string): RequestListener =>
    (_, response) => {
      response.statusCode = status;
      response.end(body);
    };
  it.each<[string, RequestListener, RegExp]>([
    ['answers nonsense', text(200, '<html>'), /JSON/],
    ['fails', text(500, '{"code":"internal","detail":"reference 7"}'), /status 500, reference 7/],
    ['is too busy', text(429, '{"code":"too-many","detail":"Wait."}'), /status 429/],
    ['gives no right', text(403, '{"code":"forbidden","detail":"Not yours."}'), /Not yours/],
    ['takes no token', text(401, ''), /status 401/],
    ['refuses without a reason', text(404, 'nothing here'), /status 404/],
    [
      'cuts the answer off',
      (_, response) => {
        response.setHeader('content-length', '100');
        response.write('{"a":');
        setImmediate(() => response.destroy());
      },
      /./,
    ],
    ['hangs up', (request) => void request.socket.destroy(), /./],
    [
      'sends elsewhere',
      (_, response) => {
        response.writeHead(302, { location: '/other' }).end();
      },
      /redirect/,
    ],
    [
      'answers too much',
      (_, response) => {
        response.setHeader('content-length', String(300 * 1_024 * 1_024));
        response.write('[');
      },
      /314572800 bytes is too large/,
    ],
  ])('%s', async (_, answer, reason) => {
    const client = await platform(answer);
    const failed: unknown = await client(call).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(PlatformUnavailable);
    expect((failed as PlatformUnavailable).message).toMatch(/^POST http:.*\/things did not answer/);
    expect((failed as PlatformUnavailable).reason).toMatch(reason);
  });

  it('answers late', async () => {
    const client = await platform(() => {}, 50);
    await expect(client(call)).rejects.toThrow(PlatformUnavailable);
  });

  it('is gone', async () => {
    const client = await platform(() => {});
    await new Promise((resolve) => server!.close(resolve));
    await expect(client(call)).rejects.toThrow(/ECONNREFUSED/);
  });
});

it('all pages of a list are asked for, and one that fails is no short list', async () => {
  const pages: Record<string, object> = {
    first: { items: [1, 2], next: 'second' },
    second: { items: [3], next: null },
  };
  let fails = false;
  const client = await platform((request, response) => {
    const { searchParams } = new URL(request.url!, 'http://platform');
    expect(searchParams.get('of')).toBe('me');
    const cursor = searchParams.get('cursor') ?? 'first';
    if (fails && cursor === 'second') response.statusCode = 503;
    response.end(JSON.stringify(pages[cursor]));
  });
  const list = () => allPages<number>(client, '/api/v1/numbers', { of: 'me' });
  expect(await list()).toEqual([1, 2, 3]);
  fails = true;
  await expect(list()).rejects.toThrow(PlatformUnavailable);
});
