/**
 * What a customer is notified of (D3.3 A.2.2.5): that an offer of its PoD was accepted and what is asked, that an
 * activation begins, what it earned. Read out of what the log says anyway, so that none is lost and none made up.
 */
import { MTU_MINUTES, MTU_MS, NOTIFICATION_KINDS, type NotificationKind } from '@flexledger/domain';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import { findActivations } from '../activations/queries';
import { type DocumentStore, type IndexRange, getOne } from '../document-store';
import { allOf } from '../each-page';
import { findOutcomes } from '../outcomes/queries';
import { findSessions } from '../sessions/queries';
import { findSettlementRows, getSettlement } from '../settlements/queries';
import { notificationReadsView } from './notification-reads-view';

/** What is said, by kind; instants ISO 8601 UTC. */
export type Notification = {
  /** When it became known; in their order, the newest first. */
  readonly at: string;
  readonly podId: string;
  readonly read: boolean;
} & (
  | {
      readonly kind: 'offerAccepted';
      readonly sessionId: string;
      /** First and last quarter-hour that was sold, the last one's end. */
      readonly from: string;
      readonly until: string;
      readonly acceptedWh: number;
      readonly acceptedVarh: number;
    }
  | {
      readonly kind: 'activationBegun';
      readonly windowStart: string;
      readonly setpointId: string;
      /** Target power by MTU of the window, withdrawal positive; null where the plant is free. */
      readonly targetW: readonly (number | null)[];
    }
  | {
      readonly kind: 'economicResult';
      readonly sessionId: string;
      /** 0 for the first settlement, then one more for each that corrects it. */
      readonly correction: number;
      /** Paid for the PoD less penalties, before it is shared with the aggregator. */
      readonly netMicroEur: number;
    }
);

/** What a customer wants to be told of, and what there is of it. */
interface NotificationsOfPod {
  readonly kinds: readonly NotificationKind[];
  readonly items: readonly Notification[];
}

type Unread = Notification extends infer Each
  ? Each extends Each
    ? Omit<Each, 'read'>
    : never
  : never;

const HOURS = MTU_MINUTES / 60;

/** Of one PoD, by delivery days, the newest first. @param deliveryDay ISO dates, `below` excluded */
export async function notificationsOf(
  documents: DocumentStore,
  podId: string,
  deliveryDay: IndexRange,
): Promise<NotificationsOfPod> {
  const { upTo, kinds } = (await getOne(documents, notificationReadsView, podId)) ?? {
    upTo: null,
    kinds: NOTIFICATION_KINDS,
  };
  const sessions = await allOf((page) => findSessions(documents, { deliveryDay }, page));
  const found: Unread[] = [];
  for (const { sessionId, deliveryStart, publishedAt } of sessions) {
    if (publishedAt === null) continue;
    const sold = await soldOf(documents, { sessionId, podId, deliveryStart });
    if (!sold) continue;
    found.push({ kind: 'offerAccepted', at: publishedAt, podId, sessionId, ...sold });
    const published = (await getSettlement(documents, sessionId))?.published;
    if (!published) continue;
    const rows = await allOf((page) => findSettlementRows(documents, { sessionId, podId }, page));
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    const netMicroEur = sum(
      rows.map(({ paidMicroEur, penaltyMicroEur }) => sum(paidMicroEur) - sum(penaltyMicroEur)),
    );
    const { correction, publishedAt: at } = published;
    found.push({ kind: 'economicResult', at, podId, sessionId, correction, netMicroEur });
  }
  found.push(...(await begunOf(documents, podId, sessions)));
  const items = found
    .filter(({ kind }) => kinds.includes(kind))
    .sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0))
    .map((each) => ({ ...each, read: each.at <= (upTo ?? '') }) as Notification);
  return { kinds, items };
}

/** What a session sold of a PoD; undefined when nothing. */
async function soldOf(
  documents: DocumentStore,
  {
    sessionId,
    podId,
    deliveryStart,
  }: Readonly<Record<'sessionId' | 'podId' | 'deliveryStart', string>>,
) {
  const rows = await allOf((page) => findOutcomes(documents, { sessionId, podId }, page));
  let [first, last] = [Infinity, -Infinity];
  const energy = { acceptedWh: 0, acceptedVarh: 0 };
  for (const { firstMtu, acceptedW, product } of rows) {
    for (const [index, watts] of acceptedW.entries()) {
      if (watts === 0) continue;
      first = Math.min(first, firstMtu + index);
      last = Math.max(last, firstMtu + index);
      energy[product === 'P' ? 'acceptedWh' : 'acceptedVarh'] += watts * HOURS;
    }
  }
  if (last < first) return undefined;
  const startMs = msFromIso(deliveryStart);
  const from = isoFromMs(startMs + first * MTU_MS);
  return { from, until: isoFromMs(startMs + (last + 1) * MTU_MS), ...energy };
}

/** Activations that the plant has begun to follow, within the days of some sessions. */
async function begunOf(
  documents: DocumentStore,
  podId: string,
  sessions: readonly { readonly deliveryStart: string; readonly mtuCount: number }[],
): Promise<Unread[]> {
  if (sessions.length === 0) return [];
  const starts = sessions.map(({ deliveryStart }) => msFromIso(deliveryStart));
  const ends = sessions.map(({ mtuCount }, at) => starts[at]! + mtuCount * MTU_MS);
  const windowStart = { from: isoFromMs(Math.min(...starts)), below: isoFromMs(Math.max(...ends)) };
  const setpoints = await allOf((page) => findActivations(documents, { podId, windowStart }, page));
  return setpoints.flatMap(({ appliedAt: at, windowStart: start, setpointId, targetW }) =>
    at === null
      ? []
      : [{ kind: 'activationBegun', at, podId, windowStart: start, setpointId, targetW } as const],
  );
}
