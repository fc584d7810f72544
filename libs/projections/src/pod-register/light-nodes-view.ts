/**
 * The Light Nodes as those who enrol them see them: whose PoD it is, whether a token waits to be used,
 * which key and meter are enrolled, and what became of it.
 */
import type { NodeEvent, PodEvent } from '@flexledger/domain';
import type { Recorded, View } from '../view';

export interface LightNodeDocument {
  readonly podId: string;
  /** The aggregator of the PoD; null while the PoD is not registered. */
  readonly aggregatorId: string | null;
  /** `none`: the PoD has had no node yet. */
  readonly status: 'none' | 'enrolled' | 'revoked';
  readonly publicKey: string | null;
  readonly meterDriver: string | null;
  readonly meterSerialNumber: string | null;
  /** Until when the token counts that was issued last and that nobody has used; null without one. */
  readonly tokenExpiresAt: string | null;
  readonly connected: boolean;
  readonly enrolledAt: string | null;
  /** Why it was revoked; null unless it was. */
  readonly revokedReason: string | null;
}

type Named = Extract<PodEvent, { type: 'PodRegistered' | 'PodDetailsChanged' | 'PodUnregistered' }>;
type Seen = Exclude<NodeEvent, { type: 'AnomalyRaised' | 'AnomalyCleared' }>;

export const lightNodesView: View<LightNodeDocument, Recorded<Named | Seen>> = {
  name: 'light-nodes',
  version: 2,
  types: [
    'PodRegistered',
    'PodDetailsChanged',
    'PodUnregistered',
    'EnrolmentTokenIssued',
    'NodeEnrolled',
    'MeterIdentified',
    'NodeRevoked',
    'KeyRotated',
    'NodeConnected',
    'NodeDisconnected',
  ],
  indexes: ['aggregatorId', 'status'],
  keysOf: ({ data }) => [data.podId],
  evolve(doc, event) {
    const node = doc ?? without(event.data.podId);
    switch (event.type) {
      case 'PodRegistered':
      case 'PodDetailsChanged':
        return inHandsOf(node, event.data.aggregatorId);
      case 'PodUnregistered':
        return inHandsOf(node, null);
      case 'EnrolmentTokenIssued':
        return { ...node, tokenExpiresAt: event.data.expiresAt };
      case 'NodeEnrolled': {
        const { publicKey, meterDriver } = event.data;
        const enrolledAt = event.occurredAt;
        const { podId, aggregatorId } = node;
        return {
          ...without(podId),
          aggregatorId,
          status: 'enrolled',
          publicKey,
          meterDriver,
          enrolledAt,
        };
      }
      case 'MeterIdentified':
        return { ...node, meterSerialNumber: event.data.serialNumber };
      case 'NodeRevoked':
        return {
          ...node,
          status: 'revoked',
          publicKey: null,
          connected: false,
          tokenExpiresAt: null,
          revokedReason: event.data.reason,
        };
      case 'KeyRotated':
        return { ...node, publicKey: event.data.publicKey };
      case 'NodeConnected':
      case 'NodeDisconnected':
        return { ...node, connected: event.type === 'NodeConnected' };
    }
  },
};

/** A token counts no more once the PoD has changed hands. */
function inHandsOf(node: LightNodeDocument, aggregatorId: string | null): LightNodeDocument {
  if (aggregatorId === node.aggregatorId) return node;
  return { ...node, aggregatorId, tokenExpiresAt: null };
}

function without(podId: string): LightNodeDocument {
  return {
    podId,
    aggregatorId: null,
    status: 'none',
    publicKey: null,
    meterDriver: null,
    meterSerialNumber: null,
    tokenExpiresAt: null,
    connected: false,
    enrolledAt: null,
    revokedReason: null,
  };
}
