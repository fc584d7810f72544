/** Flow 7b: packets that the access layer has certified, to whoever keeps measurements. */
import type { MeasurementInput } from '@flexledger/domain';

/** A packet as its node signed it; checked, and durable in the log of who shows it. */
export interface CertifiedPacket {
  /** Id of the event that holds it. */
  readonly eventId: string;
  readonly podId: string;
  readonly sequence: number;
  readonly inputData: MeasurementInput;
  readonly hash: string;
  readonly signedHash: string;
}

/** A page of packets, and where the next one begins. */
export interface PacketPage {
  readonly packets: readonly CertifiedPacket[];
  /** To be given back as `after`; opaque. */
  readonly next: string;
}

/** Certified packets as other platforms follow them. */
export interface PacketsPort {
  /**
   * Packets in the order of the log, beginning after a place handed out before; none when nothing is
   * new. MUST lose and repeat nothing from page to page.
   *
   * @param limit most packets of a page, from 1 to 1,000
   */
  packetsAfter(after: string | undefined, limit: number): Promise<PacketPage>;
}
