/** A process of one platform, in real time: what it opened is closed again, however its life goes. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PartialConfig, ServedPlatform } from '@flexledger/composer';
import { runIdentityProvider } from './serve-identity-provider';

let dataDir: string;
let stop: AbortController;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'run-platform-'));
  stop = new AbortController();
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const run = (onReady: (served: ServedPlatform) => void, flags: PartialConfig = {}) =>
  runIdentityProvider(dataDir, stop.signal, onReady, flags);

/** Served until `speak` is done. */
async function whileServed(
  speak: (served: ServedPlatform) => Promise<void>,
  flags: PartialConfig = {},
): Promise<void> {
  let spoken: Promise<void> | undefined;
  await run((served) => {
    spoken = speak(served).finally(() => stop.abort());
  }, flags);
  await spoken;
}

async function listenAt(port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const taken = (server.address() as AddressInfo).port;
  await new Promise((resolve) => server.close(resolve));
  return taken;
}

it('leaves its file as long as it serves', async () => {
  const file = path.join(dataDir, 'instance-one.json');
  await whileServed(async ({ url }) => {
    expect(existsSync(file)).toBe(true);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });
  expect(existsSync(file)).toBe(false);
});

it('gives its port free when it cannot leave its file', async () => {
  const port = await listenAt(0);
  mkdirSync(path.join(dataDir, 'instance-one.json'));
  await expect(run(() => undefined, { http: { port } })).rejects.toThrow('EISDIR');
  expect(await listenAt(port)).toBe(port);
});

it('gives all free when what it tells of itself fails', async () => {
  const port = await listenAt(0);
  const failing = run(
    () => {
      throw new Error('nobody listens');
    },
    { http: { port } },
  );
  await expect(failing).rejects.toThrow('nobody listens');
  expect(await listenAt(port)).toBe(port);
  expect(readdirSync(dataDir).filter((name) => name.startsWith('instance-'))).toEqual([]);
});

it('tells again where the first password waits when a start failed at its port', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await expect(run(() => undefined, { http: { port } })).rejects.toThrow('is taken');
  await new Promise((resolve) => server.close(resolve));
  await whileServed(async ({ accounts }) => {
    const { passwordFile } = accounts!.administrator!;
    expect([passwordFile, existsSync(passwordFile)]).toEqual([
      path.join(dataDir, 'admin-password.json'),
      true,
    ]);
  });
});

describe('who guesses is slowed by the address', () => {
  /** Six wrong secrets, forwarded for one address, then one for another. */
  async function guesses(url: string): Promise<number[]> {
    const statuses: number[] = [];
    for (const address of [...Array<string>(6).fill('192.0.2.1'), '192.0.2.2']) {
      const answer = await fetch(`${url}/oauth/token`, {
        method: 'POST',
        headers: { 'x-forwarded-for': address },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: 'dso',
          client_secret: 'guess',
        }),
      });
      statuses.push(answer.status);
    }
    return statuses;
  }

  it('that a proxy of this machine names, where one stands before it', () =>
    whileServed(
      async ({ url }) => {
        expect(await guesses(url)).toEqual([401, 401, 401, 401, 401, 429, 401]);
      },
      { identity: { publicUrl: 'https://market.example' } },
    ));

  it('of the connection, where none does: a header can be made up', () =>
    whileServed(async ({ url }) => {
      expect(await guesses(url)).toEqual([401, 401, 401, 401, 401, 429, 429]);
    }));
});
