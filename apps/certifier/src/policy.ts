/** What a certifier decides by itself. */
export interface CertifierPolicy {
  /** How long after one checkpoint the next one is sealed, s; only when something new was logged. */
  readonly sealEverySeconds: number;
}
