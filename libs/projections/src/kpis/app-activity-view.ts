/**
 * When customers did something themselves, which they do in their app: answered an agreement, switched their
 * availability or automatic offers, read their notifications. One document a PoD.
 */
import type { AgreementEvent, NotificationsRead, PodEvent } from '@flexledger/domain';
import type { Recorded, View } from '../view';

export interface AppActivityDocument {
  readonly podId: string;
  /** The hours in which it did something, UTC, in the order of the log: `2026-03-17T10`. */
  readonly hours: readonly string[];
}

type ActivityEvent = Recorded<
  | Extract<AgreementEvent, { type: 'AgreementAccepted' | 'AgreementRefused' | 'AgreementEnded' }>
  | NotificationsRead
  | Extract<PodEvent, { type: 'AvailabilityChanged' | 'AutomaticOffersChanged' }>
>;

const HOUR_LENGTH = 'yyyy-mm-ddThh'.length;

export const appActivityView: View<AppActivityDocument, ActivityEvent> = {
  name: 'app-activity',
  version: 2,
  types: [
    'AgreementAccepted',
    'AgreementRefused',
    'AgreementEnded',
    'AvailabilityChanged',
    'AutomaticOffersChanged',
    'NotificationsRead',
  ],
  indexes: [],
  keysOf: ({ actor, data }) => (actor === `customer:${data.podId}` ? [data.podId] : []),
  evolve(doc, { data: { podId }, occurredAt }) {
    const hour = occurredAt.slice(0, HOUR_LENGTH);
    const hours = doc?.hours ?? [];
    return hours.includes(hour) ? doc : { podId, hours: [...hours, hour] };
  },
};

/** Whether a customer did something in an hour that begins between two instants, ISO 8601 UTC; the last excluded. */
export function usedAppBetween(
  doc: AppActivityDocument | undefined,
  from: string,
  until: string,
): boolean {
  const starts = (doc?.hours ?? []).map((hour) => `${hour}:00:00.000Z`);
  return starts.some((start) => start >= from && start < until);
}
