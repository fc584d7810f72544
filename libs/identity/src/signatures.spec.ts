import { p256 } from '@noble/curves/nist.js';
import * as fc from 'fast-check';
import { signMessageDeterministic } from './deterministic-signature';
import { sha256 } from './hash';
import {
  ed25519KeyFrom,
  generateNodeKey,
  nodeKeyFrom,
  signEd25519,
  signMessage,
  verifyEd25519,
  verifyMessage,
} from './signatures';

// Goal: signatures are those of the standards, and nothing malformed passes or throws. Method: the
// standards' own vectors, and an independent implementation (@noble/curves) on random keys.

const privateKeys = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'))
  .filter((hex) => p256.utils.isValidSecretKey(Buffer.from(hex, 'hex')));
const messages = fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array());
const asBytes = (message: string | Uint8Array): Uint8Array =>
  typeof message === 'string' ? Buffer.from(message) : message;

describe('the deterministic signature', () => {
  // RFC 6979, appendix A.2.5.
  const key = 'c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721';

  it.each([
    [
      'sample',
      'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716' +
        'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
    ],
    [
      'test',
      'f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367' +
        '019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083',
    ],
  ])('of "%s" is that of RFC 6979', (message, signature) => {
    expect(signMessageDeterministic(key, message)).toBe(signature);
  });

  it('equals that of an independent implementation', () => {
    fc.assert(
      fc.property(privateKeys, messages, (privateKey, message) => {
        const digest = sha256(asBytes(message));
        const expected = p256.sign(digest, privateKey, { prehash: false, lowS: false });
        expect(signMessageDeterministic(privateKey, message)).toBe(expected.toCompactHex());
      }),
    );
  });

  it.each(['00'.repeat(32), 'ff'.repeat(32), 'ab', ''])('refuses the private key %s', (bad) => {
    expect(() => signMessageDeterministic(bad, 'x')).toThrow(
      'A P-256 private key must be 32 bytes',
    );
  });
});

describe('a node key', () => {
  it('is made anew each time and follows from its private part', () => {
    const one = generateNodeKey();
    expect(generateNodeKey()).not.toEqual(one);
    expect(nodeKeyFrom(one.privateKey)).toEqual(one);
  });

  it('has the public point an independent implementation computes', () => {
    fc.assert(
      fc.property(privateKeys, (privateKey) => {
        const point = Buffer.from(p256.getPublicKey(privateKey, false)).toString('hex');
        expect(nodeKeyFrom(privateKey)).toEqual({ privateKey, publicKey: point });
      }),
    );
  });

  it.each(['00'.repeat(32), 'ff'.repeat(32), 'AB'.repeat(32), 'ab', ''])('cannot be %s', (bad) => {
    expect(() => nodeKeyFrom(bad)).toThrow('A P-256 private key must be');
  });
});

describe('verifying a node signature', () => {
  const { privateKey, publicKey } = nodeKeyFrom('01'.repeat(32));
  const signature = signMessage(privateKey, 'message');

  it('accepts both ways of signing, over text and over its bytes', () => {
    fc.assert(
      fc.property(privateKeys, messages, (key, message) => {
        const node = nodeKeyFrom(key);
        const random = signMessage(key, message);
        expect(verifyMessage(node.publicKey, message, random)).toBe(true);
        const deterministic = signMessageDeterministic(key, message);
        expect(verifyMessage(node.publicKey, asBytes(message), deterministic)).toBe(true);
      }),
    );
  });

  it('accepts a signature over the digest by hardware that signs digests', () => {
    const digest = sha256('message');
    const raw = p256.sign(digest, privateKey, { prehash: false }).toCompactHex();
    expect(verifyMessage(publicKey, 'message', raw)).toBe(true);
  });

  it('refuses any other message, key or signature', () => {
    expect(verifyMessage(publicKey, 'messagf', signature)).toBe(false);
    expect(verifyMessage(nodeKeyFrom('02'.repeat(32)).publicKey, 'message', signature)).toBe(false);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 511 }), (bit) => {
        const flipped = Buffer.from(signature, 'hex');
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(verifyMessage(publicKey, 'message', flipped.toString('hex'))).toBe(false);
      }),
    );
  });

  it.each([
    ['a point off the curve', `04${'ab'.repeat(64)}`, signature],
    ['an empty key', '', signature],
    ['a compressed point', `02${publicKey.slice(2, 66)}`, signature],
    ['a key in upper case', publicKey.toUpperCase(), signature],
    ['an empty signature', publicKey, ''],
    ['a signature of zeros', publicKey, '00'.repeat(64)],
    ['a signature cut short', publicKey, signature.slice(2)],
    ['a signature with a stray sign', publicKey, `${signature.slice(0, -1)}g`],
  ])('answers no to %s', (_name, key, given) => {
    expect(verifyMessage(key, 'message', given)).toBe(false);
  });

  it('remembers a bounded number of keys and verifies beyond it', () => {
    for (let i = 1; i <= 300; i += 1) {
      const node = nodeKeyFrom(i.toString(16).padStart(64, '0'));
      expect(verifyMessage(node.publicKey, 'm', signMessage(node.privateKey, 'm'))).toBe(true);
    }
  });
});

describe('Ed25519', () => {
  // RFC 8032, section 7.1, test 3.
  const seed = 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7';
  const publicKey = 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025';
  const signature =
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
    '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a';
  const raw = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
  const message = raw('af82');

  it('is that of RFC 8032', () => {
    expect(ed25519KeyFrom(seed)).toEqual({ privateKey: seed, publicKey });
    expect(Buffer.from(signEd25519(seed, message)).toString('hex')).toBe(signature);
    expect(verifyEd25519(raw(publicKey), message, raw(signature))).toBe(true);
  });

  it('answers no to another message and to anything malformed', () => {
    expect(verifyEd25519(raw(publicKey), Buffer.from('other'), raw(signature))).toBe(false);
    expect(verifyEd25519(raw(''), message, raw(signature))).toBe(false);
    expect(verifyEd25519(raw('ff'.repeat(32)), message, raw(signature))).toBe(false);
    expect(verifyEd25519(raw(publicKey), message, raw(signature.slice(2)))).toBe(false);
  });

  it('refuses a seed that is not 32 bytes', () => {
    expect(() => ed25519KeyFrom('ab')).toThrow('An Ed25519 seed must be 32 bytes');
  });
});
