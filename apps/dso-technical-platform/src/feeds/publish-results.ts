/** Estimated states said over the broker, as JSON and as Telegraf's JSON, each by one instance (FR-DSOTP-AS-01). */
import type { StateEstimated } from '@flexledger/domain';
import type { Processor } from '@flexledger/event-store';
import { gridTopic } from '@flexledger/messaging';
import { msFromIso } from '@flexledger/runtime';
import { shownEstimate } from '../state-estimation/shown-estimate';

/** Below the topic of the grid; both are retained, so that who comes later hears the last. */
const STATE_TOPIC = 'state';
const TELEGRAF_TOPIC = 'state/telegraf';

type Estimate = StateEstimated['data'];

/**
 * Says each estimate of a grid.
 *
 * @param say sends a message, or keeps the last of a topic until the broker is there
 */
export function createStatePublisher(
  gridId: string,
  say: (topic: string, message: object) => void,
): Processor {
  return {
    name: 'dso-technical-platform/states-out',
    types: ['StateEstimated'],
    async handle({ data }) {
      const estimate = data as Estimate;
      if (estimate.gridId !== gridId) return;
      say(gridTopic(gridId, STATE_TOPIC), shownEstimate(estimate));
      say(gridTopic(gridId, TELEGRAF_TOPIC), telegrafState(estimate));
    },
  };
}

/** A metric a bus, as Telegraf's data format `json` has it; time in seconds. */
function telegrafState(estimate: Estimate): object {
  const { gridId, busIds } = estimate;
  return {
    metrics: busIds.map((bus, index) => ({
      name: 'grid_state',
      tags: { grid: gridId, bus },
      fields: {
        vm_pu: estimate.vmMicroPu[index]! / 1e6,
        va_degree: estimate.vaMicroDegree[index]! / 1e6,
        vm_sigma_pu: estimate.vmSigmaMicroPu[index]! / 1e6,
        va_sigma_degree: estimate.vaSigmaMicroDegree[index]! / 1e6,
      },
      timestamp: msFromIso(estimate.at) / 1_000,
    })),
  };
}
