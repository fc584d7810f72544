import { type Bundle, type LoggedOf, createRowProver } from '@flexledger/audit';
import {
  type RecordedEvent,
  DomainError,
  decodeEvent,
  isLastPart,
  settlementStream,
} from '@flexledger/domain';
import { type Principal, sha256 } from '@flexledger/identity';
import { anchoredUnder } from './anchored-under';
import { type EventToBundle, bundled } from './bundled';
import type { ProofServices } from './proof-services';

type Computed = LoggedOf<'SettlementComputed'>['data'];

/**
 * A party's own rows of the settlement of a session that counts, each with its salt and its place under the
 * root that the settlement was published with, under the first anchored checkpoint that covers the publication.
 *
 * @throws DomainError `settlement-unknown` when no settlement of the session was published, or the party has no
 *   row in it, or none of its rows has a salt; `checkpoint-unknown` until it is anchored
 */
export async function makeRowProofs(
  services: ProofServices,
  of: { readonly sessionId: string; readonly partyId: string },
  speaker: Principal,
): Promise<Bundle> {
  const { certified } = services;
  const { parts, published } = await lastPublished(services, of.sessionId);
  const own = await ownPartsOf(services, parts, speaker);
  if (own.length === 0) {
    throw new DomainError(
      'settlement-unknown',
      `The settlement of session ${of.sessionId} has no row of ${of.partyId} that could be proved apart.`,
    );
  }
  await certified.readOn();
  const what = `the settlement of session ${of.sessionId}`;
  const { checkpoint, anchors } = await anchoredUnder(services, published.position, what);
  const under = { of: { kind: 'rows', ...of }, checkpoint, anchors } as const;
  return bundled(services, under, [...own, published]);
}

/** The parts of the settlement that was published last, and its publication. */
async function lastPublished({ log }: ProofServices, sessionId: string) {
  let begun: RecordedEvent[] = [];
  let parts: readonly RecordedEvent[] = [];
  let last: { parts: readonly RecordedEvent[]; published: RecordedEvent } | undefined;
  for await (const event of log.readStream(settlementStream(sessionId))) {
    if (event.type === 'SettlementPublished') last = { parts, published: event };
    if (event.type !== 'SettlementComputed') continue;
    const { part } = dataOf(event);
    begun = part.index === 0 ? [event] : [...begun, event];
    if (isLastPart(part)) parts = begun;
  }
  if (last) return last;
  throw new DomainError(
    'settlement-unknown',
    `No settlement of session ${sessionId} is published; that happens after its delivery.`,
  );
}

/** Of each part what the speaker is shown, where that is any row, with the places of the rows. */
async function ownPartsOf(
  { shown }: ProofServices,
  parts: readonly RecordedEvent[],
  speaker: Principal,
): Promise<EventToBundle[]> {
  const prover = createRowProver(sha256);
  const ofParts: { event: RecordedEvent; proofs: ReturnType<typeof prover.take> }[] = [];
  for (const event of parts) {
    const seen = await shown.shown(speaker, event);
    const proofs = prover.take(dataOf(event));
    if (seen && dataOf(seen.event).rows.length > 0) ofParts.push({ event: seen.event, proofs });
  }
  return ofParts.flatMap(({ event, proofs }) => {
    const rowProofs = proofs(dataOf(event).rows);
    return rowProofs ? [{ ...event, ownRows: true as const, rowProofs }] : [];
  });
}

function dataOf(event: RecordedEvent): Computed {
  return decodeEvent(event).data as unknown as Computed;
}
