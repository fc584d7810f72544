/**
 * The pure hashes against Node's own: the bytes of every text, however it is written, and the hash of
 * an event as anyone computes it who has only RFC 8785 and SHA-256.
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
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

describe('canonical JSON is what the library of RFC 8785 writes', () => {
  /** Also keys that an engine places by itself, and what JSON leaves out. */
  const keys = fc.oneof(
    texts,
    fc.nat({ max: 20 }).map(String),
    fc.constantFrom('__proto__', '01', 'a', 'b'),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.string({ unit: 'grapheme' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(null, true, false, undefined, -0, 1e21, new Date(0)),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(keys, tie('value'), { maxKeys: 40, noNullPrototype: false }),
    ),
  }));
  const isWhole = (text: string): boolean => !/\\ud[89a-f]/.test(text);

  it('for any value', () => {
    fc.assert(
      fc.property(value, (given) => {
        const expected = canonicalize(given);
        fc.pre(expected !== undefined && isWhole(expected));
        const before = JSON.stringify(given);
        expect(canonicalJson(given)).toBe(expected);
        expect(JSON.stringify(given)).toBe(before);
      }),
    );
  });

  it.each([[NaN], [Infinity], [{ a: [-Infinity] }], [1n], [() => 1], [undefined], [Symbol('a')]])(
    'and %p has none',
    (given) => {
      expect(() => canonicalJson(given)).toThrow();
    },
  );

  it.each([
    [{ b: 1, a: { toJSON: () => ({ d: 1, c: 2 }) } }],
    [
      {
        b: new Map([[1, 2]]),
        a: new (class {
          y = 1;
          x = 2;
        })(),
      },
    ],
    [Object.assign([1, 2], { toJSON: () => 'list' })],
    [{ b: [undefined, 1], a: undefined }],
    [Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`k${(at * 37) % 100}`, at]))],
  ])('for %j', (given: object) => {
    expect(canonicalJson(given)).toBe(canonicalize(given));
  });
});

it('the checksum of a row is of its position, the time of its recording and its hash', () => {
  const row = { position: 7, recordedAt: '2026-03-17T10:00:00.000Z', hash: 'ab' };
  expect(rowChecksum(sha256, row)).toBe(ofNode(`7|${row.recordedAt}|ab`).slice(0, 16));
});
