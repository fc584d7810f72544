import { type Decider, DomainError } from '../log/decider';
import type { AnomalyKind, NodeEvent, SignedAnomaly, SignedKeyRotation } from './events';

export type NodeCommand =
  | {
      readonly kind: 'issueEnrolmentToken';
      readonly podId: string;
      readonly tokenHash: string;
      readonly expiresAt: string;
      readonly replaces: boolean;
    }
  | {
      /** With a one-time token; whoever commands it has seen the proof of possession. */
      readonly kind: 'enrolByToken';
      readonly podId: string;
      readonly tokenHash: string;
      readonly publicKey: string;
      readonly meterDriver: string;
      readonly meterSerialNumber: string;
      /** The PoD has changed hands since the token was issued, or is registered no more. */
      readonly isOutlived: boolean;
      readonly nowMs: number;
    }
  | {
      readonly kind: 'enrolNode';
      readonly podId: string;
      readonly publicKey: string;
      readonly meterDriver: string;
    }
  | { readonly kind: 'revokeNode'; readonly podId: string; readonly reason: string }
  | {
      /** Whoever commands it has verified both signatures. */
      readonly kind: 'rotateKey';
      readonly podId: string;
      readonly rotation: SignedKeyRotation;
      readonly nowMs: number;
    }
  | { readonly kind: 'reportConnected'; readonly podId: string }
  | { readonly kind: 'reportDisconnected'; readonly podId: string }
  | {
      /** Whoever commands it has verified the signature. An anomaly that has ended is cleared. */
      readonly kind: 'reportAnomaly';
      readonly podId: string;
      readonly statement: SignedAnomaly;
    };

/** A token that nobody has used. */
interface Invitation {
  readonly tokenHash: string;
  readonly expiresAt: string;
}

interface Known {
  readonly invitation?: Invitation;
  /** Nodes that were enrolled for the PoD one after another. */
  readonly enrolments: number;
  /** Keys that no node of the PoD signs with any more; none of them comes back. */
  readonly retiredKeys: readonly string[];
}

export type NodeState =
  | (Known & { readonly status: 'unknown' | 'revoked' })
  | (Known & {
      readonly status: 'enrolled';
      readonly publicKey: string;
      readonly meterDriver: string;
      readonly meterSerialNumber?: string;
      /** The token by which it enrolled; a node that got no answer comes with it again. */
      readonly enrolledBy?: string;
      readonly connected: boolean;
      readonly anomalies: readonly StandingAnomaly[];
      /** Ids of those that have ended, the last of each kind: a begin may be told again after its end. */
      readonly endedAnomalies?: Readonly<Partial<Record<AnomalyKind, string>>>;
    });

/** One that has not ended; without an id where nobody has signed it. */
interface StandingAnomaly {
  readonly kind: AnomalyKind;
  readonly anomalyId?: string;
}

type Enrolled = Extract<NodeState, { status: 'enrolled' }>;

/**
 * Who may sign for a PoD, whether its node is there, and what troubles it. Anomalies stand from
 * raised to cleared, one of a kind, so their duration can be read from the two events (D3.3 FR_BALLN_AD_1); a
 * second report of a standing anomaly adds nothing, and one of an end closes what it names alone.
 */
export const nodeDecider: Decider<NodeState, NodeCommand, NodeEvent> = {
  initialState: { status: 'unknown', enrolments: 0, retiredKeys: [] },
  decide,
  evolve,
};

/** SEC 1 uncompressed point of P-256: 04 and two coordinates of 32 bytes, lower-case hex. */
const PUBLIC_KEY = /^04[0-9a-f]{128}$/;

/** How far from now a node may have signed a change of keys: nobody keeps one for later. */
const ROTATION_WITHIN_MS = 3_600_000;

function decide(command: NodeCommand, state: NodeState): NodeEvent[] {
  const { podId } = command;
  if (command.kind === 'enrolNode') return enrol(command, state);
  if (command.kind === 'issueEnrolmentToken') return issueToken(command, state);
  if (command.kind === 'enrolByToken') return enrolByToken(command, state);
  if (state.status !== 'enrolled') {
    throw new DomainError('node-unknown', `No node is enrolled for PoD ${podId}; enrol it first.`);
  }
  switch (command.kind) {
    case 'revokeNode':
      return [{ type: 'NodeRevoked', data: { podId, reason: command.reason } }];
    case 'rotateKey':
      return rotateKey(command, state);
    case 'reportConnected':
      return state.connected ? [] : [{ type: 'NodeConnected', data: { podId } }];
    case 'reportDisconnected':
      return state.connected ? [{ type: 'NodeDisconnected', data: { podId } }] : [];
    case 'reportAnomaly':
      return reportAnomaly(command, state);
  }
}

function reportAnomaly(
  { podId, statement }: Extract<NodeCommand, { kind: 'reportAnomaly' }>,
  { anomalies, endedAnomalies }: Enrolled,
): NodeEvent[] {
  const { kind: anomaly, anomalyId, detail, endedAt } = statement.content;
  const standing = anomalies.find(({ kind }) => kind === anomaly);
  if (endedAt === undefined) {
    // One of another name is of a node that has forgotten how the first ended.
    return standing?.anomalyId === anomalyId || endedAnomalies?.[anomaly] === anomalyId
      ? []
      : [
          {
            type: 'AnomalyRaised',
            data: { podId, anomaly, detail: shownDetail(detail), statement },
          },
        ];
  }
  const isItsOwn = standing && (standing.anomalyId ?? anomalyId) === anomalyId;
  return isItsOwn ? [{ type: 'AnomalyCleared', data: { podId, anomaly, statement } }] : [];
}

/** A detail as lists show it: on one line. */
export const shownDetail = (detail: string): string => detail.replace(/\p{Control}/gu, ' ');

function issueToken(
  command: Extract<NodeCommand, { kind: 'issueEnrolmentToken' }>,
  state: NodeState,
): NodeEvent[] {
  const { podId, tokenHash, expiresAt, replaces } = command;
  if (state.status === 'enrolled' && !replaces) {
    throw new DomainError(
      'node-already-enrolled',
      `A node is enrolled for PoD ${podId}; ask for a token that replaces it, or revoke it first.`,
    );
  }
  return [{ type: 'EnrolmentTokenIssued', data: { podId, tokenHash, expiresAt, replaces } }];
}

function enrolByToken(
  command: Extract<NodeCommand, { kind: 'enrolByToken' }>,
  state: NodeState,
): NodeEvent[] {
  const { podId, tokenHash, publicKey, meterDriver, meterSerialNumber, nowMs } = command;
  requirePublicKey(podId, publicKey);
  if (state.status === 'enrolled' && state.enrolledBy === tokenHash) {
    const isSame =
      state.publicKey === publicKey &&
      state.meterDriver === meterDriver &&
      state.meterSerialNumber === meterSerialNumber;
    if (isSame) return [];
    throw tokenRefused(podId, 'was used before');
  }
  const { invitation } = state;
  if (invitation?.tokenHash !== tokenHash) throw tokenRefused(podId, 'is none that counts');
  if (nowMs >= Date.parse(invitation.expiresAt)) {
    throw tokenRefused(podId, `has expired at ${invitation.expiresAt}`);
  }
  if (command.isOutlived) throw tokenRefused(podId, 'was issued before the PoD changed hands');
  requireFreshKey(podId, publicKey, state);
  return [
    { type: 'NodeEnrolled', data: { podId, publicKey, meterDriver } },
    { type: 'MeterIdentified', data: { podId, serialNumber: meterSerialNumber } },
  ];
}

/** What is wrong with a token says the same whether or not anything is known of the PoD. */
function tokenRefused(podId: string, fault: string): DomainError {
  return new DomainError(
    'enrolment-token-refused',
    `The enrolment token for PoD ${podId} ${fault}; ask its aggregator for a new one.`,
  );
}

function enrol(
  command: Extract<NodeCommand, { kind: 'enrolNode' }>,
  state: NodeState,
): NodeEvent[] {
  const { podId, publicKey, meterDriver } = command;
  requirePublicKey(podId, publicKey);
  if (state.status !== 'enrolled') {
    requireFreshKey(podId, publicKey, state);
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
  const { podId, rotation, nowMs } = command;
  const { previousKey, publicKey, at } = rotation.content;
  requirePublicKey(podId, publicKey);
  // What comes again after a lost answer, signed anew or not.
  const isDone = state.publicKey === publicKey && state.retiredKeys.at(-1) === previousKey;
  if (isDone) return [];
  if (state.publicKey !== previousKey) {
    throw new DomainError(
      'key-not-held',
      `The node of PoD ${podId} does not sign with the key that is given up; only the key that is ` +
        'enrolled can name the next one.',
    );
  }
  requireFreshKey(podId, publicKey, state);
  const isTimely = Math.abs(nowMs - Date.parse(at)) <= ROTATION_WITHIN_MS;
  if (!isTimely) {
    throw new DomainError(
      'key-rotation-outdated',
      `The change of keys of PoD ${podId} was signed at ${at}, more than an hour from now; set the ` +
        'clock of the node and sign it anew.',
    );
  }
  return [{ type: 'KeyRotated', data: { podId, publicKey, rotation } }];
}

function requireFreshKey(podId: string, publicKey: string, state: NodeState): void {
  const isHeld = state.status === 'enrolled' && state.publicKey === publicKey;
  if (!isHeld && !state.retiredKeys.includes(publicKey)) return;
  throw new DomainError(
    'key-retired',
    `A node of PoD ${podId} has given this key up before; make a new one.`,
  );
}

function requirePublicKey(podId: string, publicKey: string): void {
  if (PUBLIC_KEY.test(publicKey)) return;
  const reason = 'is not an uncompressed P-256 point of 130 lower-case hex digits';
  throw new DomainError('key-malformed', `The key of PoD ${podId}'s node ${reason}.`, [
    { field: 'publicKey', reason },
  ]);
}

function evolve(state: NodeState, event: NodeEvent): NodeState {
  switch (event.type) {
    case 'EnrolmentTokenIssued': {
      const { tokenHash, expiresAt } = event.data;
      return { ...state, invitation: { tokenHash, expiresAt } };
    }
    case 'NodeEnrolled':
      return enrolled(state, event.data);
  }
  if (state.status !== 'enrolled') return state;
  switch (event.type) {
    case 'MeterIdentified':
      return { ...state, meterSerialNumber: event.data.serialNumber };
    case 'NodeRevoked': {
      const { enrolments } = state;
      return { status: 'revoked', enrolments, retiredKeys: withRetired(state) };
    }
    case 'KeyRotated':
      return { ...state, publicKey: event.data.publicKey, retiredKeys: withRetired(state) };
    case 'NodeConnected':
      return { ...state, connected: true };
    case 'NodeDisconnected':
      return { ...state, connected: false };
    case 'AnomalyRaised': {
      const { anomaly: kind, statement } = event.data;
      const anomalyId = statement?.content.anomalyId;
      const raised = { kind, ...(anomalyId !== undefined && { anomalyId }) };
      return { ...state, anomalies: [...others(state, kind), raised] };
    }
    case 'AnomalyCleared': {
      const { anomaly: kind, statement } = event.data;
      const ended = statement && { [kind]: statement.content.anomalyId };
      const endedAnomalies = { ...state.endedAnomalies, ...ended };
      return { ...state, anomalies: others(state, kind), endedAnomalies };
    }
    default:
      return state;
  }
}

/** A new node, whatever one was there before; the token that stood is used up. */
function enrolled(
  state: NodeState,
  { publicKey, meterDriver }: Extract<NodeEvent, { type: 'NodeEnrolled' }>['data'],
): NodeState {
  const { invitation, enrolments } = state;
  return {
    status: 'enrolled',
    publicKey,
    meterDriver,
    ...(invitation ? { enrolledBy: invitation.tokenHash } : {}),
    enrolments: enrolments + 1,
    retiredKeys: withRetired(state),
    connected: false,
    anomalies: [],
  };
}

function withRetired(state: NodeState): readonly string[] {
  return state.status === 'enrolled' ? [...state.retiredKeys, state.publicKey] : state.retiredKeys;
}

function others({ anomalies }: Enrolled, without: AnomalyKind): readonly StandingAnomaly[] {
  return anomalies.filter(({ kind }) => kind !== without);
}
