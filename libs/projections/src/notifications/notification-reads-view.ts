/** Up to when each customer has read its notifications. One document a PoD. */
import type { NotificationsRead } from '@flexledger/domain';
import type { Recorded, View } from '../view';

export interface NotificationReadsDocument {
  readonly podId: string;
  /** ISO 8601 UTC. */
  readonly upTo: string;
}

export const notificationReadsView: View<NotificationReadsDocument, Recorded<NotificationsRead>> = {
  name: 'notification-reads',
  version: 1,
  types: ['NotificationsRead'],
  indexes: [],
  keysOf: ({ data }) => [data.podId],
  evolve: (_doc, { data: { podId, upTo } }) => ({ podId, upTo }),
};
