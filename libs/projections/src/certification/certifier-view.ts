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
  readonly startedAt: string;
}

export const CERTIFIER_KEY = 'certifier';

type CertifierEvent = Recorded<
  Extract<CertificationEvent, { type: 'CertifierStarted' | 'LogKeyReplaced' }>
>;

export const certifierView: View<CertifierDocument, CertifierEvent> = {
  name: 'certifier',
  version: 2,
  types: ['CertifierStarted', 'LogKeyReplaced'],
  indexes: [],
  keysOf: () => [CERTIFIER_KEY],
  evolve(doc, event) {
    if (event.type === 'CertifierStarted') return { ...event.data, startedAt: event.occurredAt };
    return doc && { ...doc, publicKey: event.data.publicKey };
  },
};
