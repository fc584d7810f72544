import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import {
  type Sha256,
  CheckpointError,
  NOTE_KEY_TYPES,
  cosignatureLine,
  cosignedAtS,
  parseCheckpoint,
  parseVerifierKey,
  signCheckpoint,
  verifierKeyText,
} from './index';

/** Goal: a witness's word is worth its key, its checkpoint and its time, and nothing else. */
const sha256: Sha256 = (bytes) => hash('sha256', bytes, 'buffer');

function signer(seed: string) {
  const der = Buffer.from('302e020100300506032b657004220420' + seed.repeat(32), 'hex');
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    publicKey: Uint8Array.from(spki.subarray(-32)),
    sign: (message: Uint8Array): Uint8Array => sign(null, message, privateKey),
  };
}

function verifyEd25519(raw: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]);
  return verify(null, message, createPublicKey({ key, format: 'der', type: 'spki' }), signature);
}

const log = signer('11');
const tso = signer('22');
const logKey = { name: 'example.com/log42', publicKey: log.publicKey };
const witnessKey = { name: 'example.org/tso', publicKey: tso.publicKey };
const signed = signCheckpoint(
  sha256,
  { origin: logKey.name, size: 7, root: sha256(new Uint8Array(1)) },
  logKey,
  log.sign,
);
const { signedText } = parseCheckpoint(signed);
const lineAt = (timeS: number): string =>
  cosignatureLine(sha256, signedText, witnessKey, timeS, tso.sign);
const seenIn = (note: string, key = witnessKey): number | undefined =>
  cosignedAtS(sha256, parseCheckpoint(note), key, verifyEd25519);

describe('a verifier key', () => {
  const published = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';

  it('of another log is read and written as it was published', () => {
    const key = parseVerifierKey(sha256, published);
    expect(key.name).toBe('sum.golang.org');
    expect(verifierKeyText(sha256, key)).toBe(published);
  });

  it('of a witness is not taken for one of a log', () => {
    const text = verifierKeyText(sha256, witnessKey, NOTE_KEY_TYPES.cosignature);
    expect(parseVerifierKey(sha256, text, NOTE_KEY_TYPES.cosignature)).toEqual(witnessKey);
    expect(() => parseVerifierKey(sha256, text)).toThrow(CheckpointError);
  });

  it.each([
    ['nothing', ''],
    ['no key', 'sum.golang.org+033de0ae'],
    ['another key id', published.replace('033de0ae', '033de0af')],
    ['half a key', published.slice(0, -8)],
    ['a name with a space', published.replace('sum.golang', 'sum golang')],
  ])('is refused as %s', (_, text) => {
    expect(() => parseVerifierKey(sha256, text)).toThrow(CheckpointError);
  });
});

describe('a cosignature', () => {
  it('tells when the witness saw the checkpoint', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (timeS) => {
        expect(seenIn(signed + lineAt(timeS))).toBe(timeS);
      }),
      { numRuns: 50 },
    );
  });

  it('counts by its first time where there are several', () => {
    expect(seenIn(signed + lineAt(20) + lineAt(10))).toBe(10);
  });

  it('of another witness, or of none, is none', () => {
    expect(seenIn(signed)).toBeUndefined();
    const other = { ...witnessKey, publicKey: log.publicKey };
    expect(seenIn(signed + lineAt(5), other)).toBeUndefined();
  });

  it('of another checkpoint or another time is none', () => {
    const payload = Buffer.from(/([A-Za-z0-9+/=]+)\n$/.exec(lineAt(5))![1]!, 'base64');
    payload.writeUInt8(6, 11);
    const later = `\u2014 ${witnessKey.name} ${payload.toString('base64')}\n`;
    expect(seenIn(signed + later)).toBeUndefined();
    const bigger = signed.replace('\n7\n', '\n8\n') + lineAt(5);
    expect(seenIn(bigger)).toBeUndefined();
  });
});
