/**
 * Who somebody is: name, address, contact, PoDs. Events hold them encrypted under a key of that person
 * alone, which stands outside the log; without the key nobody reads them, while hashes and proofs go on
 * holding (D3.3 A.5.1). Stream `person-{personId}`.
 */
export type PersonEvent =
  | { readonly type: 'PersonRecorded'; readonly data: PersonData }
  | { readonly type: 'PersonErased'; readonly data: PersonErasure };

export interface PersonData {
  readonly personId: string;
  /** The party that keeps the record, for whom its user or customer it is. */
  readonly holder: string;
  /** AES-256-GCM of the fields' JSON: nonce, ciphertext and tag together, base64url. */
  readonly sealed: string;
  /** Day after which the record is erased, as `2036-03-17`. */
  readonly keptUntil: string;
}

export interface PersonErasure {
  readonly personId: string;
  readonly reason: string;
}

export const personStream = (personId: string): string => `person-${personId}`;
