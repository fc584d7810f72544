/**
 * What an auditor holds outside the operator's reach (`trust.json`). All else is proved from it: whoever
 * holds the operator's key, disk and chain can make a log, a chain and contracts anew that agree with
 * each other, but not with what was written down elsewhere before.
 */

/** A contract as it was when it was first trusted; 0x-prefixed. */
export interface TrustedContract {
  readonly address: string;
  /** keccak256 of its code. */
  readonly codeHash: string;
  /** Who may anchor, award, certify or record grants in it; anybody where absent, as in files of earlier releases. */
  readonly workers?: readonly string[];
  /** Who may pause it and reject; anybody where absent. */
  readonly guardians?: readonly string[];
  /** How many roles had been granted and revoked in it by then; each later change is told. Absent in files of earlier releases. */
  readonly roleChanges?: number;
}

/** What is pinned of the chain that holds the anchors. */
export interface TrustedChain {
  readonly chainId: number;
  /** Of block 0: a chain made anew under the same id has another. 0x-prefixed. */
  readonly genesisHash: string;
  /** Admin of the anchor contract; of release 0.1.0 the account that anchors and awards. 0x-prefixed. */
  readonly certifier: string;
  readonly anchorContract: TrustedContract;
  readonly tokenContract: TrustedContract;
  readonly agreementContract: TrustedContract;
  /** Where grants of data are recorded; absent where there were none yet, and in files of earlier releases. */
  readonly accessContract?: TrustedContract;
}

/** Contracts that the log had before, and how it went on from them. */
export interface FormerContracts {
  readonly anchorContract: Pick<TrustedContract, 'address' | 'codeHash'>;
  readonly tokenContract: Pick<TrustedContract, 'address' | 'codeHash'>;
  readonly agreementContract: Pick<TrustedContract, 'address' | 'codeHash'>;
  /** The last anchor in them: a checkpoint up to it is anchored there. */
  readonly lastAnchor: SeenCheckpoint;
  /** The statement of the change, signed by the log's key (`ContractsChanged`). */
  readonly statement: string;
}

/** The contracts of a log as its own statements lead to them. */
export interface ContractsOfLog {
  readonly chain: TrustedChain;
  /** The oldest first. */
  readonly formerContracts: readonly FormerContracts[];
}

/** Who else has to have seen a checkpoint. */
export interface TrustedWitnesses {
  /** How many of them have to have cosigned; 0 asks for none. */
  readonly quorum: number;
  /** C2SP verifier keys of cosignatures: `NAME+KEYID+BASE64`. */
  readonly keys: readonly string[];
}

/** A key that the log had before, and how it gave it up. */
export interface FormerKey {
  /** C2SP verifier key of the log until then. */
  readonly key: string;
  /** The statement that it and the key that followed have signed, or the recovery key (`LogKeyReplaced`). */
  readonly statement: string;
}

/** A checkpoint that was seen. */
export interface SeenCheckpoint {
  /** Leaves. */
  readonly size: number;
  /** RFC 9162 root, 64 hex characters. */
  readonly root: string;
}

/** The keys of a log as its own statements lead to them. */
export interface LogKeys {
  /** C2SP verifier key in force. */
  readonly logKey: string;
  /** The oldest first. */
  readonly formerKeys: readonly FormerKey[];
  /** As the log named it first. */
  readonly recoveryKey?: string;
}

export interface TrustPolicy {
  readonly format: typeof TRUST_FORMAT;
  /** Name of the log. */
  readonly origin: string;
  /** C2SP verifier key of the log. */
  readonly logKey: string;
  /** Keys that it had before, the oldest first; absent = none. Bundles that were made under them hold by these. */
  readonly formerKeys?: readonly FormerKey[];
  /** C2SP verifier key that alone ends a key of the log; absent where none was named, and no statement of one counts. */
  readonly recoveryKey?: string;
  readonly chain: TrustedChain;
  /** Contracts that the log had before those of `chain`, the oldest first; absent = none. */
  readonly formerContracts?: readonly FormerContracts[];
  readonly witnesses: TrustedWitnesses;
  /** How far two honest clocks may lie apart. */
  readonly clockSkewSeconds: number;
  /** How long what is recorded may wait for a checkpoint that is anchored and has its quorum of witnesses. */
  readonly anchoredWithinSeconds: number;
  /** The largest that an audit with this file has seen to hold; null before the first. */
  readonly lastCheckpoint: SeenCheckpoint | null;
}

export const TRUST_FORMAT = 'flexledger/trust@1';

/** A policy with the usual tolerances, that asks for no witness and has seen no checkpoint. */
export const TRUST_DEFAULTS = {
  format: TRUST_FORMAT,
  witnesses: { quorum: 0, keys: [] },
  clockSkewSeconds: 120,
  anchoredWithinSeconds: 3_600,
  lastCheckpoint: null,
} as const satisfies Partial<TrustPolicy>;

/** What an audit without a trust file has no means to exclude, in words for people. */
export const WITHOUT_TRUST: readonly string[] = [
  'that whoever holds the key of the log has made the whole log anew, with a chain and contracts to go with it',
  'that events at the end of the log are missing, with the checkpoints and anchors that covered them',
  'that the log is shown to others with another content',
];

/** What remains with a trust file, as far as it says less than it could. */
export function notExcludedBy(trust: TrustPolicy | undefined, isChainRead: boolean): string[] {
  if (!trust) return [...WITHOUT_TRUST];
  const open: string[] = [];
  if (!isChainRead) {
    open.push('that the chain holds other anchors, or none: the chain was not checked');
  }
  if (!trust.lastCheckpoint) {
    open.push(
      'that the log was made anew before this first audit: the trust file had seen no checkpoint of it yet',
    );
  }
  if (trust.witnesses.quorum === 0) {
    open.push(
      'that who holds both the key of the log and its chain shows others another log: no witness is asked for',
    );
  }
  return open;
}
