/**
 * The pure hashes against Node's own: the bytes of every text, however it is written, and the hash of
 * an event as anyone computes it who has only RFC 8785 and SHA-256.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json';
import { documentDigest, eventHash } from './event-hash';
import { type Sha256, fromHex, sha256Hex, sha256HexOfPieces, toHex } from './sha256';
import { rowChecksum } from './stored-row';

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const ofNode = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
/** Lone surrogates too, which have no UTF-8 of their own. */
const texts = fc.string({ unit: 'binary' });

it('hashes the UTF-8 of a text, in one or in pieces', () => {
  fc.assert(
    fc.property(texts, fc.array(fc.string({ unit: 'grapheme' })), (text, pieces) => {
      expect(sha256Hex(sha256, text)).toBe(ofNode(text));
      expect(sha256HexOfPieces(sha256, pieces)).toBe(ofNode(pieces.join('')));
    }),
  );
});

it('writes bytes as hex and reads them again, and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
      expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
    }),
  );
  for (const text of ['a', 'ag', '0x00', 'a b ']) expect(() => fromHex(text)).toThrow(RangeError);
});

it('the event hash is that of the canonical JSON of the whole envelope', () => {
  const envelope = fc.record({
    actor: texts,
    causationId: texts,
    correlationId: texts,
    id: texts,
    occurredAt: texts,
    revision: fc.nat(),
    schemaVersion: fc.nat(),
    streamId: texts,
    type: texts,
  });
  fc.assert(
    fc.property(envelope, fc.dictionary(texts, fc.jsonValue()), (fields, data) => {
      const expected = documentDigest(sha256, { ...fields, data });
      const event = { ...fields, dataJson: canonicalJson(data) };
      expect(eventHash(sha256, event)).toBe(expected);
      // Data in another form is another event.
      expect(eventHash(sha256, { ...event, dataJson: ` ${event.dataJson}` })).not.toBe(expected);
    }),
  );
});

describe('canonical JSON', () => {
  it.each([['\ud800'], ['a\udc00b'], ['\\\\\ud83d'], ['\udc00\ud800']])(
    'has no form for half a surrogate pair: %j',
    (text) => {
      expect(() => canonicalJson({ text })).toThrow('half a surrogate pair');
      expect(() => canonicalJson({ [text]: 1 })).toThrow('half a surrogate pair');
    },
  );

  it.each([['😀'], ['\\ud800'], ['\\\\ud800'], ['\\u'], ['ud800']])('has one for %j', (text) => {
    expect(JSON.parse(canonicalJson({ [text]: text }))).toEqual({ [text]: text });
  });
});

it('the checksum of a row is of its position, the time of its recording and its hash', () => {
  const row = { position: 7, recordedAt: '2026-03-17T10:00:00.000Z', hash: 'ab' };
  expect(rowChecksum(sha256, row)).toBe(ofNode(`7|${row.recordedAt}|ab`).slice(0, 16));
});
