import type { PodEvent } from '@flexledger/domain';
import type { Processor } from '@flexledger/event-store';
import type { RegisterPort } from '@flexledger/ports';
import type { OwnGrid } from './own-grid';

type Registered = Extract<PodEvent, { type: 'PodRegistered' }>['data'];

/**
 * Answers every registration with the PoD's bus and primary substation, by itself (flow 0a): where the
 * DSO's model or an earlier location has it, else by the rule of its policy. One without a place is told,
 * and waits for an operator. What the register refuses (a PoD that is gone again) is left; a register that
 * follows this platform's log, and has not met the grid there yet, is told again.
 */
export function createPodLocation(
  grid: OwnGrid,
  register: Pick<RegisterPort, 'submit'>,
  onProblem: (problem: string) => void,
): Processor {
  return {
    name: 'dso/location',
    types: ['PodRegistered'],
    handle: async ({ id, data }) => {
      const { podId, ...details } = data as Registered;
      const place = await grid.placeOf(podId, details);
      if ('fault' in place) {
        onProblem(
          `PoD ${podId} finds no place: ${place.fault}. Locate it by hand ` +
            `(PUT /api/v1/pods/${podId}/location).`,
        );
        return;
      }
      const { gridId } = grid;
      const { busId, pom } = place;
      const command = { kind: 'locatePod', podId, gridId, busId, pom } as const;
      const [answer] = await register.submit([command], {
        requestId: `locate/${id}`,
        actor: 'dso',
      });
      if (answer && !answer.accepted && answer.error.code === 'location-unmatched') {
        throw answer.error;
      }
    },
  };
}
