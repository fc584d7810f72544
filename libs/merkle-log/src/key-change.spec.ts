import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto';
import {
  CheckpointError,
  type NoteKey,
  noteSignature,
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

function verified(statement: string, { key } = old) {
  return verifyKeyChange(sha256, statement, { origin: ORIGIN, key }, (raw, message, signature) => {
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]);
    return verify(
      null,
      message,
      createPublicKey({ key: der, format: 'der', type: 'spki' }),
      signature,
    );
  });
}

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
