import { AGREEMENTS_AT_ONCE, ChainRefused, type FlexibilityAgreement } from '@flexledger/contracts';
import type { Sending } from '../wallets/token-ledger';

/** What happens to an agreement on the chain. */
export type CertifiedStep = 'certified' | 'ended';

/** The agreement contract, as the market certifies by it. */
export interface AgreementLedger {
  /** Of the contract, 0x hex. */
  readonly address: string;
  /** Most agreements in one transaction. */
  readonly atOnce: number;
  /**
   * Certifies one step of agreements.
   *
   * @param termsDigests 64 hex characters each; those that the chain has already are left as they are
   * @returns the transaction of each, by digest
   */
  record(
    step: CertifiedStep,
    termsDigests: readonly string[],
  ): Promise<ReadonlyMap<string, string>>;
}

/**
 * Certificates in the deployed `FlexibilityAgreement`. Rejects as the contract does.
 *
 * @param former contracts before it: what was certified in one of them stands there, and ends there
 */
export function agreementLedger(
  contract: FlexibilityAgreement,
  sending: Sending,
  former: readonly FlexibilityAgreement[] = [],
): AgreementLedger {
  /** In which contract each of them is certified; the one in force where in none. */
  async function holdersOf(
    digests: readonly string[],
  ): Promise<ReadonlyMap<FlexibilityAgreement, readonly string[]>> {
    const held = new Map<FlexibilityAgreement, string[]>();
    for (const digest of digests) {
      let holder = contract;
      for (const before of former) {
        if ((await before.certificateOf(digest)).certifiedAtS > 0) holder = before;
      }
      held.set(holder, [...(held.get(holder) ?? []), digest]);
    }
    return held;
  }

  return {
    address: contract.address,
    atOnce: AGREEMENTS_AT_ONCE,
    async record(step, digests) {
      if (step === 'certified' || former.length === 0) {
        return recordIn(contract, sending, step, digests);
      }
      const transactions = new Map<string, string>();
      for (const [holder, held] of await holdersOf(digests)) {
        for (const [digest, txHash] of await recordIn(holder, sending, step, held)) {
          transactions.set(digest, txHash);
        }
      }
      return transactions;
    },
  };
}

async function recordIn(
  contract: FlexibilityAgreement,
  { transaction, sent }: Sending,
  step: CertifiedStep,
  digests: readonly string[],
): Promise<Map<string, string>> {
  async function send(some: readonly string[]): Promise<string> {
    const change = step === 'certified' ? contract.certify : contract.end;
    const { txHash } = await change(some, transaction());
    await sent();
    return txHash;
  }
  const transactions = new Map<string, string>();
  try {
    const txHash = await send(digests);
    for (const digest of digests) transactions.set(digest, txHash);
  } catch (error) {
    if (!(error instanceof ChainRefused)) throw error;
    // Sent before a crash that kept it from the log: the chain has some of them already.
    for (const { change, termsDigest, txHash } of await contract.readChanges()) {
      if (change === step && digests.includes(termsDigest)) transactions.set(termsDigest, txHash);
    }
    const missing = digests.filter((digest) => !transactions.has(digest));
    if (transactions.size === 0) throw error;
    // It may have been the saving that failed.
    if (missing.length === 0) await sent();
    const txHash = missing.length === 0 ? '' : await send(missing);
    for (const digest of missing) transactions.set(digest, txHash);
  }
  return transactions;
}
