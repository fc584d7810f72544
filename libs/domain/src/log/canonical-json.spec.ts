/** The canonical text of any document is that of the library, which hashes in stored logs rest on. */
import canonicalize from 'canonicalize';
import * as fc from 'fast-check';
import { canonicalJson } from './canonical-json';

const scalars = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.string({ unit: 'grapheme' }),
  fc.boolean(),
  fc.constant(null),
);
const documents = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 5 },
    scalars,
    fc.array(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer())),
    fc.array(tie('any')),
    fc.dictionary(fc.string(), fc.oneof(tie('any'), fc.constant(undefined))),
  ),
})).any;

it('is that of the library, byte for byte', () => {
  fc.assert(
    fc.property(documents, (document) => {
      expect(canonicalJson(document)).toBe(canonicalize(document));
    }),
    { numRuns: 1_000 },
  );
});

it.each<[string, unknown]>([
  ['numbers at their edges', [-0, 1e21, 1e-7, 5e-324, Number.MAX_SAFE_INTEGER, 0.1 + 0.2]],
  ['what has a form of its own', { at: new Date(0), by: { toJSON: () => [1, { b: 2, a: 1 }] } }],
  ['what is left out', [undefined, Symbol('x'), { a: undefined, b: Symbol('y'), c: [undefined] }]],
  [
    'names that are sorted by code units',
    { '\u20ac': 1, '\r': 2, '\ud83d\ude00': 3, '1': 4, A: 5 },
  ],
  ['typed lists', { a: Int32Array.of(3, 1, 2) }],
  ['nothing', [[], {}, '']],
])('is that of the library: %s', (_, document) => {
  expect(canonicalJson(document)).toBe(canonicalize(document));
});

it.each<[string, unknown]>([
  ['NaN', [1, NaN]],
  ['what is infinite', { a: [Infinity, 1] }],
  ['a bigint', [1n]],
  ['nothing at all', undefined],
  ['a function', () => 1],
])('there is none of %s', (_, document) => {
  expect(() => canonicalJson(document)).toThrow();
});
