/** What an identity provider decides by itself. */
export interface IdentityPolicy {
  /** Longest life of a sign-in's session and of a refresh token that is not used, s. */
  readonly sessionS: number;
  /** How long a device code waits for its person, s. */
  readonly deviceCodeS: number;
  /** Characters of a password. */
  readonly passwordLengthMin: number;
  readonly passwordLengthMax: number;
  /** A person's record is kept so long after it was recorded last, days. */
  readonly personRetentionDays: number;
  /** Records that are over are looked for so often, ms. */
  readonly retentionEveryMs: number;
}

export const IDENTITY_POLICY: IdentityPolicy = {
  sessionS: 12 * 3_600,
  deviceCodeS: 600,
  passwordLengthMin: 12,
  passwordLengthMax: 200,
  // Ten years, as Italian law has accounts kept (art. 2220 of its civil code).
  personRetentionDays: 3_653,
  retentionEveryMs: 86_400_000,
};
