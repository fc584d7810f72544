/** A witness over a real socket: what it cosigns, what it refuses, and what it keeps of a log that forks. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ed25519KeyFrom, sha256, signEd25519, verifyEd25519 } from '@flexledger/identity';
import {
  MerkleTree,
  NOTE_KEY_TYPES,
  cosignedAtS,
  parseCheckpoint,
  parseVerifierKey,
  signCheckpoint,
  signCompromise,
  signKeyChange,
  verifierKeyText,
  witnessRequestText,
} from '@flexledger/merkle-log';
import { type OpenedWitness, openWitness } from './run-witness';
import { openWitnessState } from './witness-state';
import { readWitnessConfig } from './witness-config';

const ORIGIN = 'flexledger/trial';
const log = ed25519KeyFrom('01'.repeat(32));
const stranger = ed25519KeyFrom('02'.repeat(32));
const logKey = { name: ORIGIN, publicKey: Buffer.from(log.publicKey, 'hex') };

let folder: string;
let witness: OpenedWitness;
const problems: string[] = [];
const file = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-witness-'));
  const yaml = [
    'name: example.org/tso',
    'port: 0',
    'logs:',
    `  - key: ${verifierKeyText(sha256, logKey)}`,
  ];
  writeFileSync(file('witness.yaml'), yaml.join('\n'));
  witness = await open();
});
afterAll(async () => {
  await witness.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => void problems.splice(0));

const open = (): Promise<OpenedWitness> =>
  openWitness(readWitnessConfig(file('witness.yaml')), (problem) => problems.push(problem));

/** A tree of so many leaves; trees of another kind part from it after `shared` leaves. */
function treeOf(size: number, kind = 'a', shared = 0): MerkleTree {
  const tree = new MerkleTree(sha256);
  for (let leaf = 0; leaf < size; leaf += 1) {
    tree.append(sha256(Buffer.from(leaf < shared ? `a${leaf}` : `${kind}${leaf}`)));
  }
  return tree;
}

function noteOf(tree: MerkleTree, by = log, origin = ORIGIN): string {
  return signCheckpoint(
    sha256,
    { origin, size: tree.size, root: tree.root() },
    { name: ORIGIN, publicKey: Buffer.from(by.publicKey, 'hex') },
    (message) => signEd25519(by.privateKey, message),
  );
}

async function post(body: string): Promise<{ status: number; type: string | null; text: string }> {
  const response = await fetch(`${witness.url}/add-checkpoint`, { method: 'POST', body });
  const type = response.headers.get('content-type');
  return { status: response.status, type, text: await response.text() };
}

const add = (from: number, tree: MerkleTree, note = noteOf(tree)) =>
  post(
    witnessRequestText({
      oldSize: from,
      proof: from === 0 || from >= tree.size ? [] : tree.consistencyProof(from, tree.size),
      note,
    }),
  );

function seenAt(note: string, line: string): number | undefined {
  const key = parseVerifierKey(sha256, witness.verifierKey, NOTE_KEY_TYPES.cosignature);
  return cosignedAtS(sha256, parseCheckpoint(note + line), key, verifyEd25519);
}

it('cosigns a log as it grows, and the same checkpoint again', async () => {
  for (const [from, size] of [
    [0, 5],
    [5, 5],
    [5, 8],
    [8, 21],
  ] as const) {
    const tree = treeOf(size);
    const { status, text } = await add(from, tree);
    expect(status).toBe(200);
    expect(seenAt(noteOf(tree), text)).toBeGreaterThan(1_700_000_000);
  }
  expect(problems).toEqual([]);
});

it('tells how far it has seen who does not know', async () => {
  expect(await add(5, treeOf(30))).toEqual({ status: 409, type: 'text/x.tlog.size', text: '21\n' });
  expect(await add(0, treeOf(30))).toMatchObject({ status: 409, text: '21\n' });
});

it('refuses a log that parts from what it has seen, and keeps what the log signed', async () => {
  const forked = treeOf(30, 'b', 10);
  expect(await add(21, forked)).toMatchObject({ status: 422 });
  const sameSize = treeOf(21, 'b', 10);
  expect(await add(21, sameSize)).toMatchObject({ status: 422 });
  expect(problems).toEqual([
    expect.stringContaining('a checkpoint of 30 leaves that is not shown to go on'),
    expect.stringContaining('a checkpoint of 21 leaves that has another root'),
  ]);
  const { items } = (await (await fetch(`${witness.url}/evidence`)).json()) as {
    items: { origin: string; note: string }[];
  };
  expect(items.map(({ note }) => note).sort()).toEqual([noteOf(forked), noteOf(sameSize)].sort());
  expect((await add(21, treeOf(30))).status).toBe(200);
});

it.each<[string, () => string, number, RegExp]>([
  ['of a log that it does not know', () => body(noteOf(treeOf(40), log, 'other')), 404, /"other"/],
  ['signed by a stranger', () => body(noteOf(treeOf(40), stranger)), 403, /not signed/],
  ['whose old size is above its own', () => body(noteOf(treeOf(40)), 41), 400, /above the new/],
  ['that is none', () => 'hello', 400, /no blank line/],
  ['with a size that is none', () => `old 1e3\n\n${noteOf(treeOf(40))}`, 400, /first line/],
  ['with a hash cut short', () => `old 30\nAAAA\n\n${noteOf(treeOf(40))}`, 400, /no hash/],
  ['with a hundred hashes', () => body(noteOf(treeOf(40)), 30, 100), 400, /can have 63/],
  ['that is too large', () => 'old 0\n'.padEnd(70_000, 'x'), 413, /too large/],
])('refuses a checkpoint %s', async (_, text, status, reason) => {
  const answer = await post(text());
  expect(answer.status).toBe(status);
  expect(answer.text).toMatch(reason);
});

function body(note: string, oldSize = 30, hashes = 0): string {
  const proof = Array.from({ length: hashes }, () => new Uint8Array(32));
  return witnessRequestText({ oldSize, proof, note });
}

it('answers other methods and paths in words', async () => {
  expect((await fetch(`${witness.url}/add-checkpoint`)).status).toBe(405);
  expect((await fetch(`${witness.url}/elsewhere`)).status).toBe(404);
  expect(await (await fetch(witness.url)).text()).toBe(`${witness.verifierKey}\n`);
});

it('remembers over a restart, under the same key, for its owner only', async () => {
  const before = witness.verifierKey;
  await witness.close();
  witness = await open();
  expect(witness.verifierKey).toBe(before);
  expect(await add(0, treeOf(40))).toMatchObject({ status: 409, text: '30\n' });
  for (const name of ['witness-key', 'witness.sqlite']) {
    expect(statSync(file(name)).mode & 0o777).toBe(0o600);
  }
});

it('of two processes with one state only one cosigns the step', async () => {
  const one = openWitnessState(file('witness.sqlite'));
  const two = openWitnessState(file('witness.sqlite'));
  const left = treeOf(50);
  const right = treeOf(50, 'b', 30);
  expect(one.advance(ORIGIN, 30, { size: 50, root: left.root() })).toBe(true);
  expect(two.advance(ORIGIN, 30, { size: 50, root: right.root() })).toBe(false);
  expect(two.seen(ORIGIN)!.root).toEqual(left.root());
  one.close();
  two.close();
});

it('is not held up by who sends a body and never ends it', async () => {
  const { hostname, port } = new URL(witness.url);
  const slow = httpRequest({ hostname, port, method: 'POST', path: '/add-checkpoint' });
  slow.on('error', () => {});
  slow.write('old 0\n');
  expect((await fetch(witness.url)).status).toBe(200);
  slow.destroy();
});

it('goes over with a log to the key that the one of its configuration has handed it to', async () => {
  const sides = [log, stranger].map(({ publicKey, privateKey }) => ({
    key: { name: ORIGIN, publicKey: Buffer.from(publicKey, 'hex') },
    sign: (message: Uint8Array) => signEd25519(privateKey, message),
  }));
  const sealed = { origin: ORIGIN, size: 30, root: treeOf(30).root() };
  const statement = signKeyChange(sha256, sealed, sides[0]!, sides[1]!);
  const key = verifierKeyText(sha256, logKey);
  const entry = (keyChanges: readonly string[]): string =>
    JSON.stringify({ name: 'example.org/tso', logs: [{ key, keyChanges }] });
  writeFileSync(file('over.json'), entry([statement]));
  const [over] = readWitnessConfig(file('over.json')).logs;
  expect(over).toEqual({ origin: ORIGIN, key: sides[1]!.key });
  writeFileSync(file('over.json'), entry([statement.replace('next-key', 'other-key')]));
  expect(() => readWitnessConfig(file('over.json'))).toThrow(/cannot be used: logs: /);
});

it('goes over to the key that the recovery key of its configuration has named', () => {
  const sides = [log, stranger].map(({ publicKey }) => ({
    name: ORIGIN,
    publicKey: Buffer.from(publicKey, 'hex'),
  }));
  const own = ed25519KeyFrom('5'.repeat(64));
  const recovery = {
    key: { name: `${ORIGIN}/recovery`, publicKey: Buffer.from(own.publicKey, 'hex') },
    sign: (message: Uint8Array) => signEd25519(own.privateKey, message),
  };
  const sealed = { origin: ORIGIN, size: 30, root: treeOf(30).root() };
  const keys = { ended: sides[0]!, next: sides[1]!, recovery };
  const entry = {
    key: verifierKeyText(sha256, logKey),
    keyChanges: [signCompromise(sha256, sealed, keys)],
  };
  const read = (change: object) => {
    const logs = [{ ...entry, ...change }];
    writeFileSync(file('ended.json'), JSON.stringify({ name: 'example.org/tso', logs }));
    return readWitnessConfig(file('ended.json')).logs[0];
  };
  expect(read({ recoveryKey: verifierKeyText(sha256, recovery.key) })!.key).toEqual(sides[1]);
  expect(() => read({})).toThrow(/no recovery key is known/);
  expect(() => read({ recoveryKey: verifierKeyText(sha256, logKey) })).toThrow(/is not signed by/);
});

it.each([
  ['no logs', 'name: a/b\n', /must have required property 'logs'/],
  ['a key that is none', 'name: a/b\nlogs: [{ key: x }]\n', /is no verifier key/],
  ['a misspelt member', 'name: a/b\nlogs: []\nprot: 1\n', /\(prot\)/],
])('a configuration with %s is refused by name', (_, yaml, reason) => {
  writeFileSync(file('wrong.yaml'), yaml);
  expect(() => readWitnessConfig(file('wrong.yaml'))).toThrow(reason);
});
