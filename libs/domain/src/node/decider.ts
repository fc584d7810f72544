import { type Decider, DomainError } from '../log/decider';
import type { AnomalyKind, NodeEvent } from './events';

export type NodeCommand =
  | {
      readonly kind: 'enrolNode';
      readonly podId: string;
      readonly publicKey: string;
      readonly meterDriver: string;
    }
  | { readonly kind: 'rotateKey'; readonly podId: string; readonly publicKey: string }
  | { readonly kind: 'reportConnected'; readonly podId: string }
  | { readonly kind: 'reportDisconnected'; readonly podId: string }
  | {
      readonly kind: 'raiseAnomaly';
      readonly podId: string;
      readonly anomaly: AnomalyKind;
      readonly detail: string;
    }
  | { readonly kind: 'clearAnomaly'; readonly podId: string; readonly anomaly: AnomalyKind };

export type NodeState =
  | { readonly status: 'unknown' }
  | {
      readonly status: 'enrolled';
      readonly publicKey: string;
      readonly meterDriver: string;
      /** Keys the node no longer signs with; none of them comes back. */
      readonly retiredKeys: readonly string[];
      readonly connected: boolean;
      readonly anomalies: readonly AnomalyKind[];
    };

type Enrolled = Extract<NodeState, { status: 'enrolled' }>;

/**
 * Who may sign for a PoD, whether its node is there, and what troubles it. Anomalies stand from
 * raised to cleared, so their duration can be read from the two events (D3.3 FR_BALLN_AD_1); a
 * second report of a standing anomaly adds nothing.
 */
export const nodeDecider: Decider<NodeState, NodeCommand, NodeEvent> = {
  initialState: { status: 'unknown' },
  decide,
  evolve,
};

/** SEC 1 uncompressed point of P-256: 04 and two coordinates of 32 bytes, lower-case hex. */
const PUBLIC_KEY = /^04[0-9a-f]{128}$/;

function decide(command: NodeCommand, state: NodeState): NodeEvent[] {
  const { podId } = command;
  if (command.kind === 'enrolNode') return enrol(command, state);
  if (state.status === 'unknown') {
    throw new DomainError('node-unknown', `No node is enrolled for PoD ${podId}; enrol it first.`);
  }
  switch (command.kind) {
    case 'rotateKey':
      return rotateKey(command, state);
    case 'reportConnected':
      return state.connected ? [] : [{ type: 'NodeConnected', data: { podId } }];
    case 'reportDisconnected':
      return state.connected ? [{ type: 'NodeDisconnected', data: { podId } }] : [];
    case 'raiseAnomaly': {
      const { anomaly, detail } = command;
      return state.anomalies.includes(anomaly)
        ? []
        : [{ type: 'AnomalyRaised', data: { podId, anomaly, detail } }];
    }
    case 'clearAnomaly': {
      const { anomaly } = command;
      return state.anomalies.includes(anomaly)
        ? [{ type: 'AnomalyCleared', data: { podId, anomaly } }]
        : [];
    }
  }
}

function enrol(
  command: Extract<NodeCommand, { kind: 'enrolNode' }>,
  state: NodeState,
): NodeEvent[] {
  const { podId, publicKey, meterDriver } = command;
  requirePublicKey(podId, publicKey);
  if (state.status === 'unknown') {
    return [{ type: 'NodeEnrolled', data: { podId, publicKey, meterDriver } }];
  }
  if (state.publicKey === publicKey && state.meterDriver === meterDriver) return [];
  throw new DomainError(
    'node-already-enrolled',
    `The node of PoD ${podId} is enrolled with another key or meter driver; rotate its key instead.`,
  );
}

function rotateKey(
  command: Extract<NodeCommand, { kind: 'rotateKey' }>,
  state: Enrolled,
): NodeEvent[] {
  const { podId, publicKey } = command;
  requirePublicKey(podId, publicKey);
  if (state.publicKey === publicKey) return [];
  if (state.retiredKeys.includes(publicKey)) {
    throw new DomainError(
      'key-retired',
      `The node of PoD ${podId} has given this key up before; make a new one.`,
    );
  }
  return [{ type: 'KeyRotated', data: { podId, publicKey } }];
}

function requirePublicKey(podId: string, publicKey: string): void {
  if (PUBLIC_KEY.test(publicKey)) return;
  const reason = 'is not an uncompressed P-256 point of 130 lower-case hex digits';
  throw new DomainError('key-malformed', `The key of PoD ${podId}'s node ${reason}.`, [
    { field: 'publicKey', reason },
  ]);
}

function evolve(state: NodeState, event: NodeEvent): NodeState {
  if (event.type === 'NodeEnrolled') {
    const { publicKey, meterDriver } = event.data;
    const fresh = { retiredKeys: [], connected: false, anomalies: [] };
    return { status: 'enrolled', publicKey, meterDriver, ...fresh };
  }
  if (state.status === 'unknown') return state;
  switch (event.type) {
    case 'KeyRotated': {
      const retiredKeys = [...state.retiredKeys, state.publicKey];
      return { ...state, publicKey: event.data.publicKey, retiredKeys };
    }
    case 'NodeConnected':
      return { ...state, connected: true };
    case 'NodeDisconnected':
      return { ...state, connected: false };
    case 'AnomalyRaised':
      return { ...state, anomalies: [...state.anomalies, event.data.anomaly] };
    case 'AnomalyCleared': {
      const { anomaly } = event.data;
      return { ...state, anomalies: state.anomalies.filter((other) => other !== anomaly) };
    }
    default:
      return state;
  }
}
