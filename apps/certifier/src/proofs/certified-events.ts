import { DomainError } from '@flexledger/domain';
import { BEFORE_FIRST } from '@flexledger/event-store';
import type { Principal } from '@flexledger/identity';
import { type CloudEvent, cloudEvent } from '@flexledger/service-kit';
import type { ProofServices } from './proof-services';

/** An event that a checkpoint covers. */
export interface CertifiedEvent {
  /** Of its leaf, from 0. */
  readonly index: number;
  readonly position: number;
  /** Of the event, hex: its leaf is SHA-256(0x00 || hash). */
  readonly hash: string;
  /** What the speaker is shown of it; absent where nothing. */
  readonly event?: CloudEvent;
}

/** A page of leaves. */
export interface LeavesWanted {
  readonly firstIndex: number;
  /** One more than the last. */
  readonly size: number;
  readonly limit?: number;
  /** Index of the first leaf of the page, as the page before named it. */
  readonly cursor?: string;
}

const DEFAULT_LIMIT = 100;

/**
 * The events of leaves, which the certifier has read by now.
 *
 * @throws DomainError `query-malformed` for a cursor that is none of these leaves
 */
export async function certifiedEvents(
  { log, shown, certified }: ProofServices,
  { firstIndex, size, limit = DEFAULT_LIMIT, cursor }: LeavesWanted,
  speaker: Principal | undefined,
): Promise<{ readonly items: readonly CertifiedEvent[]; readonly next: string | null }> {
  const from = cursor === undefined ? firstIndex : indexFrom(cursor, { firstIndex, size });
  const after = from === 0 ? BEFORE_FIRST : certified.positionOf(from - 1)!;
  const until = Math.min(size, from + limit);
  const items: CertifiedEvent[] = [];
  if (until > from) {
    await shown.grants.caughtUp();
    for await (const event of log.readAll({ after, limit: until - from })) {
      const visible = speaker && (await shown.shown(speaker, event));
      const { position, hash } = event;
      const place = { index: from + items.length, position, hash };
      items.push({ ...place, ...(visible && { event: cloudEvent(visible) }) });
    }
  }
  return { items, next: until < size ? String(until) : null };
}

function indexFrom(cursor: string, { firstIndex, size }: { firstIndex: number; size: number }) {
  const index = Number(cursor);
  if (/^\d{1,16}$/.test(cursor) && index >= firstIndex && index < size) return index;
  const reason = `must be \`next\` of a page of these leaves, ${firstIndex} to ${size - 1}`;
  throw new DomainError('query-malformed', `The cursor ${reason}.`, [{ field: 'cursor', reason }]);
}
