import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import {
  type Checkpoint,
  CheckpointError,
  noteKeyId,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
} from './index';

/**
 * Goal: checkpoints that other implementations of C2SP tlog-checkpoint accept, and no forged one
 * accepted. Method: a signed tree head of the public Go checksum database, laws, and a table of malformations.
 */
const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');

/** DER around a raw Ed25519 key (RFC 8410). */
const PRIVATE_PREFIX = '302e020100300506032b657004220420';
const PUBLIC_PREFIX = '302a300506032b6570032100';

const privateKey = createPrivateKey({
  key: Buffer.from(PRIVATE_PREFIX + '11'.repeat(32), 'hex'),
  format: 'der',
  type: 'pkcs8',
});
const publicKey = Uint8Array.from(
  createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32),
);
const key = { name: 'example.com/log42', publicKey };
const expected = { origin: 'example.com/log42', key };

const signEd25519 = (message: Uint8Array): Uint8Array => sign(null, message, privateKey);
function verifyEd25519(raw: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const der = Buffer.concat([Buffer.from(PUBLIC_PREFIX, 'hex'), raw]);
  const imported = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return verify(null, message, imported, signature);
}

const checkpoint: Checkpoint = {
  origin: 'example.com/log42',
  size: 20852163,
  root: sha256(new Uint8Array(0)),
};
const text = signCheckpoint(sha256, checkpoint, key, signEd25519);
const verified = (note: string) => verifyCheckpoint(sha256, note, expected, verifyEd25519);

describe('a checkpoint of another implementation', () => {
  // Published as sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8.
  const published = Buffer.from('Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8', 'base64');
  const sumdb = { name: 'sum.golang.org', publicKey: published.subarray(1) };
  const treeHead =
    'go.sum database tree\n6476701\nmb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n\n' +
    '\u2014 sum.golang.org Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=\n';

  it('has the published key id', () => {
    expect(published[0]).toBe(0x01);
    expect(Buffer.from(noteKeyId(sha256, sumdb)).toString('hex')).toBe('033de0ae');
  });

  it('verifies', () => {
    const origin = 'go.sum database tree';
    const head = verifyCheckpoint(sha256, treeHead, { origin, key: sumdb }, verifyEd25519);
    expect(head.size).toBe(6476701);
  });
});

describe('a signed checkpoint', () => {
  it('reads as the format says', () => {
    const lines = text.split('\n');
    expect(lines.slice(0, 4)).toEqual([
      'example.com/log42',
      '20852163',
      '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
      '',
    ]);
    expect(lines[4]).toMatch(/^\u2014 example\.com\/log42 [A-Za-z0-9+/]+=*$/);
    expect(lines.slice(5)).toEqual(['']);
  });

  it('gives back what was signed', () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (size, root) => {
          const note = signCheckpoint(sha256, { ...checkpoint, size, root }, key, signEd25519);
          expect(verified(note)).toMatchObject({ origin: checkpoint.origin, size, root });
        },
      ),
    );
  });

  it('does not verify after any one character was changed', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(...'A1 \n+'), (at, character) => {
        fc.pre(text[at] !== character);
        const forged = text.slice(0, at) + character + text.slice(at + 1);
        expect(() => verified(forged)).toThrow(CheckpointError);
      }),
    );
  });

  it('verifies beside the signature of a witness, which is kept', () => {
    const witness = `\u2014 witness.example/w1 ${Buffer.alloc(76, 1).toString('base64')}\n`;
    expect(verified(text + witness).signatures.map((line) => line.name)).toEqual([
      'example.com/log42',
      'witness.example/w1',
    ]);
  });

  it('is refused when one of two lines of the same key does not verify', () => {
    const payload = Buffer.concat([noteKeyId(sha256, key), Buffer.alloc(64, 1)]);
    const forged = `\u2014 ${key.name} ${payload.toString('base64')}\n`;
    expect(() => verified(text + forged)).toThrow('does not verify');
  });

  it('may have extension lines, which are signed too', () => {
    const body = text.slice(0, text.indexOf('\n\n') + 1) + 'an extension\n';
    const payload = Buffer.concat([noteKeyId(sha256, key), signEd25519(Buffer.from(body))]);
    const note = `${body}\n\u2014 ${key.name} ${payload.toString('base64')}\n`;
    expect(verified(note).extensionLines).toEqual(['an extension']);
    expect(() => verified(note.replace('an ext', 'no ext'))).toThrow('does not verify');
  });

  it('of another log is refused by name', () => {
    const other = { ...expected, origin: 'example.com/log43' };
    expect(() => verifyCheckpoint(sha256, text, other, verifyEd25519)).toThrow(
      'is of log "example.com/log42"; one of "example.com/log43" is expected',
    );
  });

  it('of the same name but another key is refused', () => {
    const otherKey = { ...key, publicKey: Uint8Array.from(publicKey).reverse() };
    expect(() =>
      verifyCheckpoint(sha256, text, { ...expected, key: otherKey }, verifyEd25519),
    ).toThrow('is not signed by "example.com/log42" with the given key');
  });
});

describe('a text that is no checkpoint', () => {
  const [origin, size, root] = text.split('\n') as [string, string, string];
  const line = text.split('\n')[4]!;

  it.each([
    ['empty', ''],
    ['without a blank line', `${origin}\n${size}\n${root}\n${line}\n`],
    ['without its last newline', text.slice(0, -1)],
    ['without a signature', `${origin}\n${size}\n${root}\n\n`],
    ['without a root', `${origin}\n${size}\n\n${line}\n`],
    ['with an empty origin', `\n${size}\n${root}\n\n${line}\n`],
    ['with an empty line in it', `${origin}\n${size}\n${root}\n\nx\n\n${line}\n`],
    ['with a size that begins with zero', `${origin}\n0${size}\n${root}\n\n${line}\n`],
    ['with a negative size', `${origin}\n-1\n${root}\n\n${line}\n`],
    ['with a size beyond 2^53', `${origin}\n9007199254740992\n${root}\n\n${line}\n`],
    ['with a root of 31 bytes', `${origin}\n${size}\n${'A'.repeat(41)}A==\n\n${line}\n`],
    ['with base64 that is not canonical', `${origin}\n${size}\n${'A'.repeat(42)}B=\n\n${line}\n`],
    ['with a hyphen for the dash', text.replace('\u2014', '-')],
    ['with a plus in the key name', text.replace('\u2014 ex', '\u2014 +ex')],
    ['with a tab', text.replace('example', 'exam\tple')],
    ['with 65 signatures', `${text}${`${line}\n`.repeat(64)}`],
  ])('%s is refused', (_, note) => {
    expect(() => parseCheckpoint(note)).toThrow(CheckpointError);
  });

  it.each([
    ['an origin of two lines', { ...checkpoint, origin: 'a\nb' }, key],
    ['an empty origin', { ...checkpoint, origin: '' }, key],
    ['a negative size', { ...checkpoint, size: -1 }, key],
    ['a short root', { ...checkpoint, root: new Uint8Array(31) }, key],
    ['a key name with a space', checkpoint, { ...key, name: 'a b' }],
    ['a key of 31 bytes', checkpoint, { ...key, publicKey: new Uint8Array(31) }],
  ])('is not made from %s', (_, bad, signer) => {
    expect(() => signCheckpoint(sha256, bad, signer, signEd25519)).toThrow(RangeError);
  });
});
