import type { WitnessAddress } from './witnessing/witnesses';

/** What a certifier decides by itself. */
export interface CertifierPolicy {
  /** How long after one checkpoint the next one is sealed, s; only when something new was logged. */
  readonly sealEverySeconds: number;
  /** Who is asked to cosign each checkpoint. */
  readonly witnesses: readonly WitnessAddress[];
}
