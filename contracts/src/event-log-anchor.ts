import { hexlify, type Result } from 'ethers';
import type { Chain } from './chain';
import { ChainRefused } from './chain-errors';
import {
  contractAt,
  deployContract,
  type DeployOptions,
  type TransactionOptions,
  type TransactionReceipt,
} from './contract';
import { eventLogAnchorArtefact } from './generated/event-log-anchor';
import { eventLogAnchorArtefact1 } from './generated/released/event-log-anchor-1';
import { eventLogAnchorArtefact2 } from './generated/frozen/event-log-anchor-2';
import { fromBytes32, toBytes32 } from './hex';

/** What `EventLogAnchor.sol` keeps of the event log at one moment. */
export interface Anchor {
  /** Number of events. */
  readonly size: number;
  /** RFC 9162 root, 64 hex characters. */
  readonly rootHex: string;
  /** Block time, seconds since 1970. */
  readonly timestampS: number;
  /** The guardian has rejected it: it counts no more. */
  readonly isRejected?: true;
}

/** How long the guardian can reject an anchor, by the chain's time. */
export const REJECTION_WINDOW_S = 86_400;

/** That an event is in the log as anchored; see `verifyInclusion` of merkle-log for the terms. */
export interface InclusionOnChain {
  /** RFC 9162 leaf hash, 32 bytes. */
  readonly leafHash: Uint8Array;
  /** Position of the event in the log, counted from 0. */
  readonly index: number;
  readonly proof: readonly Uint8Array[];
  /** The anchor whose size and root the proof is for, counted from 0. */
  readonly anchorIndex: number;
}

/** The contract `EventLogAnchor`. All methods throw `ChainRefused` and `ChainUnavailable`. */
export interface EventLogAnchor {
  readonly address: string;

  /**
   * Anchors the log's size and root; repeating the last anchor changes nothing.
   *
   * @throws ChainRefused `SizeShrinks`, `RootDiffers`, `StepTooLarge`, `AccessControlUnauthorizedAccount`,
   *   `EnforcedPause`
   * @throws RangeError when size or root is not one
   */
  anchor(size: number, rootHex: string, options?: TransactionOptions): Promise<TransactionReceipt>;

  /**
   * Anchors from index `first` on (default 0), oldest first, those that were rejected among them; `atMost` of them, so that
   * a contract that lies does not keep the reader for ever.
   */
  readAnchors(first?: number, atMost?: number): Promise<Anchor[]>;

  /** How many anchors there are, or the contract claims that there are. */
  anchorCount(): Promise<number>;

  /** The admin, who grants the right to anchor; of a contract of release 0.1.0 who anchors. 0x-prefixed. */
  owner(): Promise<string>;

  /** The last anchor that stands, or `undefined` while there is none. */
  latest(): Promise<Anchor | undefined>;

  /**
   * Rejects the anchors from one on, for the guardian: they count no more, and the log goes on from the one before. Many are
   * rejected by several transactions, the last ones first, so that what was begun stands where it is stopped.
   *
   * @param first index of the first, counted from 0
   * @returns the last of the transactions
   * @throws ChainRefused `NotRejectable`, `NoSuchAnchor`, `AccessControlUnauthorizedAccount`
   */
  reject(first: number, options?: TransactionOptions): Promise<TransactionReceipt>;

  /** The contract's own answer; never under a rejected anchor. @throws ChainRefused `NoSuchAnchor` */
  verifyInclusion(claim: InclusionOnChain): Promise<boolean>;
}

/** Anchors that one transaction rejects: some 8,000 gas each. */
const REJECTED_AT_ONCE = 100;
/** Anchors in one call: far below what nodes let a call compute and answer. */
const PAGE = 100;
/** An anchor a minute for twenty years. */
const ANCHORS_AT_MOST = 10_000_000;

/** Of this release, and of earlier ones. */
const ARTEFACTS = [
  eventLogAnchorArtefact,
  eventLogAnchorArtefact2,
  eventLogAnchorArtefact1,
] as const;

/** Deploys the contract; the chain's account is its admin and anchors where nobody else is named. */
export async function deployEventLogAnchor(
  chain: Chain,
  options?: DeployOptions,
): Promise<EventLogAnchor> {
  const { address } = await deployContract(chain, eventLogAnchorArtefact, options);
  return eventLogAnchorAt(chain, address);
}

/** The deployed contract at an address. @throws ChainRefused when the code there is another */
export async function eventLogAnchorAt(chain: Chain, address: string): Promise<EventLogAnchor> {
  const contract = await contractAt(chain, ARTEFACTS, address);

  async function anchorCount(): Promise<number> {
    const [count] = await contract.read('anchorCount');
    return Number(count);
  }

  async function readAnchors(first = 0, atMost = ANCHORS_AT_MOST): Promise<Anchor[]> {
    const anchors: Anchor[] = [];
    const end = Math.min(await anchorCount(), first + atMost);
    for (;;) {
      const from = first + anchors.length;
      const wanted = Math.min(PAGE, Math.max(0, end - from));
      const [page] = await contract.read('anchorsFrom', from, wanted);
      // No more than was asked for: a contract that lies could give pages for ever.
      anchors.push(...(page as Result[]).slice(0, wanted).map(anchorFrom));
      if ((page as Result[]).length < PAGE || first + anchors.length >= end) return anchors;
    }
  }

  return {
    address,
    readAnchors,
    anchorCount,
    async owner() {
      const [owner] = await contract.read('owner');
      return owner as string;
    },
    async anchor(size, rootHex, options) {
      assertCount(size, 'the anchored size');
      return contract.send('anchor', [size, toBytes32(rootHex, 'the anchored root')], options);
    },
    async latest() {
      try {
        const [anchor] = await contract.read('latest');
        return anchorFrom(anchor);
      } catch (error) {
        if (!(error instanceof ChainRefused)) throw error;
        // All of them are rejected; contracts of release 0.1.0 do not say so of none.
        if (error.errorName === 'NoSuchAnchor' || (await anchorCount()) === 0) return undefined;
        throw error;
      }
    },
    async reject(first, options) {
      assertCount(first, 'the index of an anchor');
      let last = (await anchorCount()) - 1;
      for (; last - first >= REJECTED_AT_ONCE; last -= REJECTED_AT_ONCE) {
        const from = last - REJECTED_AT_ONCE + 1;
        const [anchor] = await contract.read('anchors', from);
        // What of the run was rejected before needs no transaction, and the contract takes none for it.
        if (!(anchor as Result)['rejected']) await contract.send('reject', [from], options);
      }
      return contract.send('reject', [first], options);
    },
    async verifyInclusion({ leafHash, index, proof, anchorIndex }) {
      assertCount(index, 'the event index');
      const hashes = proof.map((hash) => hexlify(hash));
      const args = [hexlify(leafHash), index, hashes, anchorIndex];
      const [included] = await contract.read('verifyInclusion', ...args);
      return included;
    },
  };
}

function anchorFrom(anchor: Result): Anchor {
  // Contracts of release 0.1.0 reject nothing.
  const { rejected = false } = anchor.toObject();
  return {
    size: Number(anchor['size']),
    rootHex: fromBytes32(anchor['root']),
    timestampS: Number(anchor['timestamp']),
    ...(rejected ? { isRejected: true } : {}),
  };
}

function assertCount(value: number, name: string): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${name} is ${value}; it must be a whole number from 0 to 2^53 - 1`);
  }
}
