import { keccak256 } from 'ethers';
import fc from 'fast-check';
import { keccak256Into } from '@flexledger/merkle-log';

const hashOf = (message: Uint8Array): string => {
  const output = new Uint8Array(40);
  keccak256Into(output, 4, Uint8Array.of(9, ...message, 9), 1, message.length);
  expect([...output.slice(0, 4), ...output.slice(36)]).toEqual(new Array(8).fill(0));
  return `0x${Buffer.from(output.subarray(4, 36)).toString('hex')}`;
};

it('is the hash of nothing that Ethereum knows', () => {
  const empty = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470';
  expect(hashOf(new Uint8Array())).toBe(empty);
});

it('is the library’s hash for all messages of one block', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 135 }), (message) => {
      expect(hashOf(message)).toBe(keccak256(message));
    }),
    { numRuns: 300 },
  );
});

it('may be written over its message, and refuses a longer one', () => {
  const both = new Uint8Array(64).fill(3);
  const expected = keccak256(both);
  keccak256Into(both, 0, both, 0, 64);
  expect(`0x${Buffer.from(both.subarray(0, 32)).toString('hex')}`).toBe(expected);
  expect(() => keccak256Into(both, 0, new Uint8Array(136), 0, 136)).toThrow(RangeError);
});
