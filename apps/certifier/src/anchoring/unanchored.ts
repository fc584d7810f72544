/** How old the oldest event is whose hash stands in no anchor yet: what an operator could still rewrite unseen. */
import { CERTIFICATION_STREAM } from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';
import type { CertifiedLog } from '../leaves/certified-log';

/** The certifier's own events between two anchors: a handful a sealing. */
const OWN_EVENTS_MOST = 1_000;

/**
 * ISO 8601 UTC of that event; undefined where all is anchored but what the certifier itself has written.
 *
 * @throws LogNotAsSealed
 */
export async function oldestUnanchored(
  log: EventStore,
  certified: Pick<CertifiedLog, 'readOn' | 'state' | 'positionOf'>,
): Promise<string | undefined> {
  await certified.readOn();
  const after = certified.positionOf(certified.state().anchoredSize - 1) ?? BEFORE_FIRST;
  for await (const event of log.readAll({ after, limit: OWN_EVENTS_MOST })) {
    if (event.streamId !== CERTIFICATION_STREAM) return event.recordedAt;
  }
  return undefined;
}
