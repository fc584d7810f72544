import type { PodEvent } from '@flexledger/domain';
import type { Processor } from '@flexledger/event-store';
import type { RegisterPort } from '@flexledger/ports';
import type { OwnGrid } from './own-grid';

type Registered = Extract<PodEvent, { type: 'PodRegistered' }>['data'];

/**
 * Answers every registration with the PoD's bus and primary substation where the DSO's model, or an
 * earlier location by hand, knows them (flow 0a). What the register refuses (a PoD that is gone again)
 * is left.
 */
export function createPodLocation(
  grid: OwnGrid,
  register: Pick<RegisterPort, 'submit'>,
): Processor {
  return {
    name: 'dso/location',
    types: ['PodRegistered'],
    handle: async ({ id, position, data }) => {
      const { podId } = data as Registered;
      const place = await grid.placeOf(podId, position);
      if (place?.pom === undefined) return;
      const { gridId } = grid;
      const { busId, pom } = place;
      const command = { kind: 'locatePod', podId, gridId, busId, pom } as const;
      await register.submit([command], { requestId: `locate/${id}`, actor: 'dso' });
    },
  };
}
