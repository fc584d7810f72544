/**
 * A market's people, from an empty folder on: the administrator makes DSO, TSO, two aggregators with a
 * user each and a customer by the command line while the platform runs; each gets a token and sees its
 * own, and one that is disabled gets none (R2-03, R2-05).
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import request from 'supertest';
import { type BuiltCli, type Running, buildCli } from './built-cli';

let cli: BuiltCli;
let folder: string;
let running: Running;
let url: string;

beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-accounts-'));
  // Nobody of this machine has signed in.
  process.env['XDG_CONFIG_HOME'] = path.join(folder, 'home');
  running = cli.start('up', '--data', path.join(folder, 'data'), '--port', '0', '--mqtt-port', '0');
  url = await running.url;
});
afterAll(() => {
  delete process.env['XDG_CONFIG_HOME'];
  cli.remove();
  rmSync(folder, { recursive: true, maxRetries: 10, retryDelay: 100 });
});

const flexledger = (...args: string[]) =>
  cli.run(...args, '--url', url, '--data', path.join(folder, 'data'));

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await flexledger(...args, '--json');
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Record<string, unknown>;
}

const POD = 'IT002E60000001';
const PARTIES = ['dso', 'tso', 'aggregator:ALFA', 'aggregator:BETA', `customer:${POD}`];
const secrets = new Map<string, string>();
const clientOf = (party: string): string => `own-${party.replace(':', '-')}`;

const tokenAnswer = (party: string) =>
  request(url)
    .post('/oauth/token')
    .type('form')
    .send({
      grant_type: 'client_credentials',
      client_id: clientOf(party),
      client_secret: secrets.get(party),
    });

async function as(party: string, path: string, body?: object) {
  const answer = await tokenAnswer(party);
  expect(answer.status).toBe(200);
  const { access_token: token } = answer.body as { access_token: string };
  const api = request(url);
  const call = body ? api.post(path).send(body) : api.get(path);
  return call.auth(token, { type: 'bearer' });
}

it('the first password waits in a private file where nobody sits at a terminal', async () => {
  const file = path.join(folder, 'data', 'admin-password.json');
  const { userId, password } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  expect([userId, statSync(file).mode & 0o777]).toEqual(['admin', 0o600]);
  expect(password!.length).toBeGreaterThanOrEqual(12);
  // As whoever takes it is told to; no later start names it any more.
  rmSync(file);
});

it('parties come by the command line while the platform runs, each with its client', async () => {
  for (const party of PARTIES) {
    // DSO and TSO are there from the beginning.
    const isThere = !party.includes(':');
    const name = party.startsWith('aggregator:') ? ['--name', `${party} Ltd`] : [];
    if (!isThere) expect((await json('party', 'add', party, ...name)).changed).toBe(true);
    const { secret } = await json('client', 'add', clientOf(party), '--party', party);
    expect(secret).toEqual(expect.any(String));
    secrets.set(party, secret as string);
  }
  const { stdout } = await flexledger('party', 'list');
  for (const party of PARTIES) expect(stdout).toContain(party);
});

it('users come too, and their password is shown once', async () => {
  for (const id of ['ALFA', 'BETA']) {
    const user = `${id.toLowerCase()}.desk`;
    const { code, stdout } = await flexledger(
      ...['user', 'add', user, '--party', `aggregator:${id}`],
      ...['--role', 'ap-operator', '--role', 'aggregator'],
    );
    expect([code, stdout]).toEqual([0, expect.stringMatching(/signs in with \S{20}, shown this/)]);
  }
  const { items } = await json('user', 'list', '--party', 'aggregator:ALFA');
  expect(items).toMatchObject([{ userId: 'alfa.desk', roles: ['aggregator', 'ap-operator'] }]);
  const roles = await flexledger('user', 'roles', 'alfa.desk', '--role', 'ap-operator');
  expect(roles.stdout).toContain('alfa.desk is ap-operator');
  const again = await flexledger('user', 'set-password', 'alfa.desk');
  expect(again.stdout).toMatch(/signs in with \S{20}/);
});

it('each sees its own and nothing of the others', async () => {
  const pod = (aggregatorId: string, podId: string) => ({
    podId,
    aggregatorId,
    customerKind: 'household',
    contractedPowerW: 3_000,
    annualEnergyKwh: 2_700,
    pvPeakW: 0,
    wallet: '0x00000000000000000000000000000000000000aa',
  });
  const other = 'IT002E60000002';
  expect((await as('aggregator:ALFA', '/api/v1/pods', pod('ALFA', POD))).status).toBe(201);
  expect((await as('aggregator:BETA', '/api/v1/pods', pod('BETA', other))).status).toBe(201);
  expect((await as('aggregator:BETA', '/api/v1/pods', pod('ALFA', other))).status).toBe(403);
  const pods = async (party: string) =>
    ((await as(party, '/api/v1/pods')).body as { items: { podId: string }[] }).items.map(
      ({ podId }) => podId,
    );
  expect(await pods('aggregator:ALFA')).toEqual([POD]);
  expect(await pods('aggregator:BETA')).toEqual([other]);
  expect(await pods('dso')).toEqual([POD, other]);
  const customer = `customer:${POD}`;
  expect((await as(customer, `/api/v1/pods/${POD}`)).status).toBe(200);
  expect((await as(customer, `/api/v1/pods/${other}`)).status).toBe(403);
  const users = (await as('aggregator:BETA', '/api/v1/users')).body as { items: object[] };
  expect(users.items).toMatchObject([{ userId: 'beta.desk' }]);
  expect((await as('aggregator:BETA', '/api/v1/users?party=aggregator:ALFA')).status).toBe(403);
  expect((await as('tso', '/api/v1/parties', { party: 'x', name: 'y' })).status).toBe(403);
});

it('who is disabled gets no token until it is enabled again', async () => {
  const beta = 'aggregator:BETA';
  const off = await flexledger('party', 'disable', beta, '--reason', 'contract ended');
  expect(off.stdout).toBe(`${beta} is disabled\n`);
  expect((await tokenAnswer(beta)).status).toBe(401);
  expect((await flexledger('party', 'list')).stdout).toContain('disabled: contract ended');
  await flexledger('party', 'enable', beta);
  expect((await tokenAnswer(beta)).status).toBe(200);
  const { secret } = await json('client', 'rotate', clientOf(beta));
  expect((await tokenAnswer(beta)).status).toBe(401);
  secrets.set(beta, secret as string);
  expect((await tokenAnswer(beta)).status).toBe(200);
});

it('what cannot be done is told in one line', async () => {
  const wrong = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await flexledger(...args);
    expect([code, stdout, stderr.trim().split('\n').length]).toEqual([2, '', 1]);
    return stderr;
  };
  expect(await wrong('party', 'add', 'king', '--name', 'x')).toContain('must be dso, tso');
  expect(await wrong('user', 'add', 'x', '--party', 'dso', '--role', 'king')).toContain('no role');
  expect(await wrong('client', 'rotate', 'nobody')).toContain('There is no client nobody');
  const nobody = ['--url', 'http://127.0.0.1:9', '--data', path.join(folder, 'data')];
  const away = await cli.run('party', 'list', ...nobody);
  expect([away.code, away.stderr]).toEqual([2, expect.stringContaining('Nothing answers at')]);
  const stranger = await cli.run('party', 'list', '--url', url, '--data', path.join(folder, 'no'));
  expect([stranger.code, stranger.stderr]).toEqual([
    2,
    expect.stringContaining('flexledger login'),
  ]);
});

it('a sign-in that has ended is told by an exit code of its own, once', async () => {
  const kept = path.join(folder, 'home/flexledger');
  mkdirSync(kept, { recursive: true });
  writeFileSync(path.join(kept, 'sessions.json'), JSON.stringify({ [url]: 'ended' }));
  const { code, stdout, stderr } = await flexledger('party', 'list');
  expect([code, stdout]).toEqual([4, '']);
  expect(stderr).toMatch(/^flexledger: Your sign-in at .* has ended .*flexledger login --url/);
  expect((await flexledger('party', 'list')).code).toBe(0);
});

it('all of it is there after a restart, and no clients file was ever made', async () => {
  running.kill('SIGTERM');
  expect((await running.ended).code).toBe(0);
  const where = ['--data', path.join(folder, 'data'), '--port', '0', '--mqtt-port', '0'];
  running = cli.start('up', ...where);
  url = await running.url;
  for (const party of PARTIES) expect((await tokenAnswer(party)).status).toBe(200);
  expect(existsSync(path.join(folder, 'data', 'clients.json'))).toBe(false);
  running.kill('SIGTERM');
  const { stdout } = await running.ended;
  expect(stdout).not.toContain('sign in ');
});
