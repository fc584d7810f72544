/** Reading one's own writes: waiting until the processors have dealt with everything up to a position. */
import type { EventStore } from '../port';
import type { Pauses } from './pauses';
import type { Processor } from './processor';
import { NotYetProcessed, ProcessorHalted } from './processor-errors';
import type { ProcessorState } from './processor-state';
import { anyBetween } from './read-after';

export interface WhenProcessedOptions {
  /** Of the processors waited for; all when absent. */
  readonly names?: readonly string[];
  readonly timeoutMs?: number;
}

export interface WaitingFor {
  readonly store: EventStore;
  readonly state: ProcessorState;
  readonly pauses: Pauses;
  /** Those waited for. */
  readonly processors: readonly Processor[];
  /** How far everything is handed on without leases. */
  readonly drained: () => number | undefined;
  /** Resolves when a checkpoint of this instance was stored, or `signal` aborts. */
  readonly nextCheckpoint: (signal: AbortSignal) => Promise<void>;
}

/** How often another instance's checkpoints are looked at. */
const POLL_MS = 50;

/** @throws ProcessorHalted, NotYetProcessed; what log and state throw */
export async function whenProcessed(
  position: number,
  timeoutMs: number,
  waiting: WaitingFor,
): Promise<void> {
  const { state, pauses, drained } = waiting;
  const endsMs = pauses.nowMs() + timeoutMs;
  let behind = waiting.processors;
  for (;;) {
    if ((drained() ?? -Infinity) >= position) return;
    const records = new Map((await state.status()).map((record) => [record.name, record]));
    const still: Processor[] = [];
    for (const processor of behind) {
      const record = records.get(processor.name);
      if (await isProcessed(processor, record?.checkpoint ?? null)) continue;
      const halt = record?.halt;
      if (halt && halt.position <= position) throw new ProcessorHalted(processor.name, halt);
      still.push(processor);
    }
    behind = still;
    if (behind.length === 0) return;
    const remainingMs = endsMs - pauses.nowMs();
    if (remainingMs <= 0) {
      throw new NotYetProcessed(
        position,
        behind.map(({ name }) => name),
        timeoutMs,
      );
    }
    await somethingNew(Math.min(POLL_MS, remainingMs));
  }

  /** Its checkpoint is there, or nothing that it wants is between. */
  async function isProcessed({ types }: Processor, checkpoint: number | null): Promise<boolean> {
    if (checkpoint === null) return false;
    if (checkpoint >= position) return true;
    return !(await anyBetween(waiting.store, checkpoint, position, types));
  }

  async function somethingNew(durationMs: number): Promise<void> {
    const over = new AbortController();
    try {
      await Promise.race([
        pauses.pause(durationMs, over.signal),
        waiting.nextCheckpoint(over.signal),
      ]);
    } finally {
      over.abort();
    }
  }
}
