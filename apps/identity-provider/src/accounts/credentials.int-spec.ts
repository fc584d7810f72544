/** Guessing is slowed by name and by address; whoever knows the word slows nobody, and hides no guesses. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { IDENTITY_POLICY } from '../policy';
import { type CredentialStore, openCredentialStore } from '../store/credential-store';
import { FREE_TRIES_OF_ADDRESS } from '@flexledger/identity';
import { type Credentials, SlowDown, createCredentials } from './credentials';

const PASSWORD = 'correct horse battery';
const HERE = '192.0.2.1';

let folder: string;
let store: CredentialStore;
let credentials: Credentials;
const clock = { ms: 1_000_000, nowMs: () => clock.ms };
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'credentials-'));
  store = openCredentialStore(path.join(folder, 'identity.sqlite'), clock);
  credentials = createCredentials(store, IDENTITY_POLICY);
  await credentials.setPassword('known', PASSWORD);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

/** So many failures of others at the address. */
const fail = (count: number): void => {
  for (let tries = 0; tries < count; tries += 1) {
    credentials.noteFailure('user', `other${tries}`, HERE);
  }
};
const signIn = (password: string, userId = 'known') =>
  credentials.passwordMatches(userId, password, HERE);

it('who signs in is no try of its address', async () => {
  fail(FREE_TRIES_OF_ADDRESS - 2);
  for (let times = 0; times < 4; times += 1) expect(await signIn(PASSWORD)).toBe(true);
  expect(await signIn('wrong', 'nobody')).toBe(false);
  expect(await signIn('wrong', 'another')).toBe(false);
  await expect(signIn(PASSWORD)).rejects.toThrow(SlowDown);
});

it('the try that would have made the address wait does not when it succeeds', async () => {
  fail(FREE_TRIES_OF_ADDRESS - 1);
  expect(await signIn(PASSWORD)).toBe(true);
  expect(await signIn(PASSWORD)).toBe(true);
});

it('who knows one password does not make the guesses of others forgotten', async () => {
  fail(FREE_TRIES_OF_ADDRESS - 1);
  expect(await signIn(PASSWORD)).toBe(true);
  expect(await signIn('wrong', 'nobody')).toBe(false);
  await expect(signIn('wrong', 'another')).rejects.toThrow('wait 1 s');
});
