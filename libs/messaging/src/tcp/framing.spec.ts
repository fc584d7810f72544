import fc from 'fast-check';
import { createFrameReader, framed, type Framing, MessageTooLong } from './framing';

const FRAMINGS: readonly Framing[] = ['length', 'line'];

/** What a reader makes of bytes that come in pieces. */
function readInPieces(bytes: Buffer, cuts: readonly number[], maxBytes = 1_000): string[] {
  const reader = createFrameReader(maxBytes);
  const messages: string[] = [];
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const end of ends) {
    messages.push(...reader.read(bytes.subarray(from, end)).map(String));
    from = end;
  }
  return messages;
}

describe.each(FRAMINGS)('messages framed by %s', (framing) => {
  it('are read as they were written, however their bytes are cut', () => {
    const message = fc
      .string({ minLength: 1, maxLength: 300 })
      .map((text) => text.replace(/[\n\r\0]/g, ' '));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat()), (messages, cuts) => {
        const bytes = Buffer.concat(messages.map((one) => framed(one, framing)));
        expect(readInPieces(bytes, cuts, 2_000)).toEqual(messages);
      }),
    );
  });

  it('may be as long as allowed, and not a byte longer', () => {
    const longest = 'x'.repeat(1_000);
    expect(readInPieces(framed(longest, framing), [500])).toEqual([longest]);
    expect(() => readInPieces(framed(`${longest}x`, framing), [500])).toThrow(MessageTooLong);
  });

  it('may be empty, and then say nothing', () => {
    const bytes = Buffer.concat(['', 'one', '', 'two'].map((one) => framed(one, framing)));
    expect(readInPieces(bytes, [])).toEqual(['one', 'two']);
  });
});

describe('a reader of messages', () => {
  it('refuses a length that is too long before anything of it has come', () => {
    const reader = createFrameReader(1_000);
    expect(() => reader.read(Buffer.from([0, 1, 0, 0]))).toThrow('longer than 1000 bytes');
  });

  it('refuses a line that does not end', () => {
    const reader = createFrameReader(10);
    reader.read(Buffer.from('0123456789'));
    expect(() => reader.read(Buffer.from('01'))).toThrow(MessageTooLong);
  });

  it('takes a carriage return before the line feed for a part of the end', () => {
    expect(readInPieces(Buffer.from('{"a":1}\r\n\r\n{"b":2}\r\n'), [])).toEqual([
      '{"a":1}',
      '{"b":2}',
    ]);
  });

  it('knows by the first byte what the client has chosen, and whether a message has begun', () => {
    const reader = createFrameReader(1_000);
    expect([reader.framing, reader.isInside]).toEqual([undefined, false]);
    reader.read(Buffer.from([0, 0]));
    expect([reader.framing, reader.isInside]).toEqual(['length', true]);
    reader.read(Buffer.from([0, 1, 0x61]));
    expect([reader.framing, reader.isInside]).toEqual(['length', false]);
    const lines = createFrameReader(1_000);
    lines.read(Buffer.from('{'));
    expect([lines.framing, lines.isInside]).toEqual(['line', true]);
  });
});
