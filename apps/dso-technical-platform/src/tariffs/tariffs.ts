/** The network tariffs of a grid: published as a whole, found again as they stand. */
import {
  type NetworkTariff,
  type TariffsPublished,
  orderedTariffs,
  tariffsStream,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';
import type { Clock } from '@flexledger/runtime';

export type PublishedTariffs = TariffsPublished['data'];

/** What is to be published. */
export interface NewTariffs {
  readonly gridId: string;
  readonly source: string;
  readonly tariffs: readonly NetworkTariff[];
}

/** Network tariffs of the grids of a log. */
export interface Tariffs {
  /**
   * Publishes tariffs in the place of those before; the same as stand already add nothing.
   *
   * @throws DomainError `tariffs-malformed` where two say a price for one time
   */
  publish(wanted: NewTariffs, context: CommandContext): Promise<PublishedTariffs>;
  /** Those that stand, whoever published them; null before any. */
  standing(gridId: string): Promise<PublishedTariffs | null>;
  /** Those of a digest, also where others stand by now. */
  of(gridId: string, digest: string): Promise<PublishedTariffs | null>;
}

/** As `Tariffs`; what stands is read from the grid's own stream. */
export function createTariffs(store: EventStore, clock: Clock): Tariffs {
  const handler = createCommandHandler<PublishedTariffs | null, PublishedTariffs, TariffsPublished>(
    {
      store,
      clock,
      cachedStreams: 1,
      decider: {
        initialState: null,
        decide: (wanted, standing) =>
          standing?.digest === wanted.digest ? [] : [{ type: 'TariffsPublished', data: wanted }],
        evolve: (_, { data }) => data,
      },
    },
  );
  return {
    async publish({ gridId, source, tariffs }, context) {
      const ordered = orderedTariffs(tariffs);
      const wanted = { gridId, source, digest: documentDigest(ordered), tariffs: ordered };
      await handler.handle(tariffsStream(gridId), wanted, context);
      return wanted;
    },
    standing: (gridId) => handler.stateOf(tariffsStream(gridId)),
    async of(gridId, digest) {
      const standing = await handler.stateOf(tariffsStream(gridId));
      if (standing?.digest === digest) return standing;
      for await (const { data } of store.readStream(tariffsStream(gridId))) {
        const published = data as PublishedTariffs;
        if (published.digest === digest) return published;
      }
      return null;
    },
  };
}
