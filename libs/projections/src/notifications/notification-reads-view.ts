/** Up to when each customer has read its notifications, and of what it wants to be told. One document a PoD. */
import {
  type NotificationEvent,
  type NotificationKind,
  NOTIFICATION_KINDS,
} from '@flexledger/domain';
import type { Recorded, View } from '../view';

export interface NotificationReadsDocument {
  readonly podId: string;
  /** ISO 8601 UTC; null before anything was read. */
  readonly upTo: string | null;
  readonly kinds: readonly NotificationKind[];
}

export const notificationReadsView: View<NotificationReadsDocument, Recorded<NotificationEvent>> = {
  name: 'notification-reads',
  version: 2,
  types: ['NotificationsRead', 'NotificationsChosen'],
  indexes: [],
  keysOf: ({ data }) => [data.podId],
  evolve(doc, event) {
    const { podId } = event.data;
    const before = doc ?? { podId, upTo: null, kinds: NOTIFICATION_KINDS };
    return event.type === 'NotificationsRead'
      ? { ...before, upTo: event.data.upTo }
      : { ...before, kinds: event.data.kinds };
  },
};
