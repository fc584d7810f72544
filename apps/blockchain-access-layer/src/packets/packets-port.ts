/** Certified packets for whoever keeps measurements (flow 7b), read from the log in its order. */
import { DomainError, type MeterEvent } from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';
import type { CertifiedPacket, PacketsPort } from '@flexledger/ports';

/** Most packets of a page. */
export const PACKETS_MAX = 1_000;

const FILTER = { types: ['MeasurementRecorded'] };

/** The port over this process' own log. */
export function packetsPort(log: EventStore): PacketsPort {
  return {
    async packetsAfter(after, limit) {
      if (!Number.isInteger(limit) || limit < 1 || limit > PACKETS_MAX) {
        throw malformed('limit', `must be a whole number from 1 to ${PACKETS_MAX}`);
      }
      const from = after === undefined ? BEFORE_FIRST : positionIn(after);
      // Asked first: what is appended while the page is read comes after it, or is in the page.
      const head = await log.head();
      const packets: CertifiedPacket[] = [];
      let last = from;
      for await (const event of log.readAll({ after: from, filter: FILTER, limit })) {
        const { data } = event as unknown as Extract<MeterEvent, { type: 'MeasurementRecorded' }>;
        const { podId, sequence, inputData, hash, signedHash } = data;
        packets.push({ eventId: event.id, podId, sequence, inputData, hash, signedHash });
        last = event.position;
      }
      // A page that is not full ends where the log ended: what else is there is not read again.
      const reached = packets.length < limit ? Math.max(last, head) : last;
      return { packets, next: placeAfter(reached) };
    },
  };
}

/** A place behind a position, as it is handed out; what it is made of is nobody's business. */
function placeAfter(position: number): string {
  return Buffer.from(`after/${position}`, 'utf8').toString('base64url');
}

/** @throws DomainError `query-malformed` */
function positionIn(place: string): number {
  const text = Buffer.from(place, 'base64url').toString('utf8');
  const position = Number(/^after\/(-1|0|[1-9]\d{0,15})$/.exec(text)?.[1]);
  if (Number.isSafeInteger(position)) return position;
  throw malformed('after', 'must be the next of a page before');
}

function malformed(field: string, reason: string): DomainError {
  return new DomainError('query-malformed', `${field} ${reason}.`, [{ field, reason }]);
}
