import {
  CERTIFICATION_STREAM,
  type CertificationEvent,
  type RecordedEvent,
  decodeEvent,
} from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';

/** The statements by which the log has gone over from key to key, in order. */
export async function keyChangesOf(log: Pick<EventStore, 'readStream'>): Promise<string[]> {
  const statements: string[] = [];
  // The certifier's own stream alone: anyone may ask, and the log may be long.
  for await (const recorded of log.readStream(CERTIFICATION_STREAM)) {
    const event = decodeEvent(recorded) as RecordedEvent & CertificationEvent;
    if (event.type === 'LogKeyReplaced') statements.push(event.data.statement);
  }
  return statements;
}
