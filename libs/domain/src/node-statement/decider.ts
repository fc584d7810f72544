import type { Decider } from '../log/decider';
import { wellFormed } from '../log/legible-text';
import type { SignedAnomaly } from '../node/events';
import { UNKNOWN_SENDER } from '../meter/decider';
import type {
  Activation,
  NodeStatementEvent,
  SetpointReceipt,
  SignedStatement,
  StatementFault,
} from './events';

/** What was found out about a statement outside the decider. */
interface StatementFacts {
  /** PoD of the topic it came on. */
  readonly topicPodId: string;
  /** The key enrolled for that PoD; undefined without a node. */
  readonly enrolledKey: string | undefined;
  /** `signature` is by the enrolled key over `content`. */
  readonly signatureValid: boolean;
  /** The message as received. */
  readonly message: string;
}

type Stated =
  | { readonly kind: 'receipt'; readonly stated: Omit<SignedStatement<SetpointReceipt>, 'podId'> }
  | { readonly kind: 'activation'; readonly stated: Omit<SignedStatement<Activation>, 'podId'> }
  /** Kept here only where it is rejected: a sound one stands among what happens to its node. */
  | { readonly kind: 'anomaly'; readonly stated: SignedAnomaly };

export type NodeStatementCommand =
  | (Stated & StatementFacts)
  | ({ readonly kind: 'unreadable'; readonly detail: string } & Pick<
      StatementFacts,
      'topicPodId' | 'enrolledKey' | 'message'
    >);

/** One PoD's month. */
export interface NodeStatementState {
  /**
   * First 52 bits of each signature that was recorded, enough to tell a repetition: numbers, because the months
   * of all nodes are kept in memory. In chunks, of which each state shares the full ones with the one before.
   */
  readonly signatures: readonly (readonly number[])[];
  readonly rejections: number;
}

/** Statements and rejected ones that are kept of one PoD a month: a setpoint a quarter-hour, and room. */
export const MAX_STATEMENTS = 8_000;
export const MAX_REJECTED_STATEMENTS = 200;

const MESSAGE_CHARACTERS = 4_096;
/** Signatures in a chunk; as many chunks hold `MAX_STATEMENTS`, about. */
const CHUNK = 100;
/** 52 bits in hex. */
const FINGERPRINT_CHARACTERS = 13;

/**
 * What a node has signed is kept with its signature, once; what is not its own is kept as rejected, so many
 * of one PoD a month, so that nobody fills the log.
 */
export const nodeStatementDecider: Decider<
  NodeStatementState,
  NodeStatementCommand,
  NodeStatementEvent
> = {
  initialState: { signatures: [], rejections: 0 },
  decide,
  evolve,
};

function decide(command: NodeStatementCommand, state: NodeStatementState): NodeStatementEvent[] {
  const fault = faultOf(command);
  if (fault || command.kind === 'unreadable') {
    return fault && state.rejections < MAX_REJECTED_STATEMENTS ? [rejected(command, fault)] : [];
  }
  if (command.kind === 'anomaly') return [];
  const fingerprint = fingerprintOf(command.stated.signature);
  const isKnown = state.signatures.some((chunk) => chunk.includes(fingerprint));
  if (isKnown || countOf(state) >= MAX_STATEMENTS) return [];
  const podId = command.topicPodId;
  return command.kind === 'receipt'
    ? [{ type: 'SetpointReceiptSigned', data: { podId, ...command.stated } }]
    : [{ type: 'ActivationSigned', data: { podId, ...command.stated } }];
}

interface Fault {
  readonly reason: StatementFault;
  readonly detail: string;
}

function faultOf(command: NodeStatementCommand): Fault | undefined {
  const { topicPodId, enrolledKey } = command;
  if (enrolledKey === undefined) {
    return { reason: 'unknown-node', detail: `no node is enrolled for PoD ${topicPodId}` };
  }
  if (command.kind === 'unreadable') return { reason: 'malformed', detail: command.detail };
  const { content, publicKey } = command.stated;
  if (content.podId !== topicPodId) {
    return { reason: 'wrong-topic', detail: `PoD ${content.podId} on the topic of ${topicPodId}` };
  }
  if (publicKey !== enrolledKey) {
    return { reason: 'wrong-key', detail: 'the public key is not the enrolled one' };
  }
  return command.signatureValid
    ? undefined
    : { reason: 'wrong-signature', detail: 'the signature is not by the enrolled key' };
}

function rejected(
  { topicPodId, enrolledKey, message }: NodeStatementCommand,
  { reason, detail }: Fault,
): NodeStatementEvent {
  const podId = enrolledKey === undefined ? UNKNOWN_SENDER : topicPodId;
  const kept = wellFormed(message.slice(0, MESSAGE_CHARACTERS));
  return {
    type: 'StatementRejected',
    data: { podId, reason, detail: wellFormed(detail), message: kept },
  };
}

function evolve(state: NodeStatementState, event: NodeStatementEvent): NodeStatementState {
  switch (event.type) {
    case 'StatementRejected':
      return { ...state, rejections: state.rejections + 1 };
    case 'SetpointReceiptSigned':
    case 'ActivationSigned': {
      const fingerprint = fingerprintOf(event.data.signature);
      return { ...state, signatures: appended(state.signatures, fingerprint) };
    }
    default:
      return state;
  }
}

type Chunks = NodeStatementState['signatures'];

function appended(chunks: Chunks, fingerprint: number): Chunks {
  const last = chunks.at(-1);
  return last && last.length < CHUNK
    ? chunks.with(-1, [...last, fingerprint])
    : [...chunks, [fingerprint]];
}

function countOf({ signatures }: NodeStatementState): number {
  const last = signatures.at(-1);
  return last ? (signatures.length - 1) * CHUNK + last.length : 0;
}

function fingerprintOf(signature: string): number {
  return Number.parseInt(signature.slice(0, FINGERPRINT_CHARACTERS), 16);
}
