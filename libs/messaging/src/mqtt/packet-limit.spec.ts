import * as fc from 'fast-check';
import { packetGuard } from './packet-limit';

// Goal: the guard follows the packets of a connection however TCP cuts them. Method: PUBLISH packets
// encoded by hand (MQTT 3.1.1, sections 2.2.3 and 3.3), cut at random.

const LIMIT = 1_000;
const sizeGuard = () => packetGuard({ maxBytes: () => LIMIT, mayBegin: () => true });
const sizes = fc.array(fc.integer({ min: 0, max: LIMIT - 10 }), { maxLength: 8 });
const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 });

function publishPacket(payloadBytes: number): Buffer {
  const topic = Buffer.from([0, 1, 0x74]);
  const header = [0x30];
  for (let left = topic.length + payloadBytes; ; left = Math.floor(left / 128)) {
    if (left < 128) {
      header.push(left);
      break;
    }
    header.push((left % 128) | 0x80);
  }
  return Buffer.concat([Buffer.from(header), topic, Buffer.alloc(payloadBytes, 0xff)]);
}

describe('the packet guard', () => {
  it('lets packets within the limit pass and stops the first one above it', () => {
    fc.assert(
      fc.property(sizes, cuts, fc.integer({ min: LIMIT, max: 20_000 }), (small, lengths, large) => {
        const exceeds = sizeGuard();
        const within = Buffer.concat(small.map(publishPacket));
        expect(chunksOf(within, lengths).some(exceeds)).toBe(false);
        expect(chunksOf(publishPacket(large), lengths).some(exceeds)).toBe(true);
      }),
    );
  });

  it('stops a length field that never ends', () => {
    const never = Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x80, 0x80);
    expect(sizeGuard()(never)).toBe('too-large');
  });

  it('counts each packet once, and stops the one that is too many', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), cuts, (most, lengths) => {
        let begun = 0;
        const faultOf = packetGuard({
          maxBytes: () => LIMIT,
          mayBegin: () => (begun += 1) <= most,
        });
        const sent = (count: number): Buffer =>
          Buffer.concat(Array.from({ length: count }, (_, index) => publishPacket(index * 7)));
        expect(chunksOf(sent(most), lengths).some(faultOf)).toBe(false);
        expect(begun).toBe(most);
        expect(faultOf(sent(1))).toBe('too-many');
      }),
    );
  });
});

function chunksOf(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const length = lengths[i % lengths.length]!;
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}
