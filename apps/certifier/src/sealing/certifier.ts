/**
 * The certifier: feeds every event hash, in global order, to an RFC 9162 tree, seals a signed
 * checkpoint when there is something new, and anchors it on the chain (DESIGN 10). A chain outage
 * delays anchors and loses none: the next anchor covers what the missed one would have.
 */
import {
  type CertificationCommand,
  type CertificationEvent,
  type CertificationState,
  CERTIFICATION_STREAM,
  certificationDecider,
} from '@flexledger/domain';
import {
  BEFORE_FIRST,
  type CommandContext,
  type EventStore,
  contextOf,
  createCommandHandler,
} from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { type NoteKey, MerkleTree, signCheckpoint } from '@flexledger/merkle-log';
import type { Clock, Timers } from '@flexledger/runtime';

/** Where roots are anchored. Rejects when the chain does not answer or refuses. */
export interface Anchors {
  anchor(
    size: number,
    rootHex: string,
  ): Promise<{ readonly txHash: string; readonly blockNumber: number }>;
}

export interface CertifierOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly anchors: Anchors;
  readonly origin: string;
  readonly key: NoteKey;
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly sealEverySeconds: number;
  readonly onError: (step: string, error: unknown) => void;
}

/** An event's place in the log, and the proof of it under a size of the log. */
export interface InclusionProof {
  readonly index: number;
  readonly size: number;
  readonly root: string;
  /** Sibling hashes from the leaf up, hex. */
  readonly proof: readonly string[];
}

export type Certifier = ReturnType<typeof createCertifier>;

export function createCertifier(options: CertifierOptions) {
  const { store, clock, timers, anchors, origin, key, sign, sealEverySeconds, onError } = options;
  const handler = createCommandHandler<
    CertificationState,
    CertificationCommand,
    CertificationEvent
  >({ store, clock, decider: certificationDecider, cachedStreams: 1 });
  const tree = new MerkleTree(sha256);
  /** Position of the last event that is a leaf. */
  let taken = BEFORE_FIRST;
  /** Events since the last sealing that are not the certifier's own. */
  let news = 0;

  const handle = (command: CertificationCommand, context: CommandContext) =>
    handler.handle(CERTIFICATION_STREAM, command, context);

  /** Takes in what the log has gained. */
  async function readLog(): Promise<void> {
    const sealedSize = (await handler.stateOf(CERTIFICATION_STREAM)).sealed?.size ?? 0;
    for await (const event of store.readAll({ after: taken })) {
      const isNews = tree.size >= sealedSize && event.streamId !== CERTIFICATION_STREAM;
      tree.append(Buffer.from(event.hash, 'hex'));
      taken = event.position;
      if (isNews) news += 1;
    }
  }

  /** Seals what is new and anchors it; nothing happens when nothing is new. */
  async function seal(): Promise<void> {
    await readLog();
    if (news > 0) {
      const size = tree.size;
      const root = tree.root();
      const note = signCheckpoint(sha256, { origin, size, root }, key, sign);
      const checkpoint = { size, root: Buffer.from(root).toString('hex'), note };
      await handle({ kind: 'seal', checkpoint }, certifierContext(`seal/${size}`));
      news = 0;
    }
    await anchorSealed();
  }

  async function anchorSealed(): Promise<void> {
    const { sealed, anchoredSize } = await handler.stateOf(CERTIFICATION_STREAM);
    if (!sealed || sealed.size <= anchoredSize) return;
    const { size, root } = sealed;
    try {
      const anchor = { size, root, ...(await anchors.anchor(size, root)) };
      await handle({ kind: 'recordAnchor', anchor }, certifierContext(`anchor/${size}`));
    } catch (error) {
      onError('anchor', error);
      const reason = (error instanceof Error ? error.message : String(error)).slice(0, 500);
      const failure = { size, root, reason };
      await handle({ kind: 'recordFailure', failure }, recurring(`failure/${size}`));
    }
  }

  function sealRegularly(): void {
    timers.at(clock.nowMs() + sealEverySeconds * 1_000, 'certifier/seal', async () => {
      try {
        await seal();
      } catch (error) {
        onError('seal', error);
      }
      sealRegularly();
    });
  }

  return {
    /** Names key and contracts in the log, and begins to seal regularly. */
    async start(chain: {
      readonly chainId: number;
      readonly anchorContract: string;
      readonly tokenContract: string;
      readonly agreementContract: string;
    }): Promise<void> {
      const publicKey = Buffer.from(key.publicKey).toString('hex');
      const certifier = { origin, publicKey, ...chain };
      const context = recurring(`start/${Object.values(chain).join('/')}/${publicKey}`);
      await handle({ kind: 'start', certifier }, context);
      sealRegularly();
    },

    seal,

    /** Root over all event hashes of the log as it is now, hex: the log's digest. */
    async logDigest(): Promise<string> {
      await readLog();
      return Buffer.from(tree.root()).toString('hex');
    },

    /** Proof that the event at a position stands under the log of `size` events. */
    inclusion(position: number, size: number): InclusionProof {
      const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
      return {
        index: position,
        size,
        root: hex(tree.root(size)),
        proof: tree.inclusionProof(position, size).map(hex),
      };
    },

    state: () => handler.stateOf(CERTIFICATION_STREAM),
  };
}

/** What may happen again: an anchor that fails once more, a chain that is gone back to. */
function recurring(step: string): CommandContext {
  return { ...certifierContext(step), mayRecur: true };
}

function certifierContext(step: string): CommandContext {
  return contextOf(`certifier/${step}`, 'certification', 'platform:certifier');
}
