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
  readonly startedAt: string;
}

export const CERTIFIER_KEY = 'certifier';

type StartedEvent = Recorded<Extract<CertificationEvent, { type: 'CertifierStarted' }>>;

export const certifierView: View<CertifierDocument, StartedEvent> = {
  name: 'certifier',
  version: 1,
  types: ['CertifierStarted'],
  indexes: [],
  keysOf: () => [CERTIFIER_KEY],
  evolve: (_doc, { data, occurredAt }) => ({ ...data, startedAt: occurredAt }),
};
