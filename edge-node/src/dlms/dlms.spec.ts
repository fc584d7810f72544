// Goal: of what comes over a meter's line only whole and unharmed frames are read, wherever they begin and however they
// come in pieces, and what they say is what the meter's maker has published. Method: recorded frames.
import fc from 'fast-check';
import { readNotification } from './data-notification';
import { checksum, framesIn } from './hdlc';
import { AIDON_FRAME, AIDON_POWER_FRAME } from './testing/recorded-frames';

/** All that is said in pieces of a line, one after another. */
function heard(pieces: readonly Uint8Array[]): Buffer[] {
  let rest = Buffer.alloc(0);
  return pieces.flatMap((piece) => {
    const found = framesIn(Buffer.concat([rest, piece]));
    rest = found.rest as Buffer<ArrayBuffer>;
    return found.said;
  });
}

const [full] = heard([AIDON_FRAME]);

describe('a frame', () => {
  it('has the checksum of ISO/IEC 13239', () => {
    expect(checksum(Buffer.from('123456789'))).toBe(0x906e);
  });

  it('is found in whatever pieces it comes, after whatever came before', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }).filter((noise) => !noise.includes(0x7e)),
        fc.array(fc.nat({ max: 2 * AIDON_FRAME.length }), { maxLength: 8 }),
        (noise, cuts) => {
          const line = Buffer.concat([noise, AIDON_POWER_FRAME, AIDON_FRAME]);
          const ends = [...cuts.filter((cut) => cut < line.length), line.length].sort(
            (a, b) => a - b,
          );
          const pieces = ends.map((end, index) => line.subarray(ends[index - 1] ?? 0, end));
          expect(heard(pieces)).toHaveLength(2);
        },
      ),
    );
  });

  it('of which any bit is another is none, and the next is read', () => {
    fc.assert(
      fc.property(fc.nat({ max: 8 * (AIDON_POWER_FRAME.length - 2) - 1 }), (bit) => {
        const harmed = Buffer.from(AIDON_POWER_FRAME);
        harmed[1 + (bit >> 3)]! ^= 1 << (bit & 7);
        const said = heard([Buffer.concat([harmed, AIDON_FRAME, AIDON_FRAME])]);
        // One whose length is harmed may take the next with it.
        expect(said.length).toBeGreaterThanOrEqual(1);
        for (const each of said) expect(each).toEqual(full);
      }),
    );
  });

  it('that never ends keeps no more than a frame may have', () => {
    const { rest } = framesIn(Buffer.concat([Buffer.from('7ea7ff', 'hex'), Buffer.alloc(5_000)]));
    expect(rest).toHaveLength(0);
  });
});

describe('a notification', () => {
  it('tells the counters and the power of a meter, each by its OBIS code', () => {
    const told = readNotification(full!);
    expect(
      ['1.8.0', '2.8.0', '3.8.0', '4.8.0', '1.7.0', '2.7.0', '32.7.0'].map((code) =>
        told.get(code),
      ),
    ).toEqual([10_049_926, 8, 6_614_347, 5, 1_122, 0, 230.7]);
  });

  it('that is cut short, or of another kind, is refused in words', () => {
    for (let length = 0; length < full!.length; length += 1) {
      expect(() => readNotification(full!.subarray(0, length))).toThrow(/too early|no DataNot/);
    }
    expect(() => readNotification(Buffer.from('c401', 'hex'))).toThrow(
      'it is no DataNotification, but 196',
    );
  });

  it('never fails but by an error, whatever is said', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const said = Buffer.concat([Buffer.from('0f4000000000', 'hex'), bytes]);
        try {
          readNotification(said);
        } catch (error) {
          expect((error as Error).constructor).toBe(Error);
        }
      }),
    );
  });
});
