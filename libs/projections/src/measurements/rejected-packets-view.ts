/** Packets that were not recorded as measurements, with the reason: evidence (DESIGN 2, rule 5). */
import type { MeterEvent, RejectionReason } from '@flexledger/domain';
import { documentKey, sortable } from '../document-key';
import type { Recorded, View } from '../view';

export interface RejectedPacketDocument {
  readonly podId: string;
  readonly reason: RejectionReason;
  readonly detail: string;
  /** As received, cut as the event has it. */
  readonly packet: string;
  readonly rejectedAt: string;
  readonly eventId: string;
  readonly position: number;
}

type RejectedEvent = Recorded<Extract<MeterEvent, { type: 'PacketRejected' }>>;

export const rejectedPacketsView: View<RejectedPacketDocument, RejectedEvent> = {
  name: 'rejected-packets',
  version: 1,
  types: ['PacketRejected'],
  indexes: ['podId', 'reason', 'rejectedAt', 'position'],
  keysOf: ({ data, position }) => [documentKey(data.podId, sortable(position))],
  evolve(_doc, { data, occurredAt, id, position }) {
    const { podId, reason, detail, packet } = data;
    return { podId, reason, detail, packet, rejectedAt: occurredAt, eventId: id, position };
  },
};
