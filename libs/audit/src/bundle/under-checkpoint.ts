/** The checkpoint that a bundle or a proof is under: signed by the trusted log, seen by its witnesses, on the chain. */
import { toHex } from '@flexledger/domain';
import {
  type NoteKey,
  type SignedCheckpoint,
  CheckpointError,
  NOTE_KEY_TYPES,
  cosignedAtS,
  keyChangesFrom,
  parseVerifierKey,
  verifyCheckpoint,
} from '@flexledger/merkle-log';
import type { AnchoredRoot, ChainSnapshot } from '../chain-snapshot';
import { chainFaults, formerFaults, whichChainFaults } from '../checks/trusted-chain';
import { recoveryKeyIn } from '../log-key';
import { NOT_RUN } from '../report';
import type { AuditTools } from '../tools';
import type { FormerContracts, TrustedChain } from '../trust-policy';
import type { Bundle } from './bundle';
import type { BundleBasis, BundleFindings, BundleTrust } from './bundle-findings';
import { signedByFormerKey } from './former-keys';

/** The checkpoint, once the log has signed it and as many witnesses as are asked for have seen it. */
export function checkpointOf(
  bundle: Pick<Bundle, 'checkpoint' | 'keyChanges'>,
  trust: BundleTrust,
  { sha256, verifyEd25519 }: AuditTools,
  { checkpoints, trust: trusted }: BundleFindings,
): SignedCheckpoint | undefined {
  checkpoints.checked();
  trusted.checked();
  try {
    const byFormer = signedByFormerKey(bundle.checkpoint, trust, { sha256, verifyEd25519 });
    if (byFormer) checkpoints.note('it was signed by a key of the log before the one trusted');
    const expected = {
      origin: trust.origin,
      key: keyAfter(bundle, trust, { sha256, verifyEd25519 }),
    };
    const checkpoint =
      byFormer?.checkpoint ?? verifyCheckpoint(sha256, bundle.checkpoint, expected, verifyEd25519);
    const { quorum, keys } = trust.witnesses;
    const seenBy = timesSeen(checkpoint, trust, { sha256, verifyEd25519 }).length;
    if (seenBy < quorum) {
      const asked = `${quorum} of the ${keys.length} witnesses trusted are asked for`;
      trusted.fail(undefined, `${seenBy} witnesses have cosigned its checkpoint; ${asked}`);
    }
    const { lastCheckpoint: seen } = trust;
    if (seen?.size === checkpoint.size && seen.root !== toHex(checkpoint.root)) {
      const what = `the trust file has seen root ${seen.root} of ${seen.size} leaves`;
      trusted.fail(undefined, `${what}, the bundle's checkpoint has ${toHex(checkpoint.root)}`);
    }
    return checkpoint;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    checkpoints.fail(undefined, error.message);
    return undefined;
  }
}

/** When each of the witnesses trusted has seen a checkpoint, of those that have; seconds since 1970. */
export function timesSeen(
  checkpoint: SignedCheckpoint,
  { witnesses }: BundleTrust,
  { sha256, verifyEd25519 }: Pick<AuditTools, 'sha256' | 'verifyEd25519'>,
): number[] {
  return witnesses.keys.flatMap((text) => {
    const witness = parseVerifierKey(sha256, text, NOTE_KEY_TYPES.cosignature);
    return cosignedAtS(sha256, checkpoint, witness, verifyEd25519) ?? [];
  });
}

/** The key that the trusted one leads to, by those who handed the log over and by the recovery key that is trusted. */
function keyAfter(
  { keyChanges = [] }: Pick<Bundle, 'keyChanges'>,
  { origin, logKey, recoveryKey }: BundleTrust,
  { sha256, verifyEd25519 }: Pick<AuditTools, 'sha256' | 'verifyEd25519'>,
): NoteKey {
  const key = parseVerifierKey(sha256, logKey);
  const known = { origin, key, recoveryKey: recoveryKeyIn(sha256, recoveryKey) };
  // Statements of a key before the trusted one, or of none: whether the checkpoint is signed then tells.
  return keyChangesFrom(sha256, keyChanges, known, verifyEd25519).at(-1)?.key ?? key;
}

/** Compares it with what the chain holds. */
export function anchored(
  { kind, note }: { readonly kind: Bundle['of']['kind']; readonly note: string },
  { size, root }: SignedCheckpoint,
  { trust, chain, isChainAsked = false }: BundleBasis,
  { anchors, trust: trusted }: BundleFindings,
  tools: Pick<AuditTools, 'sha256' | 'verifyEd25519'>,
): void {
  if (typeof chain === 'string') {
    // Who keeps an auditor from the chain must not make a false bundle hold by it.
    if (isChainAsked) anchors.fail(undefined, `${NOT_RUN}${chain}`);
    else anchors.note(`not checked: ${chain}`);
    return;
  }
  if (!trust.chain) return anchors.note('not checked: no chain is trusted');
  const { former, address } = contractFor(trust, trust.chain, size);
  for (const fault of pinnedFaults(former, { chain: trust.chain }, chain)) {
    trusted.fail(undefined, fault);
  }
  anchors.checked();
  const held = chain.anchors.get(address);
  if (typeof held !== 'object') {
    return anchors.fail(undefined, `${NOT_RUN}${held ?? 'the contract was not asked'}`);
  }
  const ofSize = held.filter((one) => one.size === size);
  const anchor = ofSize.find((one) => !one.isRejected);
  if (!anchor && ofSize.some(({ rootHex }) => rootHex === toHex(root))) {
    const remedy = 'ask for one under a later checkpoint';
    return anchors.fail(
      undefined,
      `the guardian of contract ${address} has rejected its anchor; ${remedy}`,
    );
  }
  if (anchor?.rootHex === toHex(root)) return;
  // A receipt is given when its checkpoint is sealed; the chain may have the next one only.
  if (kind === 'receipt' && !anchor) {
    const isSeen = trust.witnesses.quorum > 0;
    if (isSeen || signedByFormerKey(note, trust, tools)?.mayBeOfThief !== true) {
      return anchors.note('its checkpoint has no anchor of its own');
    }
    const why =
      'the key that signed it was stated compromised, and no anchor shows that it is older';
    return anchors.fail(undefined, `${why}; ask for one under a later checkpoint`);
  }
  const found = anchor ? `root ${anchor.rootHex} for` : 'no anchor of';
  const isBeyond = !anchor && held.every((one) => one.isRejected || one.size < size);
  const remedy = isBeyond
    ? '; where the log has gone on to other contracts, audit it with the trust file, which then follows'
    : '';
  anchors.fail(undefined, `contract ${address} holds ${found} ${size} leaves${remedy}`);
}

/** What of the chain and of that contract is not as it is pinned. */
function pinnedFaults(
  former: FormerContracts | undefined,
  pinned: { readonly chain: TrustedChain },
  chain: ChainSnapshot,
): string[] {
  if (!former) return chainFaults(pinned, chain, ['anchorContract']);
  return [...whichChainFaults(pinned, chain), ...formerFaults(former, chain, ['anchorContract'])];
}

/** The contract that a checkpoint of this size is anchored in: one that the log had before, or the one that it has. */
function contractFor(
  { formerContracts = [] }: BundleTrust,
  { anchorContract }: TrustedChain,
  size: number,
): { readonly former: FormerContracts | undefined; readonly address: string } {
  const former = formerContracts.find(({ lastAnchor }) => size <= lastAnchor.size);
  return { former, address: (former ?? { anchorContract }).anchorContract.address };
}

function isAnchored({ size, root }: SignedCheckpoint, { trust, chain }: BundleBasis): boolean {
  if (typeof chain === 'string' || !trust.chain) return false;
  const held = chain.anchors.get(contractFor(trust, trust.chain, size).address);
  const isIt = (one: AnchoredRoot): boolean =>
    !one.isRejected && one.size === size && one.rootHex === toHex(root);
  return typeof held === 'object' && held.some(isIt);
}

/** What a bundle under a checkpoint leaves open. */
export function notExcluded(
  { trust, chain }: BundleBasis,
  {
    note,
    checkpoint,
  }: { readonly note: string; readonly checkpoint: SignedCheckpoint | undefined },
  tools: Pick<AuditTools, 'sha256' | 'verifyEd25519'>,
): string[] {
  const open = ['that the log has more to say of it than the bundle shows'];
  const isSeen =
    trust.witnesses.quorum > 0 || (checkpoint && isAnchored(checkpoint, { trust, chain }));
  if (checkpoint && !isSeen && signedByFormerKey(note, trust, tools)) {
    open.push(
      'that whoever got hold of the key that the log gave up has signed it since: no anchor of its own and no ' +
        'witness says that it is older',
    );
  }
  if (typeof chain === 'string') {
    open.push('that the checkpoint is not on the chain: the chain was not asked');
  } else if (!trust.chain) {
    open.push('that the checkpoint is not on the chain: no chain is trusted');
  } else {
    const { address } = contractFor(trust, trust.chain, checkpoint?.size ?? Infinity);
    const held = chain.anchors.get(address);
    const rejected = typeof held === 'object' ? held.filter(({ isRejected }) => isRejected) : [];
    if (rejected.length > 0) {
      open.push(
        `that the log was made anew behind ${rejected.length} anchors that the guardian of its contract has ` +
          'rejected: an audit of the log tells which of them it holds',
      );
    }
  }
  if (checkpoint && trust.lastCheckpoint && checkpoint.size !== trust.lastCheckpoint.size) {
    const { size } = trust.lastCheckpoint;
    open.push(`that it is of another log than the ${size} leaves that the trust file has seen`);
  }
  if (trust.witnesses.quorum === 0) {
    open.push('that others are shown another log: no witness is asked for');
  }
  return open;
}
