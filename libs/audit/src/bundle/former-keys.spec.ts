/** Goal: what a log signed before its key was another is still the log's, and nothing that the old key signs later. */
import { ed25519KeyFrom, sha256, signEd25519 } from '@flexledger/identity';
import {
  type NoteSigner,
  MerkleTree,
  signCheckpoint,
  signCompromise,
  signKeyChange,
  verifierKeyText,
} from '@flexledger/merkle-log';
import { tools } from '../testing/node-tools';
import { type FormerKey, type TrustPolicy, TRUST_DEFAULTS } from '../trust-policy';
import { signedByFormerKey } from './former-keys';

const origin = 'flexledger/test';
const signer = (seed: string): NoteSigner => {
  const { publicKey, privateKey } = ed25519KeyFrom(seed.repeat(32));
  return {
    key: { name: origin, publicKey: Buffer.from(publicKey, 'hex') },
    sign: (message) => signEd25519(privateKey, message),
  };
};
const [first, second, third, stranger] = ['01', '02', '03', '04'].map(signer) as [
  NoteSigner,
  NoteSigner,
  NoteSigner,
  NoteSigner,
];
const keyText = ({ key }: NoteSigner): string => verifierKeyText(sha256, key);

const tree = new MerkleTree(sha256);
for (let leaf = 0; leaf < 30; leaf += 1) tree.append(Buffer.alloc(32, leaf));
const note = (size: number, { key, sign }: NoteSigner, root = tree.root(size)): string =>
  signCheckpoint(sha256, { origin, size, root }, key, sign);
const former = (before: NoteSigner, after: NoteSigner, size: number): FormerKey => ({
  key: keyText(before),
  statement: signKeyChange(sha256, { origin, size, root: tree.root(size) }, before, after),
});

const formerKeys = [former(first, second, 10), former(second, third, 20)];
const accepted = (text: string, keys: readonly FormerKey[] = formerKeys): boolean => {
  const trust = { ...TRUST_DEFAULTS, origin, logKey: keyText(third), formerKeys: keys };
  return signedByFormerKey(text, trust as unknown as TrustPolicy, tools) !== undefined;
};

it('takes what each former key has signed, up to where it handed over', () => {
  expect(
    [note(7, first), note(10, first), note(15, second), note(20, second)].map((text) =>
      accepted(text),
    ),
  ).toEqual([true, true, true, true]);
});

it('takes nothing that a former key signed after that, nor another root of where it did', () => {
  const forged = note(10, first, Buffer.alloc(32, 9));
  expect([note(11, first), note(21, second), forged].map((text) => accepted(text))).toEqual([
    false,
    false,
    false,
  ]);
});

it('takes nothing of a key that none of those that followed was handed over by', () => {
  expect(accepted(note(7, stranger))).toBe(false);
  const byItself = { key: keyText(stranger), statement: former(stranger, stranger, 10).statement };
  expect(accepted(note(7, stranger), [byItself])).toBe(false);
  expect(accepted(note(7, first), [formerKeys[0]!])).toBe(false);
  const torn = { key: keyText(first), statement: former(stranger, second, 10).statement };
  expect(accepted(note(7, first), [torn, formerKeys[1]!])).toBe(false);
});

it('takes nothing where the file names no former key', () => {
  expect(accepted(note(7, first), [])).toBe(false);
});

describe('of a key that was stated compromised', () => {
  const size = 12;
  const statement = signCompromise(
    sha256,
    { origin, size, root: tree.root(size) },
    { ended: first.key, next: third.key, recovery: stranger },
  );
  const acceptedBy = (text: string, recoveryKey?: string): boolean =>
    signedByFormerKey(
      text,
      {
        origin,
        logKey: keyText(third),
        formerKeys: [{ key: keyText(first), statement }],
        ...(recoveryKey !== undefined && { recoveryKey }),
      },
      tools,
    ) !== undefined;

  it('takes what it signed up to where it is believed, and nothing beyond', () => {
    const recoveryKey = keyText(stranger);
    expect(acceptedBy(note(12, first), recoveryKey)).toBe(true);
    expect(acceptedBy(note(13, first), recoveryKey)).toBe(false);
  });

  it('takes nothing where no recovery key is trusted, or another', () => {
    expect(acceptedBy(note(12, first))).toBe(false);
    expect(acceptedBy(note(12, first), keyText(second))).toBe(false);
  });
});
