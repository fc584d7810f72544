import fc from 'fast-check';
import { sortKey } from './sort-key';

const bytes = (value: string | number): Buffer => Buffer.from(sortKey(value));

it('rises with the number, over zero and fractions, and is the same for both zeros', () => {
  const anyNumber = fc.double({ noNaN: true });
  fc.assert(
    fc.property(anyNumber, anyNumber, (one, other) => {
      const compared = Buffer.compare(bytes(one), bytes(other));
      // `===` takes both zeros for one, as queries do.
      expect(compared).toBe(one === other ? 0 : one < other ? -1 : 1);
    }),
  );
});

it('has every number before every text, and texts by their bytes', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), fc.string(), fc.string(), (number, one, other) => {
      expect(Buffer.compare(bytes(number), bytes(one))).toBe(-1);
      const compared = Buffer.compare(Buffer.from(one), Buffer.from(other));
      if (!/[\0\u001A]/.test(one + other)) {
        expect(Buffer.compare(bytes(one), bytes(other))).toBe(compared);
      }
    }),
  );
});
