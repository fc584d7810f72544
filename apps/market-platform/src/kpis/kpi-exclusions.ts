import {
  type CommandContext,
  type KpiExclusionChanged,
  kpiExclusionDecider,
  kpiExclusionStream,
} from '@flexledger/domain';
import { type EventStore, createCommandHandler } from '@flexledger/event-store';
import type { Clock } from '@flexledger/runtime';

/** Leaves PoDs out of KPI_IT_02 in a log, and takes them in again. Rejects as the rules do (`DomainError`). */
export function kpiExclusions(options: { readonly store: EventStore; readonly clock: Clock }) {
  const handler = createCommandHandler({ ...options, decider: kpiExclusionDecider });
  return async (wanted: KpiExclusionChanged['data'], context: CommandContext): Promise<void> => {
    await handler.handle(kpiExclusionStream(wanted.podId), wanted, context);
  };
}
