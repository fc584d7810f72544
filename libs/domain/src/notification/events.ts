/**
 * What a customer is told of, and up to when it has seen it. The notifications themselves are what the log says of
 * its PoD already (results, setpoints, settlements) and are events of nobody's. Stream `notifications-{podId}`.
 */
import { type Decider, DomainError } from '../log/decider';

/** What a customer can be notified of (D3.3 A.2.2.5); its names are the storage format. */
export const NOTIFICATION_KINDS = ['offerAccepted', 'activationBegun', 'economicResult'] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

export interface NotificationsRead {
  readonly type: 'NotificationsRead';
  readonly data: {
    readonly podId: string;
    /** ISO 8601 UTC; what came later is unread. */
    readonly upTo: string;
  };
}

export interface NotificationsChosen {
  readonly type: 'NotificationsChosen';
  readonly data: {
    readonly podId: string;
    /** What the customer wants to be told of from now on, in the order of `NOTIFICATION_KINDS`; none = nothing. */
    readonly kinds: readonly NotificationKind[];
  };
}

export type NotificationEvent = NotificationsRead | NotificationsChosen;

/** What a customer says. */
export type NotificationWish = { readonly podId: string } & (
  | {
      /** It has seen them up to an instant. */
      readonly kind: 'readNotifications';
      readonly upToMs: number;
    }
  | { readonly kind: 'chooseNotifications'; readonly kinds: readonly NotificationKind[] }
);

/** The same, and when it is said. */
export type NotificationCommand = NotificationWish & { readonly nowMs: number };

/** What is read, and what is wanted: everything before anything was chosen. */
export interface NotificationState {
  readonly readMs: number;
  readonly kinds: readonly NotificationKind[];
}

export const notificationsStream = (podId: string): string => `notifications-${podId}`;

/** What is read stays read: an earlier instant than the one that stands changes nothing, nor does the same choice. */
export const notificationsDecider: Decider<
  NotificationState,
  NotificationCommand,
  NotificationEvent
> = {
  initialState: { readMs: -Infinity, kinds: NOTIFICATION_KINDS },
  decide(command, { readMs, kinds }) {
    const { podId } = command;
    if (command.kind === 'chooseNotifications') {
      const chosen = NOTIFICATION_KINDS.filter((kind) => command.kinds.includes(kind));
      if (chosen.join() === kinds.join()) return [];
      return [{ type: 'NotificationsChosen', data: { podId, kinds: chosen } }];
    }
    const { upToMs, nowMs } = command;
    if (upToMs > nowMs) {
      const reason = 'lies ahead; nothing that is still to come can have been read';
      throw new DomainError('input-malformed', `upTo ${reason}.`, [{ field: 'upTo', reason }]);
    }
    if (upToMs <= readMs) return [];
    return [{ type: 'NotificationsRead', data: { podId, upTo: new Date(upToMs).toISOString() } }];
  },
  evolve(state, event) {
    switch (event.type) {
      case 'NotificationsRead':
        return { ...state, readMs: Date.parse(event.data.upTo) };
      case 'NotificationsChosen':
        return { ...state, kinds: event.data.kinds };
    }
  },
};
