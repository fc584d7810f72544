/**
 * Whose what was at a place of the log, where an event itself does not say it: the aggregator of a PoD
 * and of its agreement, the sender of a request. Folded from the log, shared by all readers.
 */
import type { AgreementTerms, PodDetails, RecordedEvent, Requester } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { foldOfLog } from './fold-of-log';

/** What is known of owners. */
export interface Owners {
  /** The aggregator a PoD was registered with before the event at a position. */
  aggregatorOfPod(podId: string, position: number): string | undefined;
  /** The aggregator that had proposed an agreement to a PoD last before the event at a position. */
  aggregatorOfAgreement(podId: string, position: number): string | undefined;
  requesterOf(sessionId: string, requestId: string): Requester | undefined;
}

interface OwnersOfLog extends Owners {
  /** Resolves once everything up to a position is known. */
  upTo(position: number): Promise<void>;
}

const TYPES = [
  'PodRegistered',
  'PodDetailsChanged',
  'PodUnregistered',
  'AgreementProposed',
  'FlexibilityRequested',
] as const;

/** Holders of one thing, each from the position of the event that made it so. */
type History = readonly (readonly [from: number, aggregatorId: string | undefined])[];

/** Reads what it needs of a log when it is first asked, and what came since then each time. */
export function ownersOfLog(store: EventStore): OwnersOfLog {
  const pods = new Map<string, History>();
  const agreements = new Map<string, History>();
  const requests = new Map<string, Requester>();
  function fold({ type, data, position }: RecordedEvent): void {
    if (type === 'FlexibilityRequested') {
      const { sessionId, requestId, requester } = data as Requested;
      requests.set(`${sessionId}/${requestId}`, requester);
      return;
    }
    const { podId, aggregatorId } = data as PodDetails & AgreementTerms;
    const histories = type === 'AgreementProposed' ? agreements : pods;
    const before = histories.get(podId) ?? [];
    if (before.at(-1)?.[1] === aggregatorId) return;
    histories.set(podId, [...before, [position, aggregatorId]]);
  }

  return {
    upTo: foldOfLog(store, TYPES, fold),
    aggregatorOfPod: (podId, position) => holderAt(pods.get(podId), position),
    aggregatorOfAgreement: (podId, position) => holderAt(agreements.get(podId), position),
    requesterOf: (sessionId, requestId) => requests.get(`${sessionId}/${requestId}`),
  };
}

interface Requested {
  readonly sessionId: string;
  readonly requestId: string;
  readonly requester: Requester;
}

function holderAt(history: History | undefined, position: number): string | undefined {
  return history?.findLast(([from]) => from < position)?.[1];
}
