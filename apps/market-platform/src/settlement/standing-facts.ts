import type { MeterEvent, PodEvent, SettlementRow } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';

/** After so many tries new measurements no longer hold a settlement up; a correction takes them in. */
const TRIES = 5;
const FACTS: readonly (MeterEvent | PodEvent)['type'][] = [
  'MeasurementRecorded',
  'BaselineDeclared',
];

/**
 * Computes a settlement on all that the log says, so that an audit, which settles on what stands
 * before the settlement, comes to the same: what is asked of others holds all that the log had then, and
 * what is measured or declared of the settled PoDs in the meantime has it computed again.
 */
export async function computeOnStandingFacts<
  Computed extends { readonly rows: readonly SettlementRow[] },
>(store: EventStore, compute: () => Promise<Computed>): Promise<Computed> {
  for (let left = TRIES; ; left -= 1) {
    const head = await store.head();
    const computed = await compute();
    if (left === 1 || !(await hasNews(store, head, computed.rows))) return computed;
  }
}

async function hasNews(
  store: EventStore,
  after: number,
  rows: readonly SettlementRow[],
): Promise<boolean> {
  const podIds = new Set(rows.map(({ podId }) => podId));
  for await (const { data } of store.readAll({ after, filter: { types: FACTS } })) {
    if (podIds.has((data as { podId: string }).podId)) return true;
  }
  return false;
}
