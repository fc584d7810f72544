/** The hash of an event as the interface gives it. */
import { sha256 } from '@noble/hashes/sha2';
import { canonicalJson, eventHash } from '@flexledger/domain';

/** What of a CloudEvent counts. */
export interface CloudEventLike {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: unknown;
  readonly position: number;
  readonly revision: number;
  readonly schemaversion: number;
  readonly correlationid: string;
  readonly causationid: string;
  readonly actor: string;
  readonly hash: string;
  readonly flexledgerpartial?: true;
}

/** Hex. */
export function hashOfEvent(event: CloudEventLike): string {
  return eventHash(sha256, {
    id: event.id,
    type: event.type.replace(/^flexledger\./, ''),
    schemaVersion: event.schemaversion,
    occurredAt: event.time,
    correlationId: event.correlationid,
    causationId: event.causationid,
    actor: event.actor,
    streamId: event.subject,
    revision: event.revision,
    dataJson: canonicalJson(event.data),
  });
}
