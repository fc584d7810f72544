/**
 * Platforms in processes of their own on one data folder, run by the command line: two instances of one
 * platform, one killed; a stopped process that holds the log; events that this release cannot read.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { logFile, openSqliteEventStore } from '@flexledger/event-store';
import { sleep, wallClock } from '@flexledger/runtime';
import { STREAM_LIMITS, repositoryRoot } from '@flexledger/service-kit';
import request from 'supertest';
import { type BuiltCli, type Running, buildCli } from './command-line/built-cli';
import { type CallAs, callAs, tokenOf } from './testing/http-client';
import { type Prometheus, isPrometheusHere, startPrometheus } from './testing/prometheus';
import { roundRobin } from './testing/round-robin';

interface Processor {
  readonly name: string;
  readonly owner: string | null;
  readonly status: string;
  readonly halt?: { readonly eventId: string };
}

interface Instance {
  readonly running: Running;
  readonly url: string;
  readonly as: CallAs;
}

let cli: BuiltCli;
let folder: string;
let dataDir: string;
/** Who gives the tokens that all of them take. */
let identity: Instance | undefined;
let one: Instance;
let two: Instance;
/** Watches all three, where there is one on this machine. */
let prometheus: Prometheus | undefined;

function run(platform: string, instance: string, ...more: string[]): Running {
  const names = ['--only', platform, '--instance', instance];
  return cli.start('up', ...names, '--data', dataDir, '--port', '0', ...more);
}

async function instanceOf(running: Running): Promise<Instance> {
  const url = await running.url;
  return { running, url, as: callAs(url, dataDir, identity?.url ?? url) };
}

const start = (...names: Parameters<typeof run>): Promise<Instance> => instanceOf(run(...names));

const startCustomers = (instance: string): Promise<Instance> =>
  start('shared-customer-database', instance);

beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-apart-'));
  dataDir = path.join(folder, 'data');
  // At once, on a folder that none has made.
  const began = ['one', 'two'].map((name) => run('shared-customer-database', name));
  identity = await start('identity-provider', 'identity');
  [one, two] = (await Promise.all(began.map(instanceOf))) as [Instance, Instance];
}, 90_000);
afterAll(async () => {
  await prometheus?.close();
  cli.remove();
  rmSync(folder, { recursive: true, maxRetries: 10, retryDelay: 100 });
});

/** Asks until it is so; the test's own time is the limit. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(100);
}

async function processorsOf({ as }: Instance): Promise<readonly Processor[]> {
  const answer = await as('operator').get('/api/v1/processors');
  expect([answer.status, answer.body]).toEqual([200, { items: expect.any(Array) }]);
  return (answer.body as { items: Processor[] }).items;
}

const pod = (number: number) => ({
  podId: `IT002E6${String(number).padStart(7, '0')}`,
  aggregatorId: 'AGG1',
  customerKind: 'household',
  contractedPowerW: 3_000,
  annualEnergyKwh: 2_700,
  pvPeakW: 0,
  wallet: '0x00000000000000000000000000000000000000aa',
});

const register = ({ as }: Instance, number: number) =>
  as('aggregator:AGG1').post('/api/v1/pods', pod(number), { 'Idempotency-Key': `pod ${number}` });
const read = ({ as }: Instance, number: number) =>
  as('aggregator:AGG1').get(`/api/v1/pods/${pod(number).podId}`);

describe('two instances of one platform', () => {
  it('read what was written through either', async () => {
    expect((await register(one, 1)).status).toBe(201);
    expect((await read(two, 1)).status).toBe(200);
    expect((await register(two, 2)).status).toBe(201);
    expect((await read(one, 2)).status).toBe(200);
  }, 30_000);

  it('know a command that comes to both at the same moment as one', async () => {
    const answers = await Promise.all([one, two, one, two].map((each) => register(each, 3)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    for (const { body } of answers) expect(body).toEqual(answers[0]!.body);
    const other = { ...pod(3), contractedPowerW: 6_000 };
    const call = two.as('aggregator:AGG1');
    const reused = await call.post('/api/v1/pods', other, { 'Idempotency-Key': 'pod 3' });
    expect([reused.status, reused.body.code]).toEqual([422, 'idempotency-key-reused']);
  }, 30_000);

  it('behind one address are as one: who is signed in, what is written, what a reader may keep', async () => {
    const balancer = await roundRobin([one.url, two.url]);
    try {
      const as = callAs(balancer.url, dataDir, identity!.url);
      const path = `/api/v1/pods/${pod(6).podId}`;
      // Each call has a connection of its own, so that every second one meets the other instance.
      const twice = async (call: () => Promise<request.Response>) => [await call(), await call()];
      const anonymous = await twice(() =>
        request(balancer.url)
          .get(path)
          .then((answer) => answer),
      );
      expect(anonymous.map(({ status }) => status)).toEqual([401, 401]);
      const key = { 'Idempotency-Key': 'pod 6' };
      const registered = await twice(
        async () =>
          (await as('aggregator:AGG1').post(
            '/api/v1/pods',
            pod(6),
            key,
          )) as unknown as request.Response,
      );
      expect(registered.map(({ status }) => status)).toEqual([201, 201]);
      expect(registered[1]!.body).toEqual(registered[0]!.body);
      const readOnce = async () =>
        (await as('aggregator:AGG1').get(path)) as unknown as request.Response;
      const found = await twice(readOnce);
      expect(found.map(({ status }) => status)).toEqual([200, 200]);
      expect(found[1]!.body).toEqual(found[0]!.body);
      const { etag } = found[0]!.headers as Record<string, string>;
      const token = found[0]!.request as unknown as { header: Record<string, string> };
      const { Authorization: authorization } = token.header;
      // Not by fetch, which says no-cache beside a tag.
      const again = async (): Promise<number> => {
        const conditional = { authorization: authorization!, 'if-none-match': etag! };
        return (await request(balancer.url).get(path).set(conditional)).status;
      };
      expect([await again(), await again()]).toEqual([304, 304]);
      expect((await register(one, 7)).status).toBe(201);
      expect([await again(), await again()]).toEqual([200, 200]);
      const [first, second] = balancer.given as [number, number];
      expect(Math.abs(first - second)).toBeLessThanOrEqual(1);
      expect(first).toBeGreaterThan(3);
    } finally {
      await balancer.close();
    }
  }, 60_000);

  it('count the event streams that a client has open together', async () => {
    const token = await tokenOf(identity!.url, dataDir, 'aggregator:AGG1');
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${token}` };
    const open = async ({ url }: Instance) => {
      const gone = new AbortController();
      const { signal } = gone;
      const { status } = await fetch(`${url}/api/v1/events`, { headers, signal });
      return { status, close: () => gone.abort() };
    };
    const { perClient } = STREAM_LIMITS;
    const opened = [];
    for (let n = 0; n < perClient; n += 1) opened.push(await open(n % 2 === 0 ? one : two));
    expect(opened.map(({ status }) => status)).toEqual(new Array(perClient).fill(200));
    expect((await open(one)).status).toBe(429);
    expect((await open(two)).status).toBe(429);
    // What one of them gives free the other has.
    opened[0]!.close();
    await until(async () => {
      const again = await open(two);
      if (again.status === 200) opened[0] = again;
      return again.status === 200;
    });
    expect((await open(one)).status).toBe(429);
    for (const { close } of opened) close();
  }, 60_000);

  const withPrometheus = isPrometheusHere ? it : it.skip;
  withPrometheus(
    'are watched by one Prometheus, with whoever gives them tokens',
    async () => {
      const urls = [one, two, identity!].map(({ url }) => url);
      const watching = await startPrometheus(urls, identity!.url, dataDir);
      prometheus = watching;
      await until(async () => (await watching.ask('up')).join() === '1,1,1');
      const heads = await watching.ask('flexledger_log_head');
      expect(heads).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
      expect(await watching.ask('min by (instance) (flexledger_ready)')).toEqual([1, 1, 1]);
      expect(await watching.alerts()).not.toContain('InstanceDown');
    },
    60_000,
  );

  it('one of them works, and the other goes on with it when that is killed', async () => {
    await until(async () => (await processorsOf(one))[0]!.owner !== null);
    const [{ owner }] = (await processorsOf(one)) as [Processor];
    const [active, standBy] = owner === 'one' ? [one, two] : [two, one];
    expect((await processorsOf(active))[0]).toMatchObject({ owner, status: 'working' });
    expect((await processorsOf(standBy))[0]).toMatchObject({ owner, status: 'waiting' });
    active.running.kill('SIGKILL');
    await active.running.ended;
    await until(async () => (await processorsOf(standBy))[0]!.status === 'working');
    const watching = prometheus;
    if (watching) {
      await until(async () => (await watching.alerts()).includes('InstanceDown'));
      expect(await watching.ask('up')).toEqual(owner === 'one' ? [0, 1, 1] : [1, 0, 1]);
      await watching.close();
      prometheus = undefined;
    }
    expect((await register(standBy, 4)).status).toBe(201);
    const back = await startCustomers(owner!);
    expect((await processorsOf(back))[0]).toMatchObject({ status: 'waiting' });
    for (const number of [1, 2, 3, 4]) expect((await read(back, number)).status).toBe(200);
    one = back;
    two = standBy;
  }, 60_000);
});

describe('a stopped process that holds the log', () => {
  let holder: ChildProcess;
  afterEach(() => holder.kill('SIGKILL'));

  it('lets others read, and makes them answer 503 until it goes on', async () => {
    const script =
      "const log = new (require('libsql'))(process.argv[1]);" +
      "log.exec('BEGIN IMMEDIATE'); console.log('held'); setInterval(() => {}, 1000);";
    holder = spawn(process.execPath, ['-e', script, logFile(dataDir)], {
      cwd: repositoryRoot(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => holder.stdout!.once('data', resolve));
    holder.kill('SIGSTOP');
    const refused = await register(two, 5);
    expect([refused.status, refused.body.code]).toEqual([503, 'log-busy']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await read(two, 4)).status).toBe(200);
    expect((await read(two, 5)).status).toBe(404);
    // The end of the process reaches it once it runs again.
    holder.kill('SIGTERM');
    holder.kill('SIGCONT');
    await until(async () => (await register(two, 5)).status === 201);
    expect((await read(one, 5)).status).toBe(200);
  }, 60_000);
});

describe('an event that this release cannot read', () => {
  let dso: Instance;
  const ids = ['99999999-0000-4000-8000-000000000001', '99999999-0000-4000-8000-000000000002'];

  async function append(id: string, type: string, schemaVersion: number): Promise<void> {
    const store = openSqliteEventStore({ path: logFile(dataDir), clock: wallClock });
    const occurredAt = '2026-03-17T10:00:00.000Z';
    const context = { correlationId: id, causationId: id, actor: 'operator' };
    const data = { unheardOf: true };
    const event = { id, type, schemaVersion, occurredAt, ...context, data };
    await store.append(`strange-${id}`, 'any', [event]);
    await store.close();
  }

  const haltedAt = async (): Promise<readonly string[]> =>
    (await processorsOf(dso)).flatMap(({ halt }) => (halt ? [halt.eventId] : []));

  beforeAll(async () => {
    const config = path.join(folder, 'dso.json');
    writeFileSync(config, JSON.stringify({ addresses: { 'shared-customer-database': one.url } }));
    dso = await start('dso-technical-platform', 'dso', '--config', config);
  }, 30_000);

  const newer = { type: 'PodRegistered', version: 99, by: 'dso/location', why: 'of version 99' };
  const other = { type: 'SessionScheduled', version: 1, by: 'dso/requests', why: 'View sessions' };

  it.each([
    ['of a newer version', ids[0]!, newer],
    ['of an unknown shape', ids[1]!, other],
  ])(
    '%s halts who wants it and nobody else, until an operator skips it',
    async (_, eventId, { type, version, by: processor, why: reason }) => {
      await append(eventId, type, version);
      await until(async () => (await haltedAt()).includes(eventId));
      const { body, status } = await request(dso.url).get('/health/ready');
      expect([status, body.detail]).toEqual([503, expect.stringContaining(processor)]);
      expect(body.detail).toContain(eventId);
      expect(body.detail).toContain(reason);
      for (const { name, halt } of await processorsOf(dso)) {
        expect([name, halt !== undefined]).toEqual([name, name === processor]);
      }
      const skip = { processor, eventId, reason: 'written by a trial' };
      const skipped = await dso.as('operator').post('/api/v1/processors/skips', skip);
      expect(skipped.status).toBe(200);
      await until(async () => (await haltedAt()).length === 0);
    },
    90_000,
  );

  it('is behind it after a restart too, and all end when they are told to', async () => {
    const all = [one, two, dso, identity!];
    for (const { running } of all) running.kill('SIGTERM');
    for (const { running } of all) expect((await running.ended).code).toBe(0);
    identity = await start('identity-provider', 'identity');
    dso = await start('dso-technical-platform', 'dso');
    // All its own; the processor that all platforms share, webhooks, may be another's.
    const isAtWork = ({ name, owner, status }: Processor): boolean =>
      status === 'working' || (name === 'webhooks' && owner === 'identity');
    await until(async () => (await processorsOf(dso)).every(isAtWork));
    expect(await haltedAt()).toEqual([]);
    identity.running.kill('SIGTERM');
    dso.running.kill('SIGTERM');
    expect((await dso.running.ended).stderr).not.toContain('begins again');
  }, 60_000);
});
