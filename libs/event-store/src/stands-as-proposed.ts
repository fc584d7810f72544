import type { ProposedEvent } from '@flexledger/domain';
import { canonicalJson } from '@flexledger/identity';
import type { EventStore } from './port';

/**
 * Whether what stands under the ids of commands that may recur is what was to be appended: a log that had lost its
 * connection was asked for it twice. Decided again they would be refused, or done twice. (One that does not recur is
 * recognised by its ids.)
 */
export async function standsAsProposed(
  store: Pick<EventStore, 'readStream'>,
  streamId: string,
  revision: number,
  proposed: readonly ProposedEvent[],
): Promise<boolean> {
  let at = 0;
  for await (const { id, type, data } of store.readStream(streamId, revision + 1)) {
    const one = proposed[at]!;
    if (id !== one.id || type !== one.type) return false;
    if (canonicalJson(data) !== canonicalJson(one.data)) return false;
    at += 1;
    if (at === proposed.length) return true;
  }
  return false;
}
