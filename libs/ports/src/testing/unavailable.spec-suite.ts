/**
 * What every HTTP form of a port owes to whoever calls it while the other platform is in trouble: the
 * call ends, as `PlatformUnavailable`, and never as an answer. A spec imports this file by its path;
 * `index.ts` leaves it out, since it needs Jest.
 */
import { type RequestListener, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type PlatformClient,
  PlatformUnavailable,
  createPlatformClient,
} from '../http/platform-client';

/** @param callsOf every call of the port that has an answer, by name */
export function unavailablePromises(
  name: string,
  callsOf: (client: PlatformClient) => Readonly<Record<string, () => Promise<unknown>>>,
): void {
  const json = (body: string, status = 200): RequestListener => {
    return (request, response) => {
      request.resume();
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    };
  };
  const troubles: Readonly<Record<string, RequestListener>> = {
    'answers no JSON': json('<html>welcome</html>'),
    'answers nothing': json(''),
    'answers something else': json('{"hello":"world"}'),
    'answers null': json('null'),
    'fails inside': json('{"status":500,"code":"internal","detail":"ask its operator"}', 500),
    'does not take the token': json('{"code":"invalid-token","detail":"expired"}', 401),
    'does not let one in': json('{"code":"forbidden","detail":"not yours"}', 403),
    'is asked too much': json('{"code":"too-many-requests","detail":"later"}', 429),
    'refuses without a reason': json('nginx', 404),
    'breaks off': (request) => request.socket.destroy(),
    'answers too late': (request) => void request.resume(),
  };

  describe(`${name}, of a platform that`, () => {
    let server: Server | undefined;
    afterEach(async () => {
      server?.closeAllConnections();
      await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
      server = undefined;
    });

    async function expectUnavailable(port: number, timeoutMs: number): Promise<void> {
      const client = createPlatformClient({
        baseUrl: `http://127.0.0.1:${port}`,
        token: async () => 'any',
        timeoutMs,
      });
      for (const [what, call] of Object.entries(callsOf(client))) {
        const error = await call().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect([what, error]).toEqual([what, expect.any(PlatformUnavailable)]);
      }
    }

    async function listen(listener: RequestListener): Promise<number> {
      server = createServer(listener);
      await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
      return (server.address() as AddressInfo).port;
    }

    it.each(Object.keys(troubles))('%s', async (trouble) => {
      const port = await listen(troubles[trouble]!);
      await expectUnavailable(port, trouble === 'answers too late' ? 100 : 10_000);
    });

    it('is down', async () => {
      const port = await listen(() => undefined);
      await new Promise((resolve) => server!.close(resolve));
      server = undefined;
      await expectUnavailable(port, 10_000);
    });
  });
}
