/**
 * Which grids, buses and points of measurement there are, as the DSOs have published them: a PoD hangs
 * nowhere else. Read from the log, where every instance sees what was published last.
 */
import {
  DomainError,
  type GridModelPublished,
  type PodCommand,
  type Violation,
  gridModelStream,
} from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { operateGrid, pomOfBuses, suppliedBus } from '@flexledger/grid-operations';

export type Location = Pick<
  Extract<PodCommand, { kind: 'locatePod' }>,
  'podId' | 'gridId' | 'busId' | 'pom'
>;

export interface KnownPlaces {
  /** What the models hold that stand in the log now; asked once for a list of locations. */
  now(locations: readonly Location[]): Promise<(location: Location) => DomainError | undefined>;
}

/** A grid as it was published last. */
interface KnownGrid {
  /** The point of measurement of each supplied bus. */
  readonly poms: ReadonlyMap<string, string>;
  /** Revision of its stream to read on from. */
  readonly next: number;
}

const UNPUBLISHED: KnownGrid = { poms: new Map(), next: 0 };

export function createKnownPlaces(log: Pick<EventStore, 'readStream'>): KnownPlaces {
  const known = new Map<string, KnownGrid>();

  async function readOn(gridId: string): Promise<KnownGrid> {
    let { poms, next } = known.get(gridId) ?? UNPUBLISHED;
    let published: GridModelPublished['data'] | undefined;
    for await (const event of log.readStream(gridModelStream(gridId), next)) {
      published = event.data as GridModelPublished['data'];
      next = event.revision + 1;
    }
    if (published) {
      const grid = operateGrid(published);
      poms = new Map([...pomOfBuses(grid)].filter(([bus]) => suppliedBus(grid, bus) !== undefined));
    }
    // Whoever names grids that are none fills no memory.
    if (next > 0) known.set(gridId, { poms, next });
    return { poms, next };
  }

  return {
    async now(locations) {
      const grids = new Map<string, KnownGrid>();
      for (const gridId of new Set(locations.map((location) => location.gridId))) {
        grids.set(gridId, await readOn(gridId));
      }
      return (location) => faultOf(location, grids.get(location.gridId)!);
    },
  };
}

function faultOf(
  { podId, gridId, busId, pom }: Location,
  { poms, next }: KnownGrid,
): DomainError | undefined {
  const unmatched = ({ field, reason }: Violation, remedy: string): DomainError =>
    new DomainError(
      'location-unmatched',
      `PoD ${podId} cannot be located: ${field} ${reason}; ${remedy}.`,
      [{ field, reason }],
    );
  if (next === 0) {
    const reason = `${gridId} names no grid whose model is published`;
    return unmatched({ field: 'gridId', reason }, 'publish it by PUT /api/v1/grids, or correct it');
  }
  const above = poms.get(busId);
  if (above === undefined) {
    const reason = `${busId} is no supplied bus of grid ${gridId}`;
    return unmatched({ field: 'busId', reason }, 'name one of its model');
  }
  if (above === pom) return undefined;
  const reason = `${pom} is not the point of measurement above bus ${busId}`;
  return unmatched({ field: 'pom', reason }, `that is ${above}`);
}
