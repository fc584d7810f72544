/** Who certifies: the key that signs checkpoints and the contracts on the chain. One document. */
import type { CertificationEvent } from '@flexledger/domain';
import type { Recorded, View } from '../view';

export interface CertifierDocument {
  readonly origin: string;
  /** Ed25519 public key, hex. */
  readonly publicKey: string;
  readonly chainId: number;
  readonly anchorContract: string;
  readonly tokenContract: string;
  /** Absent in logs from before agreements were certified. */
  readonly agreementContract?: string;
  /** Leaves of the last anchor in the contracts before these; absent where there were none. */
  readonly anchoredBefore?: number;
  readonly startedAt: string;
}

export const CERTIFIER_KEY = 'certifier';

type CertifierEvent = Recorded<
  Extract<CertificationEvent, { type: 'CertifierStarted' | 'LogKeyReplaced' | 'ContractsChanged' }>
>;

export const certifierView: View<CertifierDocument, CertifierEvent> = {
  name: 'certifier',
  version: 3,
  types: ['CertifierStarted', 'LogKeyReplaced', 'ContractsChanged'],
  indexes: [],
  keysOf: () => [CERTIFIER_KEY],
  evolve(doc, event) {
    switch (event.type) {
      case 'CertifierStarted': {
        const { anchoredBefore } = doc ?? {};
        const before = anchoredBefore === undefined ? {} : { anchoredBefore };
        return { ...event.data, ...before, startedAt: event.occurredAt };
      }
      case 'LogKeyReplaced':
        return doc && { ...doc, publicKey: event.data.publicKey };
      case 'ContractsChanged':
        return doc && { ...doc, anchoredBefore: event.data.lastAnchor.size };
    }
  },
};
