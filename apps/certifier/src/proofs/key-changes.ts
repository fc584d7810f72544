import { type CertificationEvent, type RecordedEvent, decodeEvent } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';

/** The statements by which the log has gone over from key to key, in order. */
export async function keyChangesOf(log: EventStore): Promise<string[]> {
  const statements: string[] = [];
  for await (const recorded of log.readAll({ filter: { types: ['LogKeyReplaced'] } })) {
    const { data } = decodeEvent(recorded) as RecordedEvent &
      Extract<CertificationEvent, { type: 'LogKeyReplaced' }>;
    statements.push(data.statement);
  }
  return statements;
}
