/**
 * What `PacketsPort` promises, as tests that every form of it runs through. A spec imports this file by
 * its path; `index.ts` leaves it out, since it needs Jest.
 */
import type { CertifiedPacket, PacketsPort } from '../packets';

/** A new platform without packets, for one test. */
export interface PacketsUnderTest {
  readonly packets: PacketsPort;
  /** Certifies packets of a PoD with these sequences; resolves when they are durable. */
  certify(podId: string, sequences: readonly number[]): Promise<void>;
  /** Puts something else into the log. */
  happen(): Promise<void>;
  close(): Promise<void>;
}

const A = 'IT002E00000001';
const B = 'IT002E00000002';
const named = (packets: readonly CertifiedPacket[]): string[] =>
  packets.map(({ podId, sequence }) => `${podId} ${sequence}`);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Declares the port's tests for one form of it. */
export function packetsPromises(name: string, open: () => Promise<PacketsUnderTest>): void {
  describe(`${name} keeps the promises of packets:`, () => {
    let under: PacketsUnderTest;

    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    it('packets come as their nodes signed them, in the order of the log', async () => {
      await under.certify(A, [0]);
      await under.certify(B, [0, 1]);
      await under.certify(A, [1]);
      const { packets } = await under.packets.packetsAfter(undefined, 10);
      expect(named(packets)).toEqual([`${A} 0`, `${B} 0`, `${B} 1`, `${A} 1`]);
      expect(packets[1]).toEqual({
        eventId: expect.any(String),
        podId: B,
        sequence: 0,
        inputData: expect.objectContaining({
          podId: B,
          sequence: 0,
          withdrawnWh: expect.any(Number),
        }),
        hash: expect.any(String),
        signedHash: expect.any(String),
      });
    });

    it('nothing is new until something is, whatever else happens', async () => {
      const empty = await under.packets.packetsAfter(undefined, 10);
      expect(empty.packets).toEqual([]);
      await under.certify(A, [0]);
      const first = await under.packets.packetsAfter(empty.next, 10);
      expect(named(first.packets)).toEqual([`${A} 0`]);
      await under.happen();
      const none = await under.packets.packetsAfter(first.next, 10);
      expect(none.packets).toEqual([]);
      expect((await under.packets.packetsAfter(none.next, 10)).packets).toEqual([]);
      await under.certify(B, [0]);
      // A place that was handed out stays good.
      for (const place of [none.next, first.next]) {
        expect(named((await under.packets.packetsAfter(place, 10)).packets)).toEqual([`${B} 0`]);
      }
    });

    it.each([1, 7, 1_000])('pages of %d lose and repeat nothing', async (limit) => {
      const count = limit === 1_000 ? 1_203 : 24;
      await under.certify(A, upTo(count));
      await under.happen();
      const found: string[] = [];
      let place: string | undefined;
      for (let isLast = false; !isLast;) {
        const { packets, next } = await under.packets.packetsAfter(place, limit);
        expect(packets.length).toBeLessThanOrEqual(limit);
        found.push(...named(packets));
        if (found.length === limit) await under.certify(B, [0]);
        isLast = packets.length === 0;
        place = next;
      }
      expect(found).toEqual([...upTo(count).map((sequence) => `${A} ${sequence}`), `${B} 0`]);
    });

    it.each<[string, string | undefined, number]>([
      ['no page', undefined, 0],
      ['too large a page', undefined, 1_001],
      ['half a packet', undefined, 1.5],
      ['a place that was not handed out', 'here', 10],
      ['a position', '7', 10],
    ])('%s is refused', async (_, after, limit) => {
      await expect(under.packets.packetsAfter(after, limit)).rejects.toMatchObject({
        name: 'DomainError',
        code: expect.stringMatching(/-malformed$/),
      });
    });
  });
}
