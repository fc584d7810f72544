/**
 * Which key speaks for which PoD, and which node of the PoD it is. The log is the register; what is
 * kept in memory here follows it, for another instance may have enrolled a node, changed its key or
 * revoked it.
 */
import {
  DomainError,
  type EnrolmentRequest,
  type KeyRotation,
  type NodeCommand,
  type NodeEvent,
  type NodeState,
  type SignedKeyRotation,
  canonicalJson,
  nodeStream,
} from '@flexledger/domain';
import {
  BEFORE_FIRST,
  type CommandContext,
  type CommandHandler,
  recurringContextOf,
  type EventStore,
} from '@flexledger/event-store';
import { sha256Hex, verifyMessage } from '@flexledger/identity';
import { type Clock, inOrder, isoFromMs } from '@flexledger/runtime';
import { isInvitationOutlived } from './change-of-hands';

export interface NodeToEnrol {
  readonly podId: string;
  /** ECDSA P-256, SEC 1 uncompressed point, hex; the private half never leaves the node. */
  readonly publicKey: string;
  /** How the node reads its meter: `modbusTcp`, `chain2`, `simulated`. */
  readonly meterDriver: string;
}

/** What became of one enrolment. */
export type EnrolmentAnswer =
  | { readonly podId: string; readonly accepted: true }
  | { readonly podId: string; readonly accepted: false; readonly error: DomainError };

/** A one-time token and until when it counts. */
export interface IssuedToken {
  readonly token: string;
  /** ISO 8601 UTC. */
  readonly expiresAt: string;
}

export interface Enrolment {
  /**
   * Enrols nodes in the order given, each by itself; a node enrolled already is left as it is.
   *
   * @param actor who enrols: `aggregator:AGG1`, `dso`
   * @throws what the log throws when it cannot be written; enrolling again is then safe
   */
  enrol(nodes: readonly NodeToEnrol[], actor: string): Promise<readonly EnrolmentAnswer[]>;
  /**
   * Issues a token in the place of any before; only its hash is kept.
   *
   * @param options `replaces`: the node that comes with it takes the place of the one that is enrolled
   * @throws DomainError `node-already-enrolled` for a PoD with a node that is not to be replaced
   */
  issueToken(
    podId: string,
    token: string,
    options: { readonly validMs: number; readonly replaces: boolean },
    context: CommandContext,
  ): Promise<IssuedToken>;
  /**
   * Enrols the node that holds the token and the key. One that comes again with the same, since it got
   * no answer, is enrolled as before.
   *
   * @param proof ECDSA P-256 with SHA-256 over the request's RFC 8785 form, by its key, 64 bytes hex
   * @returns how many nodes the PoD has had, this one counted
   * @throws DomainError `enrolment-proof-refused`, `enrolment-token-refused`, `key-malformed`,
   *   `key-retired`
   */
  enrolByToken(request: EnrolmentRequest, proof: string): Promise<number>;
  /** Key and credentials count no more. @throws DomainError `node-unknown` */
  revoke(podId: string, reason: string, context: CommandContext): Promise<void>;
  /**
   * From now on the node signs with the key that its old one names. Packets still signed with the old
   * one are refused: a key is changed because it may be stolen. One that comes again changes nothing.
   *
   * @throws DomainError `key-rotation-refused`, `node-unknown`, `key-malformed`, `key-not-held`,
   *   `key-retired`, `key-rotation-outdated`
   */
  rotateKey(rotation: SignedKeyRotation): Promise<void>;
  /** Takes in what the log has gained, by whomever; costs next to nothing when that is nothing. */
  readOn(): Promise<void>;
  /** The key enrolled for a PoD as far as the log was read, undefined without a node. */
  keyOf(podId: string): string | undefined;
  /** How many nodes the PoD has had, the enrolled one counted; undefined without an enrolled one. */
  enrolmentsOf(podId: string): number | undefined;
  /** Every PoD with a node, and how many it has had, that one counted. */
  enrolled(): Iterable<readonly [podId: string, enrolments: number]>;
}

export type NodeCommandHandler = CommandHandler<NodeCommand, NodeState, NodeEvent>;

/** A PoD's node as it is kept in memory. */
interface KnownNode {
  readonly publicKey: string | undefined;
  readonly enrolments: number;
}

/** Reads who is enrolled from the log. */
export async function createEnrolment(options: {
  readonly store: EventStore;
  readonly nodes: NodeCommandHandler;
  readonly clock: Clock;
  /** Told when a node is revoked or another one takes its place: its connection is to be cut. */
  readonly onNodeOut: (podId: string) => void;
  /** Told of each node that is enrolled from now on; whoever enrols is answered once it settles. */
  readonly onNodeIn: (podId: string, enrolments: number) => Promise<void>;
}): Promise<Enrolment> {
  const { store, nodes, clock, onNodeOut, onNodeIn } = options;
  /** Nodes that are being let in. */
  const lettingIn: Promise<void>[] = [];
  let isOpen = false;
  const known = new Map<string, KnownNode>();

  function learn(event: NodeEvent): void {
    const { podId } = event.data;
    const before = known.get(podId) ?? { publicKey: undefined, enrolments: 0 };
    const { enrolments } = before;
    if (event.type === 'KeyRotated') {
      known.set(podId, { enrolments, publicKey: event.data.publicKey });
    } else if (event.type === 'NodeEnrolled') {
      known.set(podId, { enrolments: enrolments + 1, publicKey: event.data.publicKey });
      if (!isOpen) return;
      if (before.publicKey !== undefined) onNodeOut(podId);
      lettingIn.push(onNodeIn(podId, enrolments + 1));
    } else if (event.type === 'NodeRevoked') {
      known.set(podId, { enrolments, publicKey: undefined });
      if (isOpen) onNodeOut(podId);
    }
  }

  const types = ['NodeEnrolled', 'KeyRotated', 'NodeRevoked'];
  const filter = { types, streamPrefixes: [nodeStream('')] };
  /** Position up to which the log was read. */
  let read = BEFORE_FIRST;
  const inTurn = inOrder();
  const readOn = (): Promise<void> =>
    inTurn(async () => {
      const head = await store.head();
      if (head <= read) return;
      let last = head;
      for await (const event of store.readAll({ after: read, filter })) {
        learn(event as unknown as NodeEvent);
        last = Math.max(last, event.position);
      }
      read = last;
      await Promise.all(lettingIn.splice(0));
    });
  await readOn();
  isOpen = true;

  return {
    readOn,
    async enrol(list, actor) {
      const results = await nodes.handleInOrder(
        list.map((node) => {
          const { podId, publicKey } = node;
          const name = `enrolment/${podId}/${publicKey}`;
          const command: NodeCommand = { kind: 'enrolNode', ...node };
          return {
            streamId: nodeStream(podId),
            command,
            context: recurringContextOf(name, name, actor),
          };
        }),
      );
      await readOn();
      return results.map((result, index) => {
        const { podId } = list[index]!;
        if (result.status === 'fulfilled') return { podId, accepted: true };
        if (result.reason instanceof DomainError) {
          return { podId, accepted: false, error: result.reason };
        }
        throw result.reason;
      });
    },
    async issueToken(podId, token, { validMs, replaces }, context) {
      const command: NodeCommand = {
        kind: 'issueEnrolmentToken',
        podId,
        tokenHash: sha256Hex(token),
        expiresAt: isoFromMs(clock.nowMs() + validMs),
        replaces,
      };
      const { events } = await nodes.handle(nodeStream(podId), command, context);
      // What came again under its key was issued before, and counts as long as it did then.
      const issued = events.find((event) => event.type === 'EnrolmentTokenIssued');
      return { token, expiresAt: issued?.data.expiresAt ?? command.expiresAt };
    },
    async enrolByToken(request, proof) {
      const { podId, token, publicKey, meterDriver, meterSerialNumber } = request;
      if (!verifyMessage(publicKey, canonicalJson(request), proof)) {
        const reason =
          'is not the signature of publicKey over the canonical JSON (RFC 8785) of podId, token, ' +
          'publicKey, meterDriver and meterSerialNumber';
        throw new DomainError('enrolment-proof-refused', `The proof for PoD ${podId} ${reason}.`, [
          { field: 'proof', reason },
        ]);
      }
      const tokenHash = sha256Hex(token);
      const command: NodeCommand = {
        kind: 'enrolByToken',
        podId,
        tokenHash,
        publicKey,
        meterDriver,
        meterSerialNumber,
        isOutlived: await isInvitationOutlived(store, podId),
        nowMs: clock.nowMs(),
      };
      const name = `enrolment/${podId}/${publicKey}`;
      const context = recurringContextOf(name, name, `node:${podId}`);
      await nodes.handle(nodeStream(podId), command, context);
      await readOn();
      return (await nodes.stateOf(nodeStream(podId))).enrolments;
    },
    async revoke(podId, reason, context) {
      await nodes.handle(nodeStream(podId), { kind: 'revokeNode', podId, reason }, context);
      await readOn();
    },
    async rotateKey(rotation) {
      requireBothSignatures(rotation);
      const { podId, previousKey, publicKey } = rotation.content;
      const name = `key-rotation/${podId}/${previousKey}/${publicKey}`;
      await nodes.handle(
        nodeStream(podId),
        { kind: 'rotateKey', podId, rotation, nowMs: clock.nowMs() },
        recurringContextOf(name, name, `node:${podId}`),
      );
      await readOn();
    },
    keyOf: (podId) => known.get(podId)?.publicKey,
    enrolmentsOf(podId) {
      const node = known.get(podId);
      return node?.publicKey === undefined ? undefined : node.enrolments;
    },
    *enrolled() {
      for (const [podId, { publicKey, enrolments }] of known) {
        if (publicKey !== undefined) yield [podId, enrolments] as const;
      }
    },
  };
}

/** @throws DomainError `key-rotation-refused` */
function requireBothSignatures({ content, previousProof, proof }: SignedKeyRotation): void {
  const signed = canonicalJson(content);
  const proofs: readonly [string, string, keyof KeyRotation][] = [
    ['previousProof', previousProof, 'previousKey'],
    ['proof', proof, 'publicKey'],
  ];
  const violations = proofs
    .filter(([, signature, key]) => !verifyMessage(content[key], signed, signature))
    .map(([field, , key]) => ({
      field,
      reason:
        `is not the signature of ${key} over the canonical JSON (RFC 8785) of podId, previousKey, ` +
        'publicKey and at',
    }));
  if (violations.length === 0) return;
  const [{ field, reason }] = violations as [(typeof violations)[number]];
  throw new DomainError(
    'key-rotation-refused',
    `The change of keys of PoD ${content.podId} is not signed: ${field} ${reason}.`,
    violations,
  );
}
