import fc from 'fast-check';
import { jsonBytes } from './json-bytes';

const written = (value: unknown): number =>
  new TextEncoder().encode(JSON.stringify(value)).byteLength;

it('is as long as what is written, whatever the value', () => {
  fc.assert(
    fc.property(fc.anything({ withDate: true, withNullPrototype: true }), (value) => {
      fc.pre(JSON.stringify(value) !== undefined);
      expect(jsonBytes(value)).toBe(written(value));
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(jsonBytes({ [text]: [text] })).toBe(written({ [text]: [text] }));
    }),
  );
});

it('counts the digits of whole numbers', () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeInteger()), (numbers) => {
      expect(jsonBytes(numbers)).toBe(written(numbers));
    }),
  );
  for (let digits = 1; digits < 22; digits += 1) {
    for (const value of [10 ** digits - 1, 10 ** digits, -(10 ** digits)]) {
      expect(jsonBytes(value)).toBe(written(value));
    }
  }
  expect([-0, NaN, 0.1, 1e21, -1].map(jsonBytes)).toEqual([-0, NaN, 0.1, 1e21, -1].map(written));
});
