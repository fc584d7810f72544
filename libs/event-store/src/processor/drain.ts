/**
 * The ordered driver of a simulation: no leases, no waiting, one order. Every processor sees every
 * event in global order, awaited before the next, so that what follows from a log is always the same.
 */
import type { EventDecoder, RecordedEvent } from '@flexledger/domain';
import { messageOf } from '@flexledger/runtime';
import type { Processor } from './processor';
import { eventsAfter } from './read-after';
import type { ProcessorRunnerOptions } from './runner-options';

export interface Drain {
  /** Hands on everything there is, the consequences of consequences included, and returns. */
  drain(): Promise<void>;
  /** How far the log is handed on; undefined before the first drain. */
  reached(): number | undefined;
}

export function createDrain(
  options: Pick<ProcessorRunnerOptions, 'store' | 'processors' | 'viewsReady' | 'onProblem'> & {
    readonly again: NonNullable<ProcessorRunnerOptions['again']>;
    readonly startAfter: () => Promise<number>;
    readonly decode: EventDecoder;
  },
): Drain {
  const { store, processors, viewsReady, startAfter, decode, again, onProblem } = options;
  let reached: number | undefined;
  const wanted = new Map<string, Processor[]>();
  for (const processor of processors) {
    for (const type of processor.types) {
      wanted.set(type, [...(wanted.get(type) ?? []), processor]);
    }
  }
  const filter = { types: [...wanted.keys()] };

  async function begin(): Promise<void> {
    const { signal } = new AbortController();
    for (const processor of processors) await processor.begin?.({ signal, fence: 0 });
  }

  async function handOnTo({ name, handle }: Processor, event: RecordedEvent): Promise<void> {
    for (;;) {
      try {
        return await handle(decode(event));
      } catch (error) {
        const { id, type, position } = event;
        const message = `${name}, event ${position} ${type}: ${messageOf(error)}`;
        const problem = { processor: name, event: { id, position }, error, message };
        if (await again(problem)) continue;
        return onProblem(problem);
      }
    }
  }

  async function handOn(event: RecordedEvent): Promise<void> {
    for (const processor of wanted.get(event.type) ?? []) await handOnTo(processor, event);
  }

  return {
    async drain() {
      if (reached === undefined) await begin();
      reached ??= await startAfter();
      for (;;) {
        const head = await store.head();
        if (reached >= head) return;
        await viewsReady(head);
        for await (const event of eventsAfter(store, reached, filter)) {
          if (event.position > head) break;
          await handOn(event);
          reached = event.position;
        }
        reached = Math.max(reached, head);
      }
    },
    reached: () => reached,
  };
}
