/**
 * Sealing: a signed checkpoint of the certified log when there is something new, anchored on the chain
 * (DESIGN 10). A chain outage delays anchors and loses none: the next anchor covers what the missed
 * one would have. What was tried once is tried until the chain has answered, before anything larger: it may
 * hold it already, and the log has to say so. Several certifiers of one log may seal: who finds that another has gone further
 * reads on.
 */
import {
  CERTIFICATION_STREAM,
  type CertificationCommand,
  type CertificationEvent,
  type CertificationState,
  DomainError,
  certificationDecider,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  contextOf,
  recurringContextOf,
  createCommandHandler,
} from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { checkpointText, keyChangeText } from '@flexledger/merkle-log';
import { type Clock, type Timers, messageOf } from '@flexledger/runtime';
import type { Anchors } from '../anchoring/anchors';
import { type LogSigner, signedNote } from '../keys/log-signer';
import type { CertifiedLog } from '../leaves/certified-log';
import type { CertifierPolicy } from '../policy';
import type { Witnesses } from '../witnessing/witnesses';
import { statedIn } from './stated';

const SHORT_TWICE = 2;
/** How long an answer of the chain that it holds everything counts while nothing is to be sealed or anchored. */
const ANSWER_COUNTS_MS = 3 * 60_000;

/** The contracts that the log is certified by. */
export interface CertifierChain {
  readonly chainId: number;
  readonly anchorContract: string;
  readonly tokenContract: string;
  readonly agreementContract: string;
}

export interface SealingOptions {
  readonly log: EventStore;
  readonly certified: CertifiedLog;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly anchors: Anchors;
  /** Name under which checkpoints are signed. */
  readonly origin: string;
  readonly signer: LogSigner;
  /** Verifier key of the recovery key; undefined where the log is to name none. */
  readonly recoveryKey?: string | undefined;
  /** Keys that the log may still be signed with: the one that it is hands over to `signer` at the start. */
  readonly before?: readonly LogSigner[];
  readonly chain: CertifierChain;
  readonly policy: CertifierPolicy;
  /** Who is asked to cosign what is sealed. */
  readonly witnesses: Witnesses;
  readonly onProblem: (problem: string) => void;
}

export interface Certifier {
  /**
   * Names key and contracts in the log, once; where the log is signed with a key before, hands it over.
   *
   * @throws DomainError `another-certifier`
   */
  start(): Promise<void>;
  /** Whether this certifier may go on with the log. @throws DomainError `another-certifier` */
  requireOwnLog(): Promise<void>;
  /**
   * Seals every so often until the function it returns is called, which resolves when no sealing is
   * under way any more. For one instance at a time, though several do no harm.
   */
  sealRegularly(): () => Promise<void>;
  /**
   * Seals what is new and anchors it; nothing happens when nothing is new.
   *
   * @throws LogNotAsSealed, DomainError `another-certifier`, and what the log throws; a chain that fails is told and tried again
   */
  seal(): Promise<void>;
  /** Root over all event hashes of the log as it is now, hex: the log's digest. */
  logDigest(): Promise<string>;
  /** What the log says of its certification now. */
  state(): Promise<CertificationState>;
  /** Whether the contracts were changed and no checkpoint covers that yet. */
  hasUnsealedChange(): Promise<boolean>;
}

export function createCertifier(options: SealingOptions): Certifier {
  const { log, certified, clock, timers, anchors, origin, signer, before = [], chain } = options;
  const { policy, witnesses, onProblem, recoveryKey } = options;
  const handler = createCommandHandler<
    CertificationState,
    CertificationCommand,
    CertificationEvent
  >({ store: log, clock, decider: certificationDecider, cachedStreams: 1 });

  const handle = (command: CertificationCommand, context: CommandContext) =>
    handler.handle(CERTIFICATION_STREAM, command, context);

  const publicKey = hex(signer.key.publicKey);
  const certifier = {
    origin,
    publicKey,
    ...chain,
    ...(recoveryKey !== undefined && { recoveryKey }),
  };

  const sealFailed = (error: unknown): void => onProblem(`certifier, seal: ${messageOf(error)}`);

  async function seal(): Promise<void> {
    await certified.readOn();
    requireOwnContracts(certified.state());
    // Over an anchor that may be lost none is put: the chain would then seem to hold what the log says.
    const isInDoubt = await noteLost();
    const isAnswered = !isInDoubt && (await anchorSealed());
    if (isToBeSealed()) await sealNews();
    if (isAnswered) await anchorSealed();
  }

  const isToBeSealed = (): boolean => certified.hasNews() || certified.hasUnsealedChange();

  /** How many sealings in a row the chain has held less than the log says: a node may lag behind for one. */
  let timesShort = 0;
  /** When the chain was last found to hold what the log says. */
  let foundWholeMs = -Infinity;

  /**
   * Records which anchors the chain holds no more, so that what is sealed is anchored again.
   *
   * @returns whether the chain holds less than the log says, and the next sealing tells if that stays so
   */
  async function noteLost(): Promise<boolean> {
    const { anchoredSize, anchoredBefore = 0 } = certified.state();
    if (anchoredSize === anchoredBefore) return false;
    // Either way: a clock may be set back.
    const isRecent = Math.abs(clock.nowMs() - foundWholeMs) < ANSWER_COUNTS_MS;
    if (isRecent && !isToBeSealed() && dueForAnchor() === undefined) return false;
    let standingSize: number;
    try {
      // What stands in contracts before is not asked again.
      standingSize = Math.max(await anchors.standingSize(), anchoredBefore);
    } catch {
      return false; // the next anchor tells that the chain does not answer
    }
    timesShort = standingSize < anchoredSize ? timesShort + 1 : 0;
    if (timesShort === 0) foundWholeMs = clock.nowMs();
    if (timesShort < SHORT_TWICE) return timesShort > 0;
    timesShort = 0;
    // What was told before is told once: a guardian who rejects again and again would fill the log.
    const bySize = new Map<number, { readonly size: number; readonly root: string }>();
    for await (const event of log.readStream(CERTIFICATION_STREAM)) {
      const { type, data } = event as unknown as CertificationEvent;
      if (type === 'AnchorLost') bySize.delete(data.size);
      else if (type === 'CheckpointAnchored' && data.size > standingSize) {
        bySize.set(data.size, { size: data.size, root: data.root });
      }
    }
    const lost = [...bySize.values()];
    onProblem(
      `certifier: the chain holds anchors up to ${standingSize} leaves, the log says ${anchoredSize}; ` +
        'they were rejected or lost, and the last checkpoint is anchored again',
    );
    const context = recurring(`lost/${anchoredSize}/${standingSize}`);
    await handle({ kind: 'recordLost', standingSize, anchored: lost }, context);
    await certified.readOn();
    return false;
  }

  async function sealNews(): Promise<void> {
    const tree = certified.tree();
    const { size } = tree;
    const root = tree.root();
    requireOwnKey(certified.state());
    await requireStated(certified.state());
    const lastPosition = certified.lastPosition();
    const note = await signedNote(checkpointText({ origin, size, root }), signer);
    const checkpoint = { size, root: hex(root), note, lastPosition };
    try {
      await handle({ kind: 'seal', checkpoint }, certifierContext(`seal/${size}`));
    } catch (error) {
      // Another instance has sealed a larger log meanwhile; whether it is this one, reading on tells.
      if (!(error instanceof DomainError && error.code === 'checkpoint-shrinks')) throw error;
    }
    await certified.readOn();
    await askForCosignatures(note, size);
  }

  /** The log may have gone on to other contracts: nothing is anchored in those before any more. */
  function requireOwnContracts(state: CertificationState): void {
    const own = state.certifier && { ...state.certifier, ...chain };
    if (own) certificationDecider.decide({ kind: 'start', certifier: own }, state);
  }

  /** Another instance may have handed the log over to a key that came later. */
  function requireOwnKey(state: CertificationState): void {
    const own = state.certifier && { ...state.certifier, publicKey };
    if (own) certificationDecider.decide({ kind: 'start', certifier: own }, state);
  }

  /** The log's recovery key was found to be sealed, though this certifier names none. */
  let isRecoverySealed = false;
  /** Position of the last change of contracts that was found to be the log's own. */
  let statedAt: number | undefined;

  /** Seals nothing that who has the disk alone may have written: it would seem to be the log's from then on. */
  async function requireStated({ certifier: named }: CertificationState): Promise<void> {
    const ofLog = named?.recoveryKey;
    const isRecoveryKnown = isRecoverySealed || ofLog === undefined || ofLog === recoveryKey;
    const changedAt = certified.changedAt();
    if (isRecoveryKnown && changedAt === statedAt) return;
    const stated = await statedIn(log, origin);
    isRecoverySealed = stated.isRecoverySealed;
    if (!isRecoveryKnown && !isRecoverySealed) {
      throw new DomainError(
        'another-certifier',
        `The log names the recovery key ${ofLog}, which no checkpoint covers and this certifier does not name: somebody ` +
          'else may have written it. Name it by certifier.recoveryKey where it is yours; else restore the log from a backup.',
      );
    }
    const { unstated } = stated;
    if (!unstated) {
      statedAt = changedAt;
      return;
    }
    throw new DomainError(
      'another-certifier',
      `The change of contracts at position ${unstated.position} is not stated by the log's key (${unstated.reason}): ` +
        'somebody else has written it. Restore the log from a backup.',
    );
  }

  /** The key before that the log is signed with; undefined where none of them is. */
  function giver({ certifier: named }: CertificationState): LogSigner | undefined {
    if (named?.publicKey === publicKey) return undefined;
    return before.find(({ key }) => hex(key.publicKey) === named?.publicKey);
  }

  /** Hands the log over where it is signed with a key before; else the log is not read for that. */
  async function handOver(): Promise<void> {
    const from = giver(await handler.stateOf(CERTIFICATION_STREAM));
    if (!from) return;
    await certified.readOn();
    const { sealed } = certified.state();
    const tree = certified.tree();
    const size = sealed?.size ?? 0;
    const checkpoint = { origin, size, root: tree.root(size) };
    const text = keyChangeText(sha256, checkpoint, signer.key);
    const statement = await signedNote(text, from, signer);
    const replaced = { publicKey, statement };
    await handle({ kind: 'replaceKey', replaced }, recurring(`key/${publicKey}`));
    // Whoever asks for the last checkpoint checks it by the key that is the log's now.
    await certified.readOn();
    await sealNews();
  }

  /**
   * Where the last checkpoint is by a key that was ended, or the process ended before the next had sealed, or before a
   * change of contracts was; of a log that had neither it is not read for that.
   */
  async function sealWhatChanged(): Promise<void> {
    const state = await handler.stateOf(CERTIFICATION_STREAM);
    const { sealed, sealedBy = publicKey, anchoredBefore } = state;
    if (!sealed || (sealedBy === publicKey && anchoredBefore === undefined)) return;
    await certified.readOn();
    if (sealedBy === publicKey && !certified.hasUnsealedChange()) return;
    await sealNews();
  }

  async function askForCosignatures(note: string, size: number): Promise<void> {
    for (const { witness, line } of await witnesses.cosign(note, certified.tree())) {
      await handle(
        { kind: 'recordCosignature', cosignature: { size, witness, line } },
        certifierContext(`cosign/${size}/${witness}`),
      );
    }
  }

  function dueForAnchor() {
    const { sealed, failed, anchoredSize } = certified.state();
    return [failed, sealed].find((one) => one && one.size > anchoredSize);
  }

  /** Anchors what is due; false where the chain failed, and asking it again now is of no use. */
  async function anchorSealed(): Promise<boolean> {
    for (;;) {
      const due = dueForAnchor();
      if (!due) return true;
      if (!(await anchored(due))) return false;
    }
  }

  /** Anchors a checkpoint and records it; records the failure, and is false, where the chain fails. */
  async function anchored({ size, root }: { readonly size: number; readonly root: string }) {
    try {
      const anchor = { size, root, ...(await anchors.anchor(size, root)) };
      // The same one again is news where it was lost.
      const context = certified.state().isLost
        ? recurring(`anchor/${size}`)
        : certifierContext(`anchor/${size}`);
      await handle({ kind: 'recordAnchor', anchor }, context);
      await certified.readOn();
      return true;
    } catch (error) {
      await certified.readOn();
      if (certified.state().anchoredSize >= size) return true;
      onProblem(`certifier, anchor: ${messageOf(error)}`);
      const failure = { size, root, reason: messageOf(error).slice(0, 500) };
      await handle({ kind: 'recordFailure', failure }, recurring(`failure/${size}`));
      await certified.readOn();
      return false;
    }
  }

  return {
    async requireOwnLog() {
      const state = await handler.stateOf(CERTIFICATION_STREAM);
      const from = giver(state);
      const expected = from ? { ...certifier, publicKey: hex(from.key.publicKey) } : certifier;
      certificationDecider.decide({ kind: 'start', certifier: expected }, state);
    },
    async start() {
      await handOver();
      const named = [...Object.values(chain), publicKey, ...(recoveryKey ? [recoveryKey] : [])];
      const context = recurring(`start/${named.join('/')}`);
      await handle({ kind: 'start', certifier }, context);
      // What hinders it is told, here and at each seal; it keeps nothing else from starting.
      await sealWhatChanged().catch(sealFailed);
    },
    sealRegularly() {
      let isStopped = false;
      let cancel = (): void => {};
      let underWay: Promise<void> = Promise.resolve();
      const sealAndArm = async (): Promise<void> => {
        try {
          await seal();
        } catch (error) {
          sealFailed(error);
        }
        if (!isStopped) arm();
      };
      const arm = (): void => {
        const dueMs = clock.nowMs() + policy.sealEverySeconds * 1_000;
        cancel = timers.at(dueMs, 'certifier/seal', () => (underWay = sealAndArm()));
      };
      arm();
      return async () => {
        isStopped = true;
        cancel();
        await underWay;
      };
    },
    seal,
    async logDigest() {
      await certified.readOn();
      return hex(certified.tree().root());
    },
    async state() {
      await certified.readOn();
      return certified.state();
    },
    async hasUnsealedChange() {
      await certified.readOn();
      return certified.hasUnsealedChange();
    },
  };
}

/** What may happen again: an anchor that fails once more, a chain that is gone back to. */
function recurring(step: string): CommandContext {
  return recurringContextOf(`certifier/${step}`, 'certification', 'platform:certifier');
}

function certifierContext(step: string): CommandContext {
  return contextOf(`certifier/${step}`, 'certification', 'platform:certifier');
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
