import { get } from 'node:http';
import { clientIdOf, readClientSecret } from '@flexledger/service-kit';
import request from 'supertest';

/** Calls a served platform as one of its parties. */
export type CallAs = (actor: string) => Calls;

/** Calls of one client. */
export interface Calls {
  get(path: string): Promise<request.Test>;
  post(
    path: string,
    body?: string | object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<request.Test>;
  put(path: string, body: object): Promise<request.Test>;
  delete(path: string): Promise<request.Test>;
}

/**
 * @param dataDir where the parties' secrets stand
 * @param tokensAt where tokens are given, when that is another process
 */
export function callAs(url: string, dataDir: string, tokensAt = url): CallAs {
  return (actor) => callsWith(url, () => tokenOf(tokensAt, dataDir, actor));
}

/** Calls with the credentials of a client, as its owner was told them. */
export function callsOf(url: string, clientId: string, secret: string): Calls {
  return callsWith(url, () => tokenFor(url, clientId, secret));
}

function callsWith(url: string, token: () => Promise<string>): Calls {
  // A new token for every call: the clock of a test may go on by hours between two of them.
  const authorised = async (test: request.Test): Promise<request.Test> =>
    test.auth(await token(), { type: 'bearer' });
  const api = request(url);
  return {
    get: (path) => authorised(api.get(path)),
    post: (path, body = {}, headers = {}) =>
      authorised(api.post(path).type('json').set(headers).send(body)),
    put: (path, body) => authorised(api.put(path).send(body)),
    delete: (path) => authorised(api.delete(path)),
  };
}

/** A token of a party, from the token endpoint. */
export async function tokenOf(url: string, dataDir: string, actor: string): Promise<string> {
  const clientId = clientIdOf(actor);
  return tokenFor(url, clientId, readClientSecret(dataDir, clientId));
}

async function tokenFor(url: string, clientId: string, secret: string): Promise<string> {
  const { body } = await request(url)
    .post('/oauth/token')
    .type('form')
    .send({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret });
  return (body as { access_token: string }).access_token;
}

/** The first server-sent events of a stream, which is left when there are so many. */
export function readFrames(
  url: string,
  headers: Readonly<Record<string, string>>,
  count: number,
): Promise<{ readonly id: number; readonly data: unknown }[]> {
  return new Promise((resolve, reject) => {
    let text = '';
    const call = get(url, { headers: { accept: 'text/event-stream', ...headers } }, (response) => {
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const frames = text.split('\n\n').filter((frame) => frame.startsWith('id: '));
        if (frames.length < count || !text.endsWith('\n\n')) return;
        call.destroy();
        resolve(
          frames.slice(0, count).map((frame) => {
            const [, id, data] = /^id: (\d+)\ndata: (.*)$/.exec(frame)!;
            return { id: Number(id), data: JSON.parse(data!) as unknown };
          }),
        );
      });
    });
    call.on('error', reject);
  });
}
