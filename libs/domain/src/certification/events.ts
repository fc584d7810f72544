/** The certifier's own events. Stream `certification`. */
export type CertificationEvent =
  | {
      /** The key that signs checkpoints and the contracts that hold anchors and tokens. */
      readonly type: 'CertifierStarted';
      readonly data: {
        readonly origin: string;
        /** Ed25519 public key, 32 bytes, hex. */
        readonly publicKey: string;
        readonly chainId: number;
        readonly anchorContract: string;
        readonly tokenContract: string;
        /** Absent in logs from before agreements were certified. */
        readonly agreementContract?: string;
        /** C2SP verifier key that alone can end the key that signs; the first one named counts, for ever. */
        readonly recoveryKey?: string;
      };
    }
  | {
      /** The log is signed with another key from here on: the one before says so, or the recovery key, which ends it. */
      readonly type: 'LogKeyReplaced';
      readonly data: {
        /** Ed25519 public key, 32 bytes, hex. */
        readonly publicKey: string;
        /**
         * The last checkpoint under the key before with a line `next-key KEY`, signed by both keys; or the last of it
         * that is believed with lines `compromised-key KEY` and `next-key KEY`, signed by the recovery key.
         */
        readonly statement: string;
      };
    }
  | {
      /** The log goes on with other contracts of its chain, which the `CertifierStarted` behind it names. */
      readonly type: 'ContractsChanged';
      readonly data: {
        readonly chainId: number;
        /** Contracts until now. */
        readonly former: {
          readonly anchorContract: string;
          readonly tokenContract: string;
          readonly agreementContract: string;
        };
        /** The last anchor in the contract until now. */
        readonly lastAnchor: {
          readonly size: number;
          readonly root: string;
          readonly txHash: string;
          readonly blockNumber: number;
        };
        /** Contracts from here on. */
        readonly next: {
          readonly anchorContract: ContractDeployed;
          readonly tokenContract: ContractDeployed;
          readonly agreementContract: ContractDeployed;
          /** Account that the new anchor contract obeys. */
          readonly admin: string;
        };
        readonly reason: string;
        /** All of this as a checkpoint, that of the last anchor, with lines of its own; signed by the log's key. */
        readonly statement: string;
      };
    }
  | {
      readonly type: 'CheckpointSealed';
      readonly data: {
        /** Leaves covered, 0 to size - 1 of the log's tree: one an event in the log's order, no position. */
        readonly size: number;
        /** RFC 9162 root over the event hashes, hex. */
        readonly root: string;
        /** The signed C2SP tlog-checkpoint. */
        readonly note: string;
        /** Position of the last event covered. Version 1 did not say it. */
        readonly lastPosition: number;
      };
    }
  | {
      readonly type: 'CheckpointAnchored';
      readonly data: {
        readonly size: number;
        readonly root: string;
        readonly txHash: string;
        readonly blockNumber: number;
      };
    }
  | {
      /** A witness has seen the checkpoint, and that it goes on from all it had seen before. */
      readonly type: 'CheckpointCosigned';
      readonly data: {
        readonly size: number;
        /** Name of the witness's key. */
        readonly witness: string;
        /** The signature line of C2SP tlog-cosignature, with its newline. */
        readonly line: string;
      };
    }
  | {
      /** The chain holds an anchor no more, or its guardian has rejected it: a later one is made in its place. */
      readonly type: 'AnchorLost';
      readonly data: {
        readonly size: number;
        readonly root: string;
        /** Leaves of the last anchor that stands; 0 where none does. */
        readonly standingSize: number;
      };
    }
  | {
      readonly type: 'AnchorFailed';
      readonly data: { readonly size: number; readonly root: string; readonly reason: string };
    };

/** A contract and what it is; 0x-prefixed. */
export interface ContractDeployed {
  readonly address: string;
  /** keccak256 of its code. */
  readonly codeHash: string;
}

export const CERTIFICATION_STREAM = 'certification';
