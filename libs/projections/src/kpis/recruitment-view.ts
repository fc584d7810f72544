/**
 * When each customer was won for the market and lost again: what the indicators of participation are
 * counted from, as it stood on any day. One document a PoD.
 */
import type { AgreementEvent } from '@flexledger/domain';
import type { Recorded, View } from '../view';

export interface RecruitmentDocument {
  readonly podId: string;
  /** When an agreement was first proposed, ISO 8601 UTC. */
  readonly contactedAt: string;
  /** Stretches in which an agreement was in force, in their order; the last may be open. */
  readonly inForce: readonly { readonly from: string; readonly until: string | null }[];
}

type RecruitmentEvent = Recorded<
  Extract<AgreementEvent, { type: 'AgreementProposed' | 'AgreementAccepted' | 'AgreementEnded' }>
>;

export const recruitmentView: View<RecruitmentDocument, RecruitmentEvent> = {
  name: 'recruitment',
  version: 1,
  types: ['AgreementProposed', 'AgreementAccepted', 'AgreementEnded'],
  indexes: [],
  keysOf: ({ data }) => [data.podId],
  evolve(doc, { type, data, occurredAt }) {
    if (!doc) return { podId: data.podId, contactedAt: occurredAt, inForce: [] };
    const last = doc.inForce.at(-1);
    const isOpen = last?.until === null;
    if (type === 'AgreementAccepted' && !isOpen) {
      return { ...doc, inForce: [...doc.inForce, { from: occurredAt, until: null }] };
    }
    // A proposal that is ended unanswered was never in force.
    if (type !== 'AgreementEnded' || !isOpen) return doc;
    return { ...doc, inForce: [...doc.inForce.slice(0, -1), { ...last, until: occurredAt }] };
  },
};

/** Where a customer stood at an instant, ISO 8601 UTC. */
export function recruitedAt(
  doc: RecruitmentDocument | undefined,
  at: string,
): { readonly contacted: boolean; readonly accepted: boolean } {
  if (!doc || doc.contactedAt > at) return { contacted: false, accepted: false };
  const accepted = doc.inForce.some(
    ({ from, until }) => from <= at && (until === null || until > at),
  );
  return { contacted: true, accepted };
}
