/** Whether a PoD has changed hands since its Light Node was last invited. */
import { type NodeEvent, type PodEvent, nodeStream, podStream } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';

/**
 * True when the token that was issued last for a PoD was issued under another registration or another
 * aggregator than the PoD has now: whoever asked for it has no say over the PoD any more.
 */
export async function isInvitationOutlived(
  log: Pick<EventStore, 'readStream'>,
  podId: string,
): Promise<boolean> {
  let invitedAt: number | undefined;
  for await (const event of log.readStream(nodeStream(podId))) {
    const { type } = event as unknown as NodeEvent;
    if (type === 'EnrolmentTokenIssued') invitedAt = event.position;
  }
  if (invitedAt === undefined) return false;
  let aggregatorId: string | undefined;
  let changedAt = -1;
  for await (const event of log.readStream(podStream(podId))) {
    const { type, data } = event as unknown as PodEvent;
    const isDetails = type === 'PodRegistered' || type === 'PodDetailsChanged';
    if (!isDetails && type !== 'PodUnregistered') continue;
    const holder = isDetails ? data.aggregatorId : undefined;
    if (holder !== aggregatorId) changedAt = event.position;
    aggregatorId = holder;
  }
  return changedAt > invitedAt;
}
