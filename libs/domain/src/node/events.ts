/**
 * What can trouble a Light Node (D3.3 table 25): its meter, its EMS, what the platform sends or does not answer,
 * its way to the broker, itself, and further meters beside the one that is settled by.
 */
export const ANOMALY_KINDS = ['meter', 'ems', 'dsotp', 'internet', 'node', 'otherMeter'] as const;
export type AnomalyKind = (typeof ANOMALY_KINDS)[number];

/** What a node has found and signed, in its RFC 8785 form: once when it begins, once when it has ended. */
export interface AnomalyStatement {
  /** The node's own name for it, equal in both: by it whoever hears of the end closes the begin. */
  readonly anomalyId: string;
  readonly podId: string;
  readonly kind: AnomalyKind;
  /** What caused it, in one word: `meter-unreadable`, `broker-refuses`. */
  readonly code: string;
  readonly detail: string;
  /** By the node's clock, ISO 8601 UTC. */
  readonly startedAt: string;
  /** Absent while it lasts. */
  readonly endedAt?: string;
}

/** ECDSA P-256 with SHA-256, r and s, 64 bytes hex. */
export interface SignedAnomaly {
  readonly content: AnomalyStatement;
  readonly signature: string;
  /** SEC 1 uncompressed point, hex. */
  readonly publicKey: string;
}

/** What can happen to a Light Node. Stream `node-{podId}`. */
export type NodeEvent =
  | {
      /** Whoever holds the token may enrol a node for the PoD, once and for a while. */
      readonly type: 'EnrolmentTokenIssued';
      readonly data: {
        readonly podId: string;
        /** SHA-256 of the token, hex; the token has 256 random bits, so the hash gives nothing away. */
        readonly tokenHash: string;
        /** ISO 8601 UTC. */
        readonly expiresAt: string;
        /** The node that enrols takes the place of the one that is there. */
        readonly replaces: boolean;
      };
    }
  | {
      readonly type: 'NodeEnrolled';
      readonly data: {
        readonly podId: string;
        /** ECDSA P-256 public key, SEC 1 uncompressed point (65 bytes), hex. */
        readonly publicKey: string;
        /** How the node reads its meter: `modbusTcp`, `chain2`, `simulated`. */
        readonly meterDriver: string;
      };
    }
  | {
      /** The meter that the node reads. */
      readonly type: 'MeterIdentified';
      readonly data: { readonly podId: string; readonly serialNumber: string };
    }
  | {
      /** Its key and its credentials count no more. */
      readonly type: 'NodeRevoked';
      readonly data: { readonly podId: string; readonly reason: string };
    }
  | {
      readonly type: 'KeyRotated';
      readonly data: {
        readonly podId: string;
        readonly publicKey: string;
        /** Absent in logs that keep no signature of the key before. */
        readonly rotation?: SignedKeyRotation;
      };
    }
  | { readonly type: 'NodeConnected'; readonly data: { readonly podId: string } }
  | { readonly type: 'NodeDisconnected'; readonly data: { readonly podId: string } }
  | {
      readonly type: 'AnomalyRaised';
      readonly data: {
        readonly podId: string;
        readonly anomaly: AnomalyKind;
        readonly detail: string;
        /** The node's own word; absent in logs that keep none. */
        readonly statement?: SignedAnomaly;
      };
    }
  | {
      readonly type: 'AnomalyCleared';
      readonly data: {
        readonly podId: string;
        readonly anomaly: AnomalyKind;
        /** Absent in logs that keep none. */
        readonly statement?: SignedAnomaly;
      };
    };

export const nodeStream = (podId: string): string => `node-${podId}`;

/**
 * What a Light Node signs to change its key, in its RFC 8785 form: with the key that it gives up, so that
 * nobody else can, and with the new one, so that it has it.
 */
export interface KeyRotation {
  readonly podId: string;
  /** Both ECDSA P-256 public keys, SEC 1 uncompressed points, hex. */
  readonly previousKey: string;
  readonly publicKey: string;
  /** When the node signed it, ISO 8601 UTC. */
  readonly at: string;
}

/** A change of keys with both signatures: ECDSA P-256 with SHA-256, r and s, 64 bytes hex. */
export interface SignedKeyRotation {
  readonly content: KeyRotation;
  /** By the key that is given up. */
  readonly previousProof: string;
  /** By the new key. */
  readonly proof: string;
}

/** What a Light Node signs to enrol, in its RFC 8785 form: that it has the key, and to which PoD it belongs. */
export interface EnrolmentRequest {
  readonly podId: string;
  /** The one-time token. */
  readonly token: string;
  /** ECDSA P-256 public key, SEC 1 uncompressed point, hex. */
  readonly publicKey: string;
  readonly meterDriver: string;
  readonly meterSerialNumber: string;
}
