/**
 * Each PoD's setpoint for a delivery window and what became of it (DESIGN 7, flow 6). A new setpoint
 * for the same window takes the place of the one before; answers to the earlier one are passed over.
 */
import type { ActivationEvent } from '@flexledger/domain';
import type { Recorded, View } from '../view';

export interface ActivationDocument {
  readonly podId: string;
  /** Start of the window as the setpoint names it, ISO 8601 UTC. */
  readonly windowStart: string;
  readonly aggregatorId: string;
  readonly setpointId: string;
  /** Target power by MTU, withdrawal positive; null where the plant is free. */
  readonly targetW: readonly (number | null)[];
  readonly targetVar: readonly (number | null)[];
  readonly status: 'issued' | 'carried' | 'received' | 'applied' | 'failed';
  readonly issuedAt: string;
  /** When it was last handed to the node's topic, and how often that was tried. */
  readonly carriedAt: string | null;
  readonly attempts: number;
  /** By the node's clock. */
  readonly receivedAt: string | null;
  readonly appliedAt: string | null;
  readonly failedAt: string | null;
  readonly failure: string | null;
}

export const activationsView: View<ActivationDocument, Recorded<ActivationEvent>> = {
  name: 'activations',
  version: 1,
  types: [
    'SetpointIssued',
    'SetpointCarried',
    'SetpointReceived',
    'SetpointApplied',
    'SetpointFailed',
  ],
  indexes: ['windowStart', 'podId', 'aggregatorId', 'status'],
  // Only the first event names the window; all of them are in its stream.
  keysOf: ({ streamId }) => [streamId],
  evolve(doc, event) {
    if (event.type === 'SetpointIssued') return issued(event);
    if (!doc || doc.setpointId !== event.data.setpointId) return doc;
    switch (event.type) {
      case 'SetpointCarried': {
        const { attempt: attempts } = event.data;
        return { ...doc, status: 'carried', carriedAt: event.occurredAt, attempts };
      }
      case 'SetpointReceived':
        return { ...doc, status: 'received', receivedAt: event.data.at };
      case 'SetpointApplied':
        return { ...doc, status: 'applied', appliedAt: event.data.at };
      case 'SetpointFailed': {
        const { reason: failure } = event.data;
        return { ...doc, status: 'failed', failedAt: event.occurredAt, failure };
      }
    }
  },
};

function issued({
  data,
  occurredAt,
}: Recorded<Extract<ActivationEvent, { type: 'SetpointIssued' }>>): ActivationDocument {
  const { podId, windowStart, aggregatorId, setpointId, targetW, targetVar } = data;
  return {
    podId,
    windowStart,
    aggregatorId,
    setpointId,
    targetW,
    targetVar,
    status: 'issued',
    issuedAt: occurredAt,
    carriedAt: null,
    attempts: 0,
    receivedAt: null,
    appliedAt: null,
    failedAt: null,
    failure: null,
  };
}
