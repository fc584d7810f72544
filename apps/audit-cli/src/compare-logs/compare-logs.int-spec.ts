/** Two logs held together: whose signature a held checkpoint has, and against whom it speaks. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { currentVersionOf } from '@flexledger/domain';
import { type SqliteEventStore, logFile, openSqliteEventStore } from '@flexledger/event-store';
import { ed25519KeyFrom, sha256, sha256Hex, signEd25519 } from '@flexledger/identity';
import { MerkleTree, signCheckpoint, signKeyChange, verifierKeyText } from '@flexledger/merkle-log';
import { wallClock } from '@flexledger/runtime';
import { partyLog } from '@flexledger/service-kit';
import { compareLogs } from './compare-logs';

const ORIGIN = 'flexledger/market';

const signerOf = (name: string) => {
  const { publicKey, privateKey } = ed25519KeyFrom(sha256Hex(name));
  const sign = (message: Uint8Array): Uint8Array => signEd25519(privateKey, message);
  return { key: { name: ORIGIN, publicKey: Buffer.from(publicKey, 'hex') }, sign };
};
const [first, second, third, foreign] = ['1', '2', '3', '4'].map(signerOf) as [
  Signer,
  Signer,
  Signer,
  Signer,
];
type Signer = ReturnType<typeof signerOf>;

let folder: string;
let count: number;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'compare-logs-'));
  count = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

const dirOf = (name: string): string => path.join(folder, name);

async function write(name: string, streamId: string, ...events: [string, object][]): Promise<void> {
  mkdirSync(dirOf(name), { recursive: true });
  const store = openSqliteEventStore({ path: logFile(dirOf(name)), clock: wallClock });
  await append(store, streamId, events);
  await store.close();
}

async function append(
  store: SqliteEventStore,
  streamId: string,
  events: readonly [string, object][],
): Promise<void> {
  const proposed = events.map(([type, data]) => ({
    id: `5f1c8f5e-0000-4000-8000-${String((count += 1)).padStart(12, '0')}`,
    type,
    schemaVersion: currentVersionOf(type),
    occurredAt: '2026-03-17T10:00:00.000Z',
    correlationId: 'c',
    causationId: 'c',
    actor: 'platform:market',
    data,
  }));
  await store.append(streamId, 'any', proposed);
}

/** The market's log: signed by the first key, then the second, then the third. */
async function market(): Promise<MerkleTree> {
  const empty = { origin: ORIGIN, size: 0, root: new MerkleTree(sha256).root() };
  const hex = ({ key }: Signer): string => key.publicKey.toString('hex');
  const replaced = (before: Signer, after: Signer): [string, object] => [
    'LogKeyReplaced',
    { publicKey: hex(after), statement: signKeyChange(sha256, empty, before, after) },
  ];
  await write(
    'market',
    'certification',
    ['CertifierStarted', { origin: ORIGIN, publicKey: hex(first) }],
    replaced(first, second),
    ['LogKeyReplaced', { publicKey: hex(foreign), statement: 'no statement' }],
    replaced(second, third),
  );
  const tree = new MerkleTree(sha256);
  const store = openSqliteEventStore({ path: logFile(dirOf('market')), clock: wallClock });
  for await (const { hash } of store.readAll()) tree.append(Buffer.from(hash, 'hex'));
  await store.close();
  return tree;
}

/** What is found against the market where the DSO holds a checkpoint of this root, signed so. */
async function found(
  root: Uint8Array,
  by: Signer,
  trusted?: Signer,
): Promise<[string, string | null][]> {
  const note = signCheckpoint(sha256, { origin: ORIGIN, size: 3, root }, by.key, by.sign);
  const since = { size: 0, proof: [] };
  await write(
    'dso',
    'mirror-market',
    ['MirrorStarted', { mirror: 'market', url: 'http://127.0.0.1:1', party: 'dso' }],
    [
      'CheckpointMirrored',
      {
        mirror: 'market',
        note,
        size: 3,
        root: Buffer.from(root).toString('hex'),
        since,
        inclusions: [],
      },
    ],
  );
  const { findings } = await compareLogs({
    dataDir: dirOf('dso'),
    mirror: 'market',
    sourceDir: dirOf('market'),
    shownOf: partyLog,
    ...(trusted && { trust: { logKey: verifierKeyText(sha256, trusted.key) } }),
  });
  return findings.map(({ kind, speaksAgainst }) => [kind, speaksAgainst]);
}

describe.each<[string, Signer, Signer | undefined]>([
  ['its first key', first, undefined],
  ['the key that took its place', second, undefined],
  ['the key that took the place of that', third, undefined],
  ['a key that the trusted one leads to', third, second],
])('a checkpoint that is signed by %s', (_, by, trusted) => {
  it('and is of the log says nothing', async () => {
    const tree = await market();
    expect(await found(tree.root(3), by, trusted)).toEqual([]);
  });

  it('and is not of the log speaks against it', async () => {
    await market();
    expect(await found(sha256(Buffer.from('x')), by, trusted)).toEqual([['disowned', 'market']]);
  });
});

it.each<[string, Signer, Signer | undefined]>([
  ['that no statement of the key before leads to', foreign, undefined],
  ['from before the trusted one', first, second],
])('a checkpoint that is signed by a key %s is not signed by the log', async (_, by, trusted) => {
  const tree = await market();
  expect(await found(tree.root(3), by, trusted)).toEqual([['unsigned', null]]);
});
