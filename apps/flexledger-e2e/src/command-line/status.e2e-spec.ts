/** How instances are told to be: what is so, what is not told to everybody, and what failed. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { wallClock } from '@flexledger/runtime';
import { logFile, openSqliteEventStore } from '@flexledger/event-store';
import { runIdentityProvider, serveIdentityProvider } from './serve-identity-provider';
import { type InstanceStatus, asking } from '@flexledger/platform-cli';

let folder: string;
let printed = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'status-'));
  printed = '';
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(folder, { recursive: true });
});

/** What the command prints. */
async function told(url?: string): Promise<{ ok: boolean; instances: InstanceStatus[] }> {
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  const { status } = await asking.status();
  await status({ data: folder, json: true, ...(url === undefined ? {} : { url }) });
  return JSON.parse(printed) as { ok: boolean; instances: InstanceStatus[] };
}

it('an instance is told with the position of the log itself', async () => {
  const platform = await serveIdentityProvider(folder);
  const log = openSqliteEventStore({ path: logFile(folder), clock: wallClock, readOnly: true });
  const { ok, instances } = await told();
  expect([ok, process.exitCode]).toEqual([true, undefined]);
  expect(instances).toMatchObject([
    {
      url: platform.url,
      health: { ok: true },
      head: await log.head(),
      processors: expect.any(Array),
      // Those platforms run elsewhere.
      sessions: null,
      certifier: null,
      problems: [],
    },
  ]);
  await log.close();
  await platform.end();
});

it('an instance that waits for its certifier is told to be starting', async () => {
  const stop = new AbortController();
  const flags = { platforms: ['market-platform'] } as const;
  const running = runIdentityProvider(folder, stop.signal, () => undefined, flags);
  const { ok, instances } = await told();
  expect([ok, process.exitCode]).toEqual([false, 1]);
  expect(instances).toMatchObject([
    {
      instance: 'one',
      url: null,
      health: { ok: false, detail: 'starting: nothing is served yet' },
    },
  ]);
  stop.abort();
  await running;
  expect(readdirSync(folder).filter((name) => name.startsWith('instance-'))).toEqual([]);
});

describe('a platform', () => {
  let server: Server;
  let url: string;
  const answers: Record<string, object> = {};
  beforeEach(async () => {
    server = createServer((request, response) => {
      const body = answers[new URL(request.url!, url).pathname];
      response.writeHead(body ? 200 : 503, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? { detail: 'The log is held up.' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const instance = { instance: 'one', version: '1', pid: 1, platforms: [], mqtt: null };
    answers['/api/v1/instance'] = { ...instance, chainId: null, startedAt: 'now', head: 7 };
    answers['/health/ready'] = { status: 'ok', checks: [] };
    answers['/api/v1/processors'] = { items: [] };
    answers['/api/v1/sessions'] = { items: [], next: null };
    answers['/api/v1/status'] = { certification: null };
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('that fails to tell something is not well', async () => {
    delete answers['/api/v1/processors'];
    const { ok, instances } = await told(url);
    expect([ok, process.exitCode]).toEqual([false, 1]);
    expect(instances[0]).toMatchObject({
      processors: null,
      problems: ['processors: The log is held up.'],
    });
  });

  it.each([
    [null, null],
    ['1970-01-01T00:00:00.000Z', expect.any(Number)],
  ])('whose oldest uncovered checkpoint is of %s', async (waitingSince, unanchoredS) => {
    const certification = { checkpoints: 9, anchored: 5, waitingSince };
    answers['/api/v1/status'] = { certification };
    expect((await told(url)).instances[0]!.certifier).toEqual({
      checkpoints: 9,
      anchored: 5,
      unanchoredS,
    });
  });
});
