/** The clients file: made once, private, and no secret in it. */
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { secretMatches, scopesOf } from '@flexledger/identity';
import {
  DEFAULT_ACTORS,
  clientIdOf,
  openClients,
  openTokenKey,
  readClientSecret,
} from './clients-file';

let dataDir: string;
beforeEach(() => {
  dataDir = path.join(mkdtempSync(path.join(tmpdir(), 'clients-')), 'data');
});
afterEach(() => rmSync(path.dirname(dataDir), { recursive: true }));

const parties = ['dso', 'aggregator:AGG1'];
const at = (file: string): string => path.join(dataDir, file);
const modeOf = (file: string): number => statSync(file).mode & 0o777;

describe('the clients file', () => {
  it('gives each party a client with every scope of its role, and a secret of its own', async () => {
    const { clients, created } = await openClients(dataDir);
    expect(clients.map(({ actor }) => actor)).toEqual(DEFAULT_ACTORS);
    expect(created).toEqual(['dso', 'tso', 'aggregator-AGG1', 'operator', 'auditor']);
    expect(clients[2]!.scopes).toEqual(scopesOf('aggregator'));
    const secrets = created.map((clientId) => readClientSecret(dataDir, clientId));
    expect(new Set(secrets).size).toBe(5);
    expect(await secretMatches(secrets[0]!, clients[0]!.secretHash)).toBe(true);
    expect(await secretMatches(secrets[1]!, clients[0]!.secretHash)).toBe(false);
  });

  it('is read again as it is', async () => {
    const first = await openClients(dataDir, parties);
    const again = await openClients(dataDir, parties);
    expect(again.clients).toEqual(first.clients);
    expect(again.created).toEqual([]);
  });

  it('is the same for many who make it at once, and every secret fits', async () => {
    const opened = await Promise.all(
      Array.from({ length: 4 }, (_, index) =>
        openClients(dataDir, [...parties, `aggregator:OWN${index}`]),
      ),
    );
    const { clients } = await openClients(dataDir, parties);
    expect(clients).toHaveLength(parties.length + opened.length);
    for (const { clientId, secretHash } of clients) {
      const secret = readClientSecret(dataDir, clientId);
      expect([clientId, await secretMatches(secret, secretHash)]).toEqual([clientId, true]);
    }
    const created = opened.flatMap((one) => one.created);
    expect(created).toHaveLength(new Set(created).size);
  });

  it('takes in a new party and leaves the others as they are', async () => {
    const first = await openClients(dataDir, ['dso']);
    const secret = readClientSecret(dataDir, 'dso');
    const { clients, created } = await openClients(dataDir, ['dso', 'aggregator:AGG2']);
    expect(clients[0]).toEqual(first.clients[0]);
    expect(created).toEqual([clientIdOf('aggregator:AGG2')]);
    expect(readClientSecret(dataDir, 'dso')).toBe(secret);
  });

  it('holds no secret, and is for its owner only, as are the secrets', async () => {
    const { secretsFile } = await openClients(dataDir, parties);
    const text = readFileSync(at('clients.json'), 'utf8');
    const secrets = Object.values(JSON.parse(readFileSync(secretsFile, 'utf8')) as object);
    expect(secrets).toHaveLength(2);
    for (const secret of secrets) expect(text).not.toContain(secret);
    expect([modeOf(at('clients.json')), modeOf(secretsFile)]).toEqual([0o600, 0o600]);
    expect(readdirSync(dataDir).filter((file) => file.endsWith('.new'))).toEqual([]);
  });

  it('serves without the file of secrets, once they are handed out', async () => {
    const { clients, secretsFile } = await openClients(dataDir, parties);
    rmSync(secretsFile);
    expect((await openClients(dataDir, parties)).clients).toEqual(clients);
    expect(existsSync(secretsFile)).toBe(false);
    expect(() => readClientSecret(dataDir, 'dso')).toThrow();
  });

  it('is refused when others of the machine can read it', async () => {
    await openClients(dataDir, parties);
    chmodSync(at('clients.json'), 0o644);
    await expect(openClients(dataDir, parties)).rejects.toThrow(`chmod 600 ${at('clients.json')}`);
  });

  const dso = { clientId: 'dso', actor: 'dso', scopes: [], secretHash: 'x' };
  it.each([
    ['not json', '{', 'is not JSON'],
    ['without its list', '{}', 'lacks the list "clients"'],
    ['null', 'null', 'lacks the list "clients"'],
    ['with a client that is none', { clients: [null] }, 'clients[0] has no clientId'],
    ['with an unknown role', { clients: [{ ...dso, actor: 'king' }] }, 'clients[0] (dso): "king"'],
    ['with an unknown scope', { clients: [{ ...dso, scopes: ['all'] }] }, 'unknown scope "all"'],
    ['with no hash', { clients: [dso, { ...dso, secretHash: 1 }] }, 'clients[1] (dso) has no'],
  ])('is refused when it is %s', async (_, content, reason) => {
    await openClients(dataDir, ['dso']);
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    writeFileSync(at('clients.json'), text);
    await expect(openClients(dataDir, parties)).rejects.toThrow(reason);
  });
});

describe('the signing key', () => {
  it('is made once and private', async () => {
    const key = await openTokenKey(dataDir);
    expect(await openTokenKey(dataDir)).toEqual(key);
    expect(modeOf(at('token-key.json'))).toBe(0o600);
  });

  it('is refused when the file holds none', async () => {
    await openTokenKey(dataDir);
    writeFileSync(at('token-key.json'), '{"kid":"x"}');
    await expect(openTokenKey(dataDir)).rejects.toThrow('holds no private signing key');
  });
});
