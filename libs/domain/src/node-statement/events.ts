/** When node and EMS took a setpoint, ISO 8601 UTC by the node's clock, or why they did not. */
export type SetpointReceipt =
  | {
      readonly setpointId: string;
      readonly podId: string;
      readonly receivedAt: string;
      readonly emsReceivedAt: string;
    }
  | {
      readonly setpointId: string;
      readonly podId: string;
      readonly receivedAt: string;
      readonly failureReason: string;
    };

/** The plant follows these targets from `appliedAt` on; null where it is free. */
export interface Activation {
  readonly setpointId: string;
  readonly podId: string;
  readonly mtuStart: string;
  readonly targetW: number | null;
  readonly targetVar: number | null;
  readonly appliedAt: string;
}

/** Why a statement is not its node's own. */
export type StatementFault =
  'malformed' | 'unknown-node' | 'wrong-topic' | 'wrong-key' | 'wrong-signature';

/**
 * What a Light Node has put its name to beside measurements: that it and its EMS have a setpoint, and that
 * the plant begins to follow it. Stream `statements-{podId}-{yyyy-mm}`, the month in UTC in which it came.
 */
export type NodeStatementEvent =
  | { readonly type: 'SetpointReceiptSigned'; readonly data: SignedStatement<SetpointReceipt> }
  | { readonly type: 'ActivationSigned'; readonly data: SignedStatement<Activation> }
  | {
      readonly type: 'StatementRejected';
      readonly data: {
        /** PoD of the topic it came on; `unknown` where no node is enrolled. */
        readonly podId: string;
        readonly reason: StatementFault;
        readonly detail: string;
        /** The message as received, cut at 4,096 characters. */
        readonly message: string;
      };
    };

/** ECDSA P-256 with SHA-256 over the RFC 8785 form of `content`. */
export interface SignedStatement<Content> {
  readonly podId: string;
  readonly content: Content;
  /** r and s, 64 bytes hex. */
  readonly signature: string;
  /** SEC 1 uncompressed point, hex. */
  readonly publicKey: string;
}

export const statementStream = (podId: string, cameAt: string): string =>
  `statements-${podId}-${cameAt.slice(0, 7)}`;
