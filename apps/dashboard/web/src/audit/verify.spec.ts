/** Each lie turns the step that it is about red, and no other before it. */
import { ed25519 } from '@noble/curves/ed25519';
import { sha256 } from '@noble/hashes/sha2';
import {
  MerkleTree,
  signCheckpoint,
  signCompromise,
  signKeyChange,
  verifierKeyText,
} from '@flexledger/merkle-log';
import { type CloudEventLike, hashOfEvent } from './event-bytes';
import {
  type ConsistencyAnswer,
  type InclusionAnswer,
  checkAnchor,
  checkConsistency,
  checkHash,
  checkInclusion,
  checkKey,
  checkLeaf,
  checkSignature,
} from './verify';
import { fromHex, hex } from './hex';

const SECRET = new Uint8Array(32).fill(7);
const KEY = { origin: 'market.example/log', publicKey: hex(ed25519.getPublicKey(SECRET)) };
const SIZE = 11;
const INDEX = 6;

const unhashed: CloudEventLike = {
  id: '79ffabb5-9fdc-8be4-a9d7-2efb028fdac3',
  type: 'flexledger.NodeConnected',
  subject: 'node-1',
  time: '2026-03-17T10:00:00.000Z',
  data: { podId: 'IT002E1' },
  position: 42,
  revision: 0,
  schemaversion: 1,
  correlationid: 'c',
  causationid: 'c',
  actor: 'node:IT002E1',
  hash: '',
};
const event = { ...unhashed, hash: hashOfEvent(unhashed) };

const tree = new MerkleTree(sha256);
for (let index = 0; index < SIZE; index += 1) {
  tree.append(index === INDEX ? fromHex(event.hash) : sha256(Uint8Array.of(index)));
}
const note = signCheckpoint(
  sha256,
  { origin: KEY.origin, size: SIZE, root: tree.root(SIZE) },
  { name: KEY.origin, publicKey: fromHex(KEY.publicKey) },
  (message) => ed25519.sign(message, SECRET),
);
const { checkpoint } = checkSignature(note, KEY);
const claim: InclusionAnswer = {
  index: INDEX,
  position: 42,
  size: SIZE,
  leafHash: hex(tree.leafHashAt(INDEX)),
  root: hex(tree.root(SIZE)),
  proof: tree.inclusionProof(INDEX, SIZE).map(hex),
};
const consistency: ConsistencyAnswer = {
  from: 5,
  to: SIZE,
  fromRoot: hex(tree.root(5)),
  toRoot: hex(tree.root(SIZE)),
  proof: tree.consistencyProof(5, SIZE).map(hex),
};
const seen = { size: 5, root: hex(tree.root(5)) };

/** With its first digit another. */
const flipped = (digits: string): string => (digits.startsWith('0') ? '1' : '0') + digits.slice(1);

it('finds good what is', () => {
  const steps = [
    checkHash(event),
    checkLeaf(event.hash, claim),
    checkInclusion(event.hash, claim, checkpoint!),
    checkSignature(note, KEY).step,
    checkConsistency(seen, consistency, checkpoint!),
    checkKey(KEY, { key: KEY }),
    checkAnchor(seen, seen.root),
  ];
  expect(steps.map(({ name, state }) => [name, state])).toEqual([
    ['Event hash', 'good'],
    ['Leaf', 'good'],
    ['Inclusion', 'good'],
    ['Checkpoint signature', 'good'],
    ['Consistency', 'good'],
    ['Key of the log', 'good'],
    ['On the chain', 'good'],
  ]);
});

it.each(['id', 'type', 'subject', 'time', 'actor', 'correlationid', 'causationid'] as const)(
  'a changed byte in %s shows in the hash of the event',
  (member) => {
    const changed = { ...event, [member]: `${event[member]}x` };
    expect(checkHash(changed)).toMatchObject({ name: 'Event hash', state: 'bad' });
  },
);

it('a changed byte in its data shows, one in the order of its members does not', () => {
  expect(checkHash({ ...event, data: { podId: 'IT002E2' } }).state).toBe('bad');
  const two = { ...unhashed, data: { a: 1, b: 2 } };
  const hashed = { ...two, data: { b: 2, a: 1 }, hash: hashOfEvent(two) };
  expect(checkHash(hashed).state).toBe('good');
});

it('does not judge an event of which only one’s own rows are shown', () => {
  expect(checkHash({ ...event, data: {}, flexledgerpartial: true }).state).toBe('open');
});

it('a proof of another event, a changed hash in it and another root show', () => {
  expect(checkLeaf(flipped(event.hash), claim).state).toBe('bad');
  const changed = { ...claim, proof: [flipped(claim.proof[0]!), ...claim.proof.slice(1)] };
  expect(checkInclusion(event.hash, changed, checkpoint!)).toMatchObject({
    state: 'bad',
    detail: 'The hashes of the proof do not lead to the root.',
  });
  const other = { ...claim, root: flipped(claim.root) };
  expect(checkInclusion(event.hash, other, checkpoint!)).toMatchObject({
    state: 'bad',
    detail: 'The proof is to another root than the signed checkpoint has.',
  });
});

it.each([
  ['another size', note.replace('\n11\n', '\n12\n')],
  ['another name', note.replaceAll('market.example', 'other.example')],
  ['no signature', note.split('\u2014')[0]!],
  ['nothing', ''],
])('a checkpoint with %s is not signed by the key', (_, text) => {
  expect(checkSignature(text, KEY)).toMatchObject({
    step: { state: 'bad' },
    checkpoint: undefined,
  });
});

it('a log that does not begin with what was seen, and one of another key, show', () => {
  const other = { size: 5, root: flipped(seen.root) };
  expect(checkConsistency(other, consistency, checkpoint!).state).toBe('bad');
  const larger = { size: 12, root: seen.root };
  const none = { from: 12, to: SIZE, fromRoot: '', toRoot: '', proof: [] };
  expect(checkConsistency(larger, none, checkpoint!).state).toBe('bad');
  expect(checkKey({ ...KEY, publicKey: flipped(KEY.publicKey) }, { key: KEY }).state).toBe('bad');
  expect(checkAnchor(seen, flipped(seen.root)).state).toBe('bad');
});

describe('a log that is signed with another key than this browser met', () => {
  const signerOf = (digit: number, name = KEY.origin) => {
    const secret = new Uint8Array(32).fill(digit);
    const key = { name, publicKey: ed25519.getPublicKey(secret) };
    return { key, sign: (message: Uint8Array) => ed25519.sign(message, secret) };
  };
  const [first, next, thief] = [signerOf(7), signerOf(8), signerOf(9)];
  const recovery = signerOf(10, `${KEY.origin}/recovery`);
  const recoveryKey = verifierKeyText(sha256, recovery.key);
  const sealed = { origin: KEY.origin, size: SIZE, root: tree.root(SIZE) };
  const now = { origin: KEY.origin, publicKey: hex(next.key.publicKey) };
  const over = signKeyChange(sha256, sealed, first, next);
  const keys = { ended: first.key, next: next.key, recovery };
  const ended = signCompromise(sha256, sealed, keys);

  it('is followed by a hand-over that both keys have signed', () => {
    const { state, detail } = checkKey(now, { key: KEY }, [over]);
    expect([state, detail]).toEqual(['good', expect.stringContaining('1 times.')]);
  });

  it('is followed by the recovery key that was known before, whatever the ended key has signed', () => {
    const stolen = signKeyChange(sha256, sealed, first, thief);
    const { state, detail } = checkKey(now, { key: KEY, recoveryKey }, [stolen, ended]);
    expect([state, detail]).toEqual(['good', expect.stringContaining('ended by its recovery key')]);
    const taken = { origin: KEY.origin, publicKey: hex(thief.key.publicKey) };
    expect(checkKey(taken, { key: KEY, recoveryKey }, [stolen, ended]).state).toBe('bad');
  });

  it.each([
    ['no statement', {}, []],
    ['a compromise, where no recovery key was known', {}, [ended]],
    [
      'a compromise by another recovery key',
      { recoveryKey: verifierKeyText(sha256, thief.key) },
      [ended],
    ],
    [
      'a hand-over that the new key alone has signed',
      {},
      [signKeyChange(sha256, sealed, next, next)],
    ],
  ])('is not followed by %s', (_, known, statements) => {
    expect(checkKey(now, { key: KEY, ...known }, statements).state).toBe('bad');
  });
});
