/** What can happen to a Light Node. Stream `node-{podId}`. */
export type AnomalyKind = 'meter' | 'ems' | 'dsotp' | 'internet' | 'node';

export type NodeEvent =
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
      readonly type: 'KeyRotated';
      readonly data: { readonly podId: string; readonly publicKey: string };
    }
  | { readonly type: 'NodeConnected'; readonly data: { readonly podId: string } }
  | { readonly type: 'NodeDisconnected'; readonly data: { readonly podId: string } }
  | {
      readonly type: 'AnomalyRaised';
      readonly data: {
        readonly podId: string;
        readonly anomaly: AnomalyKind;
        readonly detail: string;
      };
    }
  | {
      readonly type: 'AnomalyCleared';
      readonly data: { readonly podId: string; readonly anomaly: AnomalyKind };
    };

export const nodeStream = (podId: string): string => `node-${podId}`;
