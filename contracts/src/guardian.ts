/** What a guardian sees and does: stops a contract, and what of a token can still be rejected. */
import { computeAddress, type Result } from 'ethers';
import type { Chain } from './chain';
import { contractAt, type TransactionOptions, type TransactionReceipt } from './contract';
import { contractWithRoles } from './duties';
import { type Anchor, REJECTION_WINDOW_S, eventLogAnchorAt } from './event-log-anchor';
import { flexTokenArtefact } from './generated/flex-token';
import { fromBytes32 } from './hex';

/** A contract that can be stopped. All methods throw `ChainRefused` and `ChainUnavailable`. */
export interface Stoppable {
  /** Like `FlexToken`. */
  readonly name: string;
  readonly address: string;
  isPaused(): Promise<boolean>;
  /** For a guardian, and for the admin. @throws ChainRefused `NotGuardian`, `EnforcedPause` */
  pause(options?: TransactionOptions): Promise<TransactionReceipt>;
  /** For the admin alone. @throws ChainRefused `AccessControlUnauthorizedAccount`, `ExpectedPause` */
  unpause(options?: TransactionOptions): Promise<TransactionReceipt>;
}

/** A distribution that can still be rejected. */
export interface Challengeable {
  /** From 0, which `reject` of the contract takes. */
  readonly index: number;
  /** 0x-prefixed. */
  readonly root: string;
  /** Digest of the settlement that it follows from, 64 hex characters. */
  readonly sessionDigestHex: string;
  /** Block time from which on it is claimable, and rejected no more; seconds since 1970. */
  readonly claimableAtS: number;
}

/** An anchor that can still be rejected. */
export interface RejectableAnchor extends Omit<Anchor, 'isRejected'> {
  /** From 0, which `reject` of the contract takes. */
  readonly index: number;
  /** Block time from which on it is rejected no more, seconds since 1970. */
  readonly untilS: number;
}

/** An anchor a minute, twice; of more the last ones are read. */
const REJECTABLE_AT_MOST = 3_000;

/**
 * The anchors of a contract that can still be rejected, by the chain's time, in their order.
 *
 * @returns undefined where the contract rejects nothing: one of release 0.1.0, or none of ours
 * @throws ChainRefused, ChainUnavailable
 */
export async function readRejectableAnchors(
  chain: Chain,
  address: string,
): Promise<RejectableAnchor[] | undefined> {
  if (!(await contractWithRoles(chain, address))) return undefined;
  const contract = await eventLogAnchorAt(chain, address);
  const first = Math.max(0, (await contract.anchorCount()) - REJECTABLE_AT_MOST);
  const anchors = await contract.readAnchors(first, REJECTABLE_AT_MOST);
  const nowS = await chain.blockTimeS();
  return anchors.flatMap(({ isRejected = false, ...anchor }, offset) => {
    const untilS = anchor.timestampS + REJECTION_WINDOW_S;
    return isRejected || nowS >= untilS ? [] : [{ index: first + offset, ...anchor, untilS }];
  });
}

/** Far above the awards of an hour; of more the last ones are read. */
const CHALLENGEABLE_AT_MOST = 1_000;

/** Address of an account, with EIP-55 checksum. @param privateKey 0x-prefixed hex @throws TypeError when it is no such key */
export function accountOf(privateKey: string): string {
  try {
    return computeAddress(privateKey);
  } catch {
    // ethers would print the key it does not like.
    throw new TypeError('it is not the private key of an account: 32 bytes of hex');
  }
}

/**
 * @returns undefined where the contract cannot be stopped: one of release 0.1.0, or none of ours
 * @throws ChainUnavailable
 */
export async function stoppableAt(chain: Chain, address: string): Promise<Stoppable | undefined> {
  const known = await contractWithRoles(chain, address);
  if (!known) return undefined;
  const { contract } = known;
  return {
    name: contract.name,
    address,
    isPaused: async () => (await contract.read('paused'))[0] as boolean,
    pause: (options) => contract.send('pause', [], options),
    unpause: (options) => contract.send('unpause', [], options),
  };
}

/**
 * The distributions of a token that can still be rejected, in their order.
 *
 * @throws ChainRefused when the token is not one of this release, and ChainUnavailable
 */
export async function readChallengeable(chain: Chain, address: string): Promise<Challengeable[]> {
  const contract = await contractAt(chain, [flexTokenArtefact], address);
  const [isAnyClaimable, claimable] = await contract.read('claimable');
  // What stands behind the newest that is claimable has its hour still before it, or was rejected.
  const first = isAnyClaimable ? Number(claimable) + 1 : 0;
  const count = Number((await contract.read('distributionCount'))[0]);
  const found: Challengeable[] = [];
  for (let index = Math.max(first, count - CHALLENGEABLE_AT_MOST); index < count; index += 1) {
    const [distribution] = await contract.read('distributionAt', index);
    const { root, sessionDigest, claimableAt, rejected } = (distribution as Result).toObject();
    if (rejected) continue;
    const claimableAtS = Number(claimableAt);
    found.push({ index, root, sessionDigestHex: fromBytes32(sessionDigest), claimableAtS });
  }
  return found;
}
