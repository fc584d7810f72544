/**
 * Bugs put in on purpose, each at a port of a world and none in the product: what a soak that is worth its
 * time has to find.
 */
import type { MemoryLogOptions, Processor, ProcessorState } from '@flexledger/event-store';
import type { FaultPoints } from '@flexledger/runtime';
import type { BugName } from './bug-names';
import type { ModelChainOptions } from './models/model-chain';

export interface PlantedBug {
  readonly log?: MemoryLogOptions;
  readonly chain?: ModelChainOptions;
  readonly processors?: (
    processors: readonly Processor[],
    state: ProcessorState,
    faults: FaultPoints,
  ) => readonly Processor[];
}

/** By name. */
export const PLANTED_BUGS = {
  /** A disk that answers before it has synced, but for every twentieth write. */
  'lost-fsync': { log: { isSynced: (write: number) => write % 20 === 0 } },
  /** Processors whose checkpoint is stored before the event is handled. */
  'early-checkpoint': {
    processors: (processors: readonly Processor[], state: ProcessorState, faults: FaultPoints) =>
      processors.map((processor) => savingFirst(processor, state, faults)),
  },
  /** A token contract that awards the same settlement again when it is asked again. */
  'double-award': { chain: { refusesSecondAward: false } },
} as const satisfies Record<BugName, PlantedBug>;

/** The point before the handling lies behind the checkpoint too: there a crash shows the bug. */
function savingFirst(processor: Processor, state: ProcessorState, faults: FaultPoints): Processor {
  const { name } = processor;
  return {
    ...processor,
    async handle(event) {
      const record = (await state.status()).find((one) => one.name === name);
      if (record?.owner) {
        const lease = { name, owner: record.owner, fence: record.fence };
        await state.saveCheckpoint(lease, event.position);
      }
      await faults.reach(`processor/${name}/handling`);
      await processor.handle(event);
    },
  };
}
