/**
 * The statement by which a log goes on with other contracts on its chain: a checkpoint as C2SP tlog-checkpoint, the last
 * one that is anchored in the contracts until now, with extension lines that name those contracts and the ones that follow.
 * The log's key signs it. Who holds that key and the contracts until now follows it to the next ones.
 */
import {
  CheckpointError,
  type NoteKey,
  type VerifyEd25519,
  checkpointText,
  noteSignature,
  verifyCheckpoint,
} from './checkpoint';
import type { Sha256 } from './hashing';
import type { NoteSigner } from './key-change';

/** A contract and what it is; 0x-prefixed. */
export interface ContractWithCode {
  readonly address: string;
  /** keccak256 of its code. */
  readonly codeHash: string;
}

/** A change of contracts, as the statement says it. */
export interface ContractsChange {
  readonly chainId: number;
  /** Addresses until now, 0x-prefixed. */
  readonly former: {
    readonly anchorContract: string;
    readonly tokenContract: string;
    readonly agreementContract: string;
  };
  /** The last anchor in the contract until now. */
  readonly lastAnchor: {
    /** Leaves. */
    readonly size: number;
    /** RFC 9162 root, 64 hex characters. */
    readonly root: string;
    readonly txHash: string;
    readonly blockNumber: number;
  };
  /** Contracts from now on. */
  readonly next: {
    readonly anchorContract: ContractWithCode;
    readonly tokenContract: ContractWithCode;
    readonly agreementContract: ContractWithCode;
    /** Account that the new anchor contract obeys, 0x-prefixed. */
    readonly admin: string;
  };
  /** For people; one line. */
  readonly reason: string;
}

const REASON_CHARACTERS = 500;

/** Why a reason cannot stand in a statement, for a sentence; undefined where it can. */
export function reasonFault(reason: string): string | undefined {
  if (reason.trim() === '') return 'is empty';
  if (reason.length > REASON_CHARACTERS) return `has more than ${REASON_CHARACTERS} characters`;
  return /[\p{Cc}\p{Zl}\p{Zp}]/u.test(reason) ? 'is more than one line of text' : undefined;
}

/** @throws RangeError when the change cannot be written down */
export function signContractsChange(
  sha256: Sha256,
  origin: string,
  change: ContractsChange,
  { key, sign }: NoteSigner,
): string {
  const text = contractsChangeText(origin, change);
  return `${text}\n${noteSignature(sha256, text, key, sign)}`;
}

/** What the log's key signs. @throws RangeError when the change cannot be written down */
export function contractsChangeText(origin: string, change: ContractsChange): string {
  const fault = reasonFault(change.reason);
  if (fault) throw new RangeError(`the reason ${fault}`);
  const { size, root } = change.lastAnchor;
  const lines = linesOf(change).map((line) => `${line}\n`);
  return `${checkpointText({ origin, size, root: bytesOf(root) })}${lines.join('')}`;
}

/**
 * Finds that a statement is of this change and signed by the log's key.
 *
 * @throws CheckpointError naming what is wrong
 */
export function verifyContractsChange(
  sha256: Sha256,
  statement: string,
  change: ContractsChange,
  log: { readonly origin: string; readonly key: NoteKey },
  verify: VerifyEd25519,
): void {
  const signed = verifyCheckpoint(sha256, statement, log, verify);
  const { size, root } = change.lastAnchor;
  const isOfAnchor = signed.size === size && hexOf(signed.root) === root;
  const isSame = signed.extensionLines.join('\n') === linesOf(change).join('\n');
  if (isOfAnchor && isSame) return;
  throw new CheckpointError('the statement says otherwise than the change of contracts');
}

function linesOf({ chainId, former, lastAnchor, next, reason }: ContractsChange): string[] {
  const { anchorContract, tokenContract, agreementContract, admin } = next;
  const followed = [anchorContract, tokenContract, agreementContract];
  return [
    `contracts-chain ${chainId}`,
    `contracts-until ${former.anchorContract} ${former.tokenContract} ${former.agreementContract}`,
    `last-anchor ${lastAnchor.blockNumber} ${lastAnchor.txHash}`,
    `contracts-from ${followed.map(({ address }) => address).join(' ')}`,
    `code-hashes ${followed.map(({ codeHash }) => codeHash).join(' ')}`,
    `admin ${admin}`,
    `reason ${reason}`,
  ];
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
