import type { PodCommand, PodEvent } from '@flexledger/domain';
import { type Reactor } from '@flexledger/event-store';
import { type OperatedGrid, createPoms } from '@flexledger/grid-operations';

/** The shared customer database, as the DSO tells it where PoDs hang (flow 0a). */
export interface LocationRegister {
  submit(
    commands: readonly PodCommand[],
    request: { readonly requestId: string; readonly actor: string },
  ): Promise<unknown>;
}

type LocatingEvent = Extract<PodEvent, { type: 'PodRegistered' | 'PodLocated' }>;

/**
 * Answers every registration with the PoD's bus and primary substation where the DSO's model knows
 * them, and learns of PoDs located by hand.
 */
export function createPodLocation(grid: OperatedGrid, register: LocationRegister): Reactor {
  const poms = createPoms(grid);
  return {
    name: 'dso/location',
    types: ['PodRegistered', 'PodLocated'],
    handle: async (event) => {
      const { type, data } = event as unknown as LocatingEvent;
      if (type === 'PodLocated') {
        if (data.gridId === grid.gridId) grid.busOfPod.set(data.podId, data.busId);
        return;
      }
      const busId = grid.busOfPod.get(data.podId);
      if (busId === undefined) return;
      const { gridId } = grid;
      const pom = poms().get(busId);
      if (pom === undefined) return;
      const command = { kind: 'locatePod', podId: data.podId, gridId, busId, pom } as const;
      await register.submit([command], { requestId: `locate/${event.id}`, actor: 'dso' });
    },
  };
}
