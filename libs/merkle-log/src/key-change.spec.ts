import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto';
import {
  CheckpointError,
  type NoteKey,
  type VerifyEd25519,
  keyChangesFrom,
  noteSignature,
  signCompromise,
  signKeyChange,
  verifyKeyChange,
} from './index';

/** Goal: who holds a log's key follows it to the next one, and nobody else leads anywhere. */
const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');
const ORIGIN = 'example.com/log';
const checkpoint = { origin: ORIGIN, size: 7, root: sha256(new Uint8Array(1)) };

function signer(digit: string) {
  const privateKey = createPrivateKey({
    key: Buffer.from(`302e020100300506032b657004220420${digit.repeat(64)}`, 'hex'),
    format: 'der',
    type: 'pkcs8',
  });
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const key: NoteKey = { name: ORIGIN, publicKey: Uint8Array.from(der.subarray(-32)) };
  return { key, sign: (message: Uint8Array): Uint8Array => sign(null, message, privateKey) };
}

const [old, next, foreign] = [signer('1'), signer('2'), signer('3')];

const verifyEd25519: VerifyEd25519 = (raw, message, signature) => {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return verify(null, message, key, signature);
};

const verified = (statement: string, { key } = old) =>
  verifyKeyChange(sha256, statement, { origin: ORIGIN, key }, verifyEd25519);

const statement = signKeyChange(sha256, checkpoint, old, next);
const body = statement.slice(0, statement.indexOf('\n\n') + 1);
const signedBy = (text: string, ...signers: (typeof old)[]): string =>
  `${text}\n${signers.map(({ key, sign: by }) => noteSignature(sha256, text, key, by)).join('')}`;

describe('a change of the key', () => {
  it('names the key that follows and the last checkpoint before', () => {
    const { checkpoint: last, key } = verified(statement);
    expect([last.size, Buffer.from(last.root)]).toEqual([7, Buffer.from(checkpoint.root)]);
    expect(key).toEqual(next.key);
  });

  it.each([
    ['the old key alone has signed', signedBy(body, old)],
    ['the new key alone has signed', signedBy(body, next)],
    ['somebody else has signed for the old key', signedBy(body, foreign, next)],
    ['no key is named', signedBy(body.split('\n').slice(0, 3).join('\n') + '\n', old, next)],
    ['two keys are named', signedBy(`${body}next-key x\n`, old, next)],
    [
      'another key is named than has signed',
      signKeyChange(sha256, checkpoint, old, next).replace(/next-key \S+/, 'next-key x'),
    ],
    ['it is cut short', statement.slice(0, -20)],
  ])('is none where %s', (_, text) => {
    expect(() => verified(text)).toThrow(CheckpointError);
  });

  it('is none for who trusts another key', () => {
    expect(() => verified(statement, foreign)).toThrow(CheckpointError);
  });
});

describe('a key that is stated compromised', () => {
  const recovery = { ...signer('4'), key: { ...signer('4').key, name: `${ORIGIN}/recovery` } };
  const thief = signer('5');
  const known = { origin: ORIGIN, key: old.key, recoveryKey: recovery.key };
  const ended = signCompromise(sha256, checkpoint, { ended: old.key, next: next.key, recovery });
  const text = ended.slice(0, ended.indexOf('\n\n') + 1);

  it('is followed by the key that the recovery key names, from the checkpoint on that it names', () => {
    const change = verifyKeyChange(sha256, ended, known, verifyEd25519);
    expect(change).toMatchObject({ key: next.key, isCompromise: true });
    expect(change.checkpoint.size).toBe(7);
  });

  it.each([
    ['who knows no recovery key', ended, { ...known, recoveryKey: undefined }],
    ['who knows another recovery key', ended, { ...known, recoveryKey: thief.key }],
    ['whose log has another key', ended, { ...known, key: thief.key }],
    ['a statement that the key itself has signed', signedBy(text, old, next), known],
    ['a statement cut short', ended.slice(0, -20), known],
    [
      'lines that are others',
      signedBy(text.replace('compromised-key', 'lost-key'), recovery),
      known,
    ],
  ])('is none for %s', (_, told, log) => {
    expect(() => verifyKeyChange(sha256, told, log, verifyEd25519)).toThrow(CheckpointError);
  });

  it('hands nothing over any more: what its thief has signed leads nowhere', () => {
    const stolen = signKeyChange(sha256, checkpoint, old, thief);
    const led = (statements: readonly string[]) =>
      keyChangesFrom(sha256, statements, known, verifyEd25519).map(({ key }) => key);
    expect(led([stolen, ended])).toEqual([next.key]);
    expect(led([stolen])).toEqual([thief.key]);
  });

  it('may have been the third of a log', () => {
    const third = signer('6');
    const over = signKeyChange(sha256, checkpoint, next, third);
    const changes = keyChangesFrom(sha256, [over, 'none', ended], known, verifyEd25519);
    expect(changes.map(({ isCompromise }) => isCompromise)).toEqual([true, false]);
    expect(changes.at(-1)!.key).toEqual(third.key);
  });
});
