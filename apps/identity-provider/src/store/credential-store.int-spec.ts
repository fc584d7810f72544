/** The store of credentials: private, shared by processes, exact about what is used up, and its own. */
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'libsql';
import { type CredentialStore, isStoredName, openCredentialStore } from './credential-store';

let folder: string;
let file: string;
let store: CredentialStore;
const clock = { ms: 1_000_000, nowMs: () => clock.ms };
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'credentials-'));
  file = path.join(folder, 'identity.sqlite');
  clock.ms = 1_000_000;
  store = openCredentialStore(file, clock);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

it('is for its owner only, also where it was not', () => {
  store.close();
  chmodSync(file, 0o644);
  store = openCredentialStore(file, clock);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('what one process changes holds in another at once', () => {
  const other = openCredentialStore(file, clock);
  store.putSecretHash('client', 'dso', 'one');
  expect(other.secretHash('client', 'dso')).toBe('one');
  other.putSecretHash('client', 'dso', 'two');
  expect(store.secretHash('client', 'dso')).toBe('two');
  expect(store.secretHash('user', 'dso')).toBeUndefined();
  expect(store.shared('cookieKey', () => 'mine')).toBe('mine');
  expect(other.shared('cookieKey', () => 'yours')).toBe('mine');
  other.close();
});

describe('a row of the issuer', () => {
  const token = { jti: 'T', accountId: 'u', grantId: 'g', clientId: 'c' };

  it('is found until its end, and used up once', () => {
    store.issuer.put('RefreshToken', 'T', token, 60);
    expect(store.issuer.find('RefreshToken', 'T')).toEqual({ payload: token, consumedS: null });
    expect(store.issuer.consume('RefreshToken', 'T')).toBe(true);
    expect(store.issuer.consume('RefreshToken', 'T')).toBe(false);
    expect(store.issuer.find('RefreshToken', 'T')).toEqual({ payload: token, consumedS: 1_000 });
    clock.ms += 60_000;
    expect(store.issuer.find('RefreshToken', 'T')).toBeUndefined();
  });

  it('ends with its grant, and with its user', () => {
    store.issuer.put('RefreshToken', 'T', token, 60);
    store.issuer.put('Session', 'S', { jti: 'S', uid: 'w', accountId: 'v' }, 60);
    store.issuer.destroyGrant('g');
    expect(store.issuer.find('RefreshToken', 'T')).toBeUndefined();
    expect(store.issuer.findBy('Session', 'uid', 'w')?.payload).toMatchObject({ jti: 'S' });
    store.issuer.destroyOf('v');
    expect(store.issuer.find('Session', 'S')).toBeUndefined();
  });

  it.each(['RefreshToken', 'AuthorizationCode', 'DeviceCode'])(
    'does not tell the %s that opens something',
    (model) => {
      const jti = 'a-token-that-opens';
      store.issuer.put(model, jti, { ...token, jti }, 60);
      const db = new Database(file, { readonly: true });
      expect(JSON.stringify(db.prepare('SELECT * FROM issuer').all())).not.toContain('that-opens');
      db.close();
    },
  );

  it('of a device code is known again by whom it was found by what a person types', () => {
    const code = { ...token, jti: 'D', userCode: 'BCDF' };
    store.issuer.put('DeviceCode', 'D', code, 60);
    const { payload } = store.issuer.findBy('DeviceCode', 'userCode', 'BCDF')!;
    const name = payload['jti'] as string;
    expect(isStoredName(name)).toBe(true);
    store.issuer.put('DeviceCode', name, { ...payload, inFlight: true }, 60);
    expect(store.issuer.find('DeviceCode', 'D')!.payload).toEqual({ ...code, inFlight: true });
    expect(store.issuer.find('DeviceCode', name)!.payload).toMatchObject({ inFlight: true });
    expect(store.issuer.consume('DeviceCode', 'D')).toBe(true);
  });

  it('of no other kind is found by the hash that stands in the file', () => {
    store.issuer.put('RefreshToken', 'T', token, 60);
    const db = new Database(file, { readonly: true });
    const { id } = db.prepare('SELECT id FROM issuer').get() as { id: string };
    db.close();
    for (const name of [id, `hash:${id}`]) {
      expect(store.issuer.find('RefreshToken', name)).toBeUndefined();
    }
  });
});

it('makes who fails wait, and forgets it', () => {
  for (let tries = 0; tries < 6; tries += 1) store.noteAttempt('somebody', 5);
  expect(store.waitMs('somebody')).toBe(2_000);
  expect(store.waitMs('else')).toBe(0);
  clock.ms += 1_500;
  expect(store.waitMs('somebody')).toBe(500);
  store.forgetAttempts('somebody');
  expect(store.waitMs('somebody')).toBe(0);
});

it('gives a person one key, and none once it is destroyed', () => {
  expect(store.makePersonKey('p', () => 'aa')).toBe('aa');
  expect(store.makePersonKey('p', () => 'bb')).toBe('aa');
  store.destroyPersonKey('p');
  store.destroyPersonKey('never-recorded');
  expect(store.personKey('p')).toBeUndefined();
  expect(store.makePersonKey('p', () => 'cc')).toBeUndefined();
  expect(store.makePersonKey('never-recorded', () => 'cc')).toBeUndefined();
});

it.each<[string, (other: string) => void, string]>([
  ['no database', (other) => writeFileSync(other, 'x'.repeat(8_192)), 'not a database'],
  [
    'another database',
    (other) => new Database(other).exec('CREATE TABLE t (a)'),
    'none of credentials',
  ],
  [
    'of a newer release',
    (other) => {
      openCredentialStore(other, clock).close();
      new Database(other).exec('PRAGMA user_version = 99');
    },
    'a newer release',
  ],
])('is refused by name when it is %s', (_, make, reason) => {
  const other = path.join(folder, 'other.sqlite');
  make(other);
  expect(() => openCredentialStore(other, clock)).toThrow(
    expect.objectContaining({
      name: 'CredentialsUnusable',
      message: expect.stringContaining(reason),
    }),
  );
});
