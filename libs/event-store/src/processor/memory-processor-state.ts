import type { Clock } from '@flexledger/runtime';
import * as rules from './lease-rules';
import type { Lease, ProcessorState } from './processor-state';

/**
 * Leases and checkpoints for one process: nothing is kept when it ends. Several runners of the process
 * share one.
 *
 * @param clock the machine's
 */
export function memoryProcessorState(clock: Clock): ProcessorState {
  const records = new Map<string, rules.StoredRecord>();
  const recordOf = (name: string): rules.StoredRecord => records.get(name) ?? rules.newRecord(name);

  function change(lease: Lease, to: (record: rules.StoredRecord) => rules.StoredRecord): void {
    const record = recordOf(lease.name);
    rules.assertHeld(record, lease);
    records.set(lease.name, to(record));
  }

  return {
    async acquire(name, owner, ttlMs) {
      const record = recordOf(name);
      if (rules.isHeldByAnother(record, owner, clock.nowMs())) return undefined;
      const given = rules.granted(record, owner, ttlMs, clock.nowMs());
      records.set(name, given);
      return { name, owner, fence: given.fence };
    },
    async renew(lease, ttlMs) {
      change(lease, (record) => rules.renewed(record, ttlMs, clock.nowMs()));
    },
    async release(lease) {
      const record = recordOf(lease.name);
      if (rules.holds(record, lease)) records.set(lease.name, rules.released(record));
    },
    async checkpoint(name) {
      return recordOf(name).checkpoint ?? undefined;
    },
    async saveCheckpoint(lease, position) {
      change(lease, (record) => rules.advanced(record, position));
    },
    async halt(lease, halt) {
      change(lease, (record) => ({ ...record, halt }));
    },
    async clearHalt(lease) {
      change(lease, (record) => ({ ...record, halt: null }));
    },
    async status() {
      const byName = (one: { name: string }, other: { name: string }): number =>
        one.name < other.name ? -1 : 1;
      return [...records.values()].sort(byName).map(rules.asRecord);
    },
    async close() {},
  };
}
