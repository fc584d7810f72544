/** Grid models in the log: published, found again, and adopted by a running platform. */
import { type GridModelPublished, type OperatingLimits, gridModelStream } from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  type Processor,
  contextOf,
  createCommandHandler,
} from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';
import type { Clock } from '@flexledger/runtime';
import { type OperatedGrid, operateGrid } from './operated-grid';

export type PublishedGrid = GridModelPublished['data'];

/** Publishes a grid model; the same as stands already changes nothing. */
export async function publishGrid(
  store: EventStore,
  clock: Clock,
  grid: { readonly gridId: string; readonly model: object; readonly limits: OperatingLimits },
  context?: CommandContext,
): Promise<PublishedGrid> {
  const data = { ...grid, digest: documentDigest(grid.model) };
  const handler = createCommandHandler<PublishedGrid | null, PublishedGrid, GridModelPublished>({
    store,
    clock,
    decider: {
      initialState: null,
      decide: (wanted, standing) =>
        standing && documentDigest(standing) === documentDigest(wanted)
          ? []
          : [{ type: 'GridModelPublished', data: wanted }],
      evolve: (_, event) => event.data,
    },
  });
  const name = `grid/${data.gridId}/${documentDigest(data)}`;
  // A model may stand again after another.
  const asked = { ...(context ?? contextOf(name, name, 'dso')), mayRecur: true } as const;
  await handler.handle(gridModelStream(data.gridId), data, asked);
  return data;
}

/** What was published of a grid last, or last with a model of that digest; undefined when nothing was. */
export async function lastPublished(
  store: EventStore,
  gridId: string,
  modelDigest?: string,
): Promise<PublishedGrid | undefined> {
  let last: PublishedGrid | undefined;
  for await (const event of store.readStream(gridModelStream(gridId))) {
    const data = event.data as PublishedGrid;
    if (modelDigest === undefined || data.digest === modelDigest) last = data;
  }
  return last;
}

/**
 * The grid as it was published with a model: what was forecast on it is validated on it, whatever was
 * published since.
 *
 * @throws Error when no such model is in the log
 */
export async function gridAsOf(
  store: EventStore,
  current: OperatedGrid,
  modelDigest: string,
): Promise<OperatedGrid> {
  if (modelDigest === current.modelDigest) return current;
  const published = await lastPublished(store, current.gridId, modelDigest);
  if (!published)
    throw new Error(`Grid model ${modelDigest} of ${current.gridId} is not in the log.`);
  return { ...operateGrid(published), busOfPod: current.busOfPod };
}

/**
 * Makes what was published last the grid that is operated: everybody who holds `grid` sees the new one.
 * PoDs stay where they were located.
 */
export function createModelAdoption(store: EventStore, grid: OperatedGrid): Processor {
  return {
    name: 'dso/model',
    types: ['GridModelPublished'],
    handle: async ({ data }) => {
      const { gridId } = data as PublishedGrid;
      const published = gridId === grid.gridId ? await lastPublished(store, gridId) : undefined;
      if (!published) return;
      const { busOfPod, ...adopted } = operateGrid(published);
      for (const [podId, busId] of busOfPod) {
        if (!grid.busOfPod.has(podId)) grid.busOfPod.set(podId, busId);
      }
      Object.assign(grid, adopted);
    },
  };
}
