/**
 * A customer has seen its notifications up to an instant. The notifications themselves are what the log says of
 * its PoD already (results, setpoints, settlements) and are events of nobody's. Stream `notifications-{podId}`.
 */
import { type Decider, DomainError } from '../log/decider';

export interface NotificationsRead {
  readonly type: 'NotificationsRead';
  readonly data: {
    readonly podId: string;
    /** ISO 8601 UTC; what came later is unread. */
    readonly upTo: string;
  };
}

/** What a customer says it has seen, and when it says so. */
export interface ReadNotifications {
  readonly podId: string;
  readonly upToMs: number;
  readonly nowMs: number;
}

export const notificationsStream = (podId: string): string => `notifications-${podId}`;

/** What is read stays read: an earlier instant than the one that stands changes nothing. */
export const notificationsDecider: Decider<number, ReadNotifications, NotificationsRead> = {
  initialState: -Infinity,
  decide({ podId, upToMs, nowMs }, readMs) {
    if (upToMs > nowMs) {
      const reason = 'lies ahead; nothing that is still to come can have been read';
      throw new DomainError('input-malformed', `upTo ${reason}.`, [{ field: 'upTo', reason }]);
    }
    if (upToMs <= readMs) return [];
    return [{ type: 'NotificationsRead', data: { podId, upTo: new Date(upToMs).toISOString() } }];
  },
  evolve: (_, { data }) => Date.parse(data.upTo),
};
