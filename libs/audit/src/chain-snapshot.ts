/**
 * What the chain says of a log, as far as an audit asks it. It MUST be read before the log is, so that a
 * platform at work does not seem to have anchored what it never recorded.
 */

/** What could be read; instead of it, why it could not be. */
export interface ChainSnapshot {
  readonly chainId: number;
  /** Of block 0, 0x-prefixed. */
  readonly genesisHash: string;
  /** By address, as the log names it; a contract that could not be read is not there. */
  readonly contracts: ReadonlyMap<string, ContractState>;
  /** By address of the anchor contract, as the log names it. */
  readonly anchors: ReadonlyMap<string, readonly AnchoredRoot[] | string>;
  /** By address of the anchor contract, how many of its anchors were not read, where there are that many; absent = none. */
  readonly anchorsUnread?: ReadonlyMap<string, number>;
  /** By address of the token contract, as the log names it. */
  readonly tokens: ReadonlyMap<string, TokenState | string>;
  /** By address of the agreement contract, as the log names it. */
  readonly agreements: ReadonlyMap<string, readonly ChainCertificate[] | string>;
  /** By address of the contract of grants, as the log names it. */
  readonly access: ReadonlyMap<string, readonly ChainAccessBatch[] | string>;
}

/** A batch of grants that a contract holds, with its transaction. */
export interface ChainAccessBatch {
  /** Counted from 0. */
  readonly batch: number;
  readonly count: number;
  /** RFC 9162 root over its changes, 64 hex characters. */
  readonly rootHex: string;
  readonly txHash: string;
}

/** A checkpoint that an anchor contract holds. */
export interface AnchoredRoot {
  /** Where it stands there, from 0, by which a guardian rejects it; absent where the reader did not tell. */
  readonly index?: number;
  /** Leaves that the checkpoint covers. */
  readonly size: number;
  /** RFC 9162 root, 64 hex characters. */
  readonly rootHex: string;
  /** Block time, seconds since 1970. */
  readonly timestampS: number;
  /** The contract's guardian has rejected it: it counts no more, and stays to be seen. */
  readonly isRejected?: true;
}

/** A contract as it stands on the chain; 0x-prefixed. */
export interface ContractState {
  /** keccak256 of its code. */
  readonly codeHash: string;
  /** Whom it obeys. */
  readonly owner: string | undefined;
  /** Who has which duty in it; nothing of one without roles. */
  readonly duties?: ContractDuties | undefined;
}

/** Accounts by what they may do in a contract; 0x-prefixed. */
export interface ContractDuties {
  /** Anchor, award, certify or record grants. */
  readonly workers: readonly string[];
  /** Pause, and reject. */
  readonly guardians: readonly string[];
  /** All roles that were ever granted and revoked, in the order of the chain; absent where they were not read. */
  readonly changes?: readonly DutyChange[] | undefined;
  /** Guardians who can be made or dismissed, since that was scheduled and not done yet; absent = none. */
  readonly scheduled?: readonly ScheduledGuardian[] | undefined;
}

/** What the admin of a contract can do to its guardians without any further notice. */
export interface ScheduledGuardian {
  /** 0x-prefixed. */
  readonly account: string;
  /** Made guardian, or else dismissed. */
  readonly isGranted: boolean;
  /** Block time from which on, seconds since 1970; it does not lapse. */
  readonly fromS: number;
}

/** A role that was granted or revoked. */
export interface DutyChange {
  readonly role: 'admin' | 'worker' | 'guardian' | 'unknown';
  /** 0x-prefixed. */
  readonly account: string;
  readonly isGranted: boolean;
  readonly blockNumber: number;
}

/** State of a token contract. */
export interface TokenState {
  readonly totalSupplyMicroEur: bigint;
  /** 0x-prefixed. */
  readonly distributionRoot: string;
  /** The guardian has rejected that distribution, so that nobody is paid by it; absent where nothing can be rejected. */
  readonly isNewestRejected?: boolean;
  readonly awards: readonly ChainAward[];
}

/** An award that a token contract holds, with its transaction. */
export interface ChainAward {
  /** `awardDigest` of the settlement, 64 hex characters. */
  readonly sessionDigestHex: string;
  /** Leaf of the settlement that it names, 64 hex characters; contracts of earlier releases keep none. */
  readonly settlementLeafHex?: string | undefined;
  /** Of the distribution after it, 0x-prefixed. */
  readonly root: string;
  readonly amountMicroEur: bigint;
  readonly txHash: string;
  readonly blockNumber: number;
}

/** A step of an agreement that an agreement contract holds, with its transaction. */
export interface ChainCertificate {
  readonly change: 'certified' | 'ended';
  /** `agreementDigest`, 64 hex characters. */
  readonly termsDigest: string;
  readonly txHash: string;
}

/** Contracts the log has named, as it writes their addresses. */
export interface ContractAddresses {
  readonly anchorContracts: readonly string[];
  readonly tokenContracts: readonly string[];
  readonly agreementContracts: readonly string[];
  /** Where grants of data are recorded; none before the first. */
  readonly accessContracts: readonly string[];
  /** How many anchors the log says it has set. */
  readonly anchors: number;
}
