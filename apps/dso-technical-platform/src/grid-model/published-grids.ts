/** Grid models in the log: published, and found again. */
import {
  DomainError,
  type GridModelPublished,
  type OperatingLimits,
  gridModelStream,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
  recurringContextOf,
} from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';
import type { Clock } from '@flexledger/runtime';
import { operateGrid } from '@flexledger/grid-operations';

export type PublishedGrid = GridModelPublished['data'];

/**
 * Publishes a grid model; the same as stands already changes nothing.
 *
 * @param context of one who asks; it may recur, since a model may stand again after another
 * @param before what is to stand still when it is published; whatever does where absent
 * @throws DomainError `grid-changed` where something else stands by then
 */
export async function publishGrid(
  store: EventStore,
  clock: Clock,
  grid: { readonly gridId: string; readonly model: object; readonly limits: OperatingLimits },
  context?: CommandContext,
  before?: PublishedGrid,
): Promise<PublishedGrid> {
  const data = { ...grid, digest: documentDigest(grid.model) };
  const handler = createCommandHandler<PublishedGrid | null, PublishedGrid, GridModelPublished>({
    store,
    clock,
    decider: {
      initialState: null,
      decide: (wanted, standing) => {
        if (standing && documentDigest(standing) === documentDigest(wanted)) return [];
        if (before && standing && documentDigest(standing) !== documentDigest(before)) {
          throw new DomainError(
            'grid-changed',
            `Another model of grid ${grid.gridId} was published meanwhile; try it again on that one.`,
          );
        }
        return [{ type: 'GridModelPublished', data: wanted }];
      },
      evolve: (_, event) => event.data,
    },
  });
  const name = `grid/${data.gridId}/${documentDigest(data)}`;
  const asked = context ?? recurringContextOf(name, name, 'dso');
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

/** The model that the log ends with, whatever the grid; undefined when none was published. */
export async function publishedGrid(store: EventStore): Promise<PublishedGrid | undefined> {
  return (await publishedGrids(store)).at(-1);
}

/** Each grid's last model, the grid that was published last at the end. */
export async function publishedGrids(store: EventStore): Promise<readonly PublishedGrid[]> {
  const byId = new Map<string, PublishedGrid>();
  for await (const event of store.readAll({ filter: { types: ['GridModelPublished'] } })) {
    const grid = event.data as PublishedGrid;
    byId.delete(grid.gridId);
    byId.set(grid.gridId, grid);
  }
  return [...byId.values()];
}

/**
 * The grid that a log is about: the one given where the log has it, else the one published last; where
 * there is none the one given is published.
 *
 * @throws GridModelError when the model is broken
 */
export async function publishedOrPublish(
  store: EventStore,
  clock: Clock,
  grid: { readonly gridId: string; readonly model: object; readonly limits: OperatingLimits },
): Promise<PublishedGrid> {
  const known = (await lastPublished(store, grid.gridId)) ?? (await publishedGrid(store));
  if (known) return known;
  operateGrid({ ...grid, digest: '' });
  return publishGrid(store, clock, grid);
}
