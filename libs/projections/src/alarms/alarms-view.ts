/** What the operators of aggregators are alarmed of, and what they said to it. One document an alarm. */
import { type AlarmEvent, type AlarmFacts, type AlarmKind, alarmStream } from '@flexledger/domain';
import {
  type DocumentStore,
  type Page,
  type PageRequest,
  type Where,
  getOne,
} from '../document-store';
import type { Recorded, View } from '../view';

export interface AlarmDocument {
  readonly aggregatorId: string;
  readonly alarmId: string;
  readonly kind: AlarmKind;
  /** The PoD that it is about; null where it is about several. */
  readonly podId: string | null;
  readonly facts: AlarmFacts;
  /** `open` until somebody has seen to it or its cause is gone. */
  readonly status: 'open' | 'acknowledged' | 'ended';
  /** ISO 8601 UTC, as the other instants. */
  readonly raisedAt: string;
  readonly acknowledgedAt: string | null;
  /** Who said it: the party and its user. */
  readonly acknowledgedBy: string | null;
  /** What was done about it. */
  readonly action: string | null;
  /** Why nothing was. */
  readonly reason: string | null;
  /** When its cause was gone; null while it lasts, and where nobody can tell. */
  readonly endedAt: string | null;
}

export const alarmsView: View<AlarmDocument, Recorded<AlarmEvent>> = {
  name: 'alarms',
  version: 1,
  types: ['AlarmRaised', 'AlarmAcknowledged', 'AlarmEnded'],
  indexes: ['aggregatorId', 'kind', 'status', 'podId', 'raisedAt'],
  keysOf: ({ streamId }) => [streamId],
  evolve(doc, event) {
    if (event.type === 'AlarmRaised') {
      const { aggregatorId, alarmId, facts } = event.data;
      return {
        aggregatorId,
        alarmId,
        kind: facts.kind,
        podId: 'podId' in facts ? facts.podId : null,
        facts,
        status: 'open',
        raisedAt: event.occurredAt,
        acknowledgedAt: null,
        acknowledgedBy: null,
        action: null,
        reason: null,
        endedAt: null,
      };
    }
    if (!doc) return doc;
    if (event.type === 'AlarmEnded') return { ...doc, status: 'ended', endedAt: event.occurredAt };
    const { action, reason } = event.data;
    const { status } = doc;
    return {
      ...doc,
      status: status === 'ended' ? status : 'acknowledged',
      acknowledgedAt: event.occurredAt,
      acknowledgedBy: event.actor,
      action,
      reason,
    };
  },
};

/** Whether an alarm was raised and its cause lasts, whether or not somebody has seen to it. */
export async function isStanding(
  documents: DocumentStore,
  aggregatorId: string,
  alarmId: string,
): Promise<boolean> {
  const alarm = await getOne(documents, alarmsView, alarmStream(aggregatorId, alarmId));
  return alarm !== undefined && alarm.status !== 'ended';
}

/** Alarms, the newest first. @throws InvalidQuery */
export function findAlarms(
  documents: DocumentStore,
  where: Where<AlarmDocument>,
  page: PageRequest = {},
): Promise<Page<AlarmDocument>> {
  return documents.find(alarmsView, { where, orderBy: 'raisedAt', descending: true, ...page });
}
