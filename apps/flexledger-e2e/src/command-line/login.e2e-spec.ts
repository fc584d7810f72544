/**
 * Signing in from a terminal at a served platform, and what commands do by it: they speak as the person,
 * or tell that the sign-in does not serve, and never as somebody else.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SignInFailed, UsageError, answered } from '@flexledger/command-line';
import { sleep } from '@flexledger/runtime';
import { serveIdentityProvider } from './serve-identity-provider';
import { type Person, typeDeviceCode } from './type-device-code';
import { asking } from '@flexledger/platform-cli';

const PERSON = { name: 'dso.desk', password: 'correct horse battery' };

let folder: string;
let platform: Awaited<ReturnType<typeof serveIdentityProvider>>;
let told = '';
const homeBefore = process.env['XDG_CONFIG_HOME'];
const data = () => path.join(folder, 'data');
const sessions = () => path.join(folder, 'home/flexledger/sessions.json');
let clientOf: Awaited<ReturnType<typeof asking.platform>>['clientOf'];
let login: Awaited<ReturnType<typeof asking.signIn>>['login'];
const asOperator = () => clientOf({ url: platform.url, data: data(), as: 'operator' });

beforeAll(async () => {
  ({ clientOf } = await asking.platform());
  ({ login } = await asking.signIn());
  folder = mkdtempSync(path.join(tmpdir(), 'login-'));
  process.env['XDG_CONFIG_HOME'] = path.join(folder, 'home');
  platform = await serveIdentityProvider(data());
  const { name: userId, password } = PERSON;
  const user = { userId, party: 'dso', roles: ['dso' as const], password };
  await answered(asOperator().POST('/api/v1/users', { body: user }));
});
afterAll(async () => {
  await platform.end();
  if (homeBefore === undefined) delete process.env['XDG_CONFIG_HOME'];
  else process.env['XDG_CONFIG_HOME'] = homeBefore;
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  told = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
});
afterEach(() => jest.restoreAllMocks());

const codeShown = (): string => /type the code (\S+)/.exec(told)![1]!;

/** Signs in; each wait of the terminal is for the next of `meanwhile`. */
async function signIn(...meanwhile: readonly (() => unknown)[]): Promise<readonly number[]> {
  const waits: number[] = [];
  await login(platform.url, false, async (ms) => {
    await meanwhile[waits.push(ms) - 1]?.();
  });
  return waits;
}
const typesCode =
  (person: Person = PERSON) =>
  () =>
    typeDeviceCode(platform.url, codeShown(), person);

/** Somebody guesses for the terminal's client, which then is told to slow down. */
async function guess(): Promise<void> {
  for (let status = 401; status === 401;) {
    const wrong = {
      grant_type: 'client_credentials',
      client_id: 'flexledger-cli',
      client_secret: 'guess',
    };
    const body = new URLSearchParams(wrong);
    ({ status } = await fetch(`${platform.url}/oauth/token`, { method: 'POST', body }));
  }
}

/** Parties that a command without `--as` sees: all of them only for the operator. */
async function partiesSeen(): Promise<string[]> {
  const client = clientOf({ url: platform.url, data: data() });
  const { items } = await answered(client.GET('/api/v1/parties'));
  return items.map(({ party }) => party);
}

it('where nobody has signed in, the data folder’s key speaks for the operator', async () => {
  expect(await partiesSeen()).toEqual(expect.arrayContaining(['dso', 'operator', 'tso']));
});

it('waits for its person, longer each time it is told to slow down, and keeps the sign-in privately', async () => {
  const waits = await signIn(
    () => undefined,
    guess,
    async () => {
      await sleep(1_100);
      await typesCode()();
    },
  );
  expect(waits).toEqual([5_000, 5_000, 10_000]);
  expect(told).toContain(`You have signed in at ${platform.url}.`);
  expect(statSync(sessions()).mode & 0o777).toBe(0o600);
});

it('commands then speak as the person, several at once too', async () => {
  expect(await Promise.all([partiesSeen(), partiesSeen(), partiesSeen()])).toEqual([
    ['dso'],
    ['dso'],
    ['dso'],
  ]);
});

it('a party that is named speaks by the data folder’s key', async () => {
  const { items } = await answered(asOperator().GET('/api/v1/parties'));
  expect(items.length).toBeGreaterThan(1);
  const nobody = clientOf({ url: platform.url, data: data(), as: 'king' });
  await expect(answered(nobody.GET('/api/v1/parties'))).rejects.toThrow(UsageError);
});

it('a sign-in that gives no token for a while is told, and kept', async () => {
  const before = readFileSync(sessions(), 'utf8');
  await guess();
  await expect(partiesSeen()).rejects.toThrow(SignInFailed);
  await expect(partiesSeen()).rejects.toThrow(/try again later, or sign in again with "flexledger/);
  expect(readFileSync(sessions(), 'utf8')).toBe(before);
  await sleep(2_100);
  expect(await partiesSeen()).toEqual(['dso']);
});

it('a sign-in that has ended is told and forgotten; the operator does not speak in its place', async () => {
  const params = { path: { userId: PERSON.name } };
  const body = { status: 'disabled' as const, reason: 'left' };
  await answered(asOperator().PUT('/api/v1/users/{userId}/status', { params, body }));
  const ended = partiesSeen();
  await expect(ended).rejects.toThrow(SignInFailed);
  await expect(ended).rejects.toThrow(
    `sign in again with "flexledger login --url ${platform.url}"`,
  );
  expect(JSON.parse(readFileSync(sessions(), 'utf8'))).toEqual({});
  const enabled = { status: 'enabled' as const };
  await answered(asOperator().PUT('/api/v1/users/{userId}/status', { params, body: enabled }));
});

it('keeps nothing where the person refuses', async () => {
  await expect(signIn(typesCode('refuse'))).rejects.toThrow('The sign-in did not succeed');
  expect(JSON.parse(readFileSync(sessions(), 'utf8'))).toEqual({});
});

it('tells an address at which nobody answers', async () => {
  await expect(login('http://127.0.0.1:9', false)).rejects.toThrow('Nothing answers at');
  await expect(login('market.example', false)).rejects.toThrow('is no address of a platform');
  expect(existsSync(sessions())).toBe(true);
});
