/** Secrets to be handed out, the signing key, and what an earlier release left: private files. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  clientIdOf,
  handOutSecret,
  openTokenKey,
  putClientsFileAside,
  readClientSecret,
  readClientsFile,
} from './clients-file';

let dataDir: string;
beforeEach(() => {
  dataDir = path.join(mkdtempSync(path.join(tmpdir(), 'clients-')), 'data');
});
afterEach(() => rmSync(path.dirname(dataDir), { recursive: true }));

const at = (file: string): string => path.join(dataDir, file);
const modeOf = (file: string): number => statSync(file).mode & 0o777;
const fileClients = (content: unknown): void => {
  mkdirSync(dataDir, { recursive: true });
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(at('clients.json'), text, { mode: 0o600 });
};
const dso = { clientId: 'dso', actor: 'dso', scopes: ['market:read'], secretHash: 'x' };

describe('secrets to be handed out', () => {
  beforeEach(() => mkdirSync(dataDir));

  it('stand in one private file, each under its client', () => {
    const file = handOutSecret(dataDir, 'dso', 'one');
    handOutSecret(dataDir, clientIdOf('aggregator:AGG1'), 'two');
    expect(readClientSecret(dataDir, 'dso')).toBe('one');
    expect(readClientSecret(dataDir, 'aggregator-AGG1')).toBe('two');
    expect(modeOf(file)).toBe(0o600);
    expect(readdirSync(dataDir)).toEqual(['client-secrets.json']);
  });

  it('are missed by name once they are handed out', () => {
    handOutSecret(dataDir, 'dso', 'one');
    expect(() => readClientSecret(dataDir, 'tso')).toThrow('holds no secret of client tso');
    rmSync(at('client-secrets.json'));
    expect(() => readClientSecret(dataDir, 'dso')).toThrow();
  });
});

describe('the clients file of an earlier release', () => {
  it('is read, put aside, and then no longer there', () => {
    expect(readClientsFile(dataDir)).toEqual([]);
    fileClients({ clients: [dso] });
    expect(readClientsFile(dataDir)).toEqual([dso]);
    putClientsFileAside(dataDir);
    putClientsFileAside(dataDir);
    expect(readClientsFile(dataDir)).toEqual([]);
    expect(readdirSync(dataDir)).toEqual(['clients.json.imported']);
  });

  it('is refused when others of the machine can read it', () => {
    fileClients({ clients: [dso] });
    chmodSync(at('clients.json'), 0o644);
    expect(() => readClientsFile(dataDir)).toThrow(`chmod 600 ${at('clients.json')}`);
  });

  it.each([
    ['not json', '{', 'is not JSON'],
    ['without its list', '{}', 'lacks the list "clients"'],
    ['null', 'null', 'lacks the list "clients"'],
    ['with a client that is none', { clients: [null] }, 'clients[0] has no clientId'],
    ['with an unknown role', { clients: [{ ...dso, actor: 'king' }] }, 'clients[0] (dso): "king"'],
    ['with an unknown scope', { clients: [{ ...dso, scopes: ['all'] }] }, 'unknown scope "all"'],
    ['with no hash', { clients: [dso, { ...dso, secretHash: 1 }] }, 'clients[1] (dso) has no'],
  ])('is refused when it is %s', (_, content, reason) => {
    fileClients(content);
    expect(() => readClientsFile(dataDir)).toThrow(reason);
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
