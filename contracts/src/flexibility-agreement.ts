import type { Result } from 'ethers';
import type { Chain } from './chain';
import {
  contractAt,
  deployContract,
  type DeployOptions,
  type TransactionOptions,
  type TransactionReceipt,
} from './contract';
import { flexibilityAgreementArtefact } from './generated/flexibility-agreement';
import { flexibilityAgreementArtefact1 } from './generated/released/flexibility-agreement-1';
import { flexibilityAgreementArtefact2 } from './generated/frozen/flexibility-agreement-2';
import { fromBytes32, toBytes32 } from './hex';

/** A change of an agreement as the contract's event tells it. */
export interface CertifiedChange {
  readonly change: 'certified' | 'ended';
  /** 64 hex characters. */
  readonly termsDigest: string;
  /** Account that said so, 0x-prefixed. */
  readonly certifier: string;
  readonly txHash: string;
  readonly blockNumber: number;
}

/** Block times of an agreement, seconds since 1970; 0 for not yet. */
export interface AgreementCertificate {
  readonly certifiedAtS: number;
  readonly endedAtS: number;
}

/**
 * The contract `FlexibilityAgreement`. Digests are 64 hex characters. All methods throw
 * `ChainRefused` and `ChainUnavailable`.
 */
export interface FlexibilityAgreement {
  readonly address: string;

  /**
   * Certifies agreements in one transaction, at most `AGREEMENTS_AT_ONCE`; all or none.
   *
   * @throws ChainRefused `AlreadyCertified`, `AccessControlUnauthorizedAccount`
   */
  certify(
    termsDigests: readonly string[],
    options?: TransactionOptions,
  ): Promise<TransactionReceipt>;

  /** As `certify`, that agreements have ended. @throws ChainRefused `NotInForce`, `AccessControlUnauthorizedAccount` */
  end(termsDigests: readonly string[], options?: TransactionOptions): Promise<TransactionReceipt>;

  certificateOf(termsDigest: string): Promise<AgreementCertificate>;

  /** All changes, oldest first. */
  readChanges(): Promise<CertifiedChange[]>;
}

/** Most agreements in one transaction: a tenth of what a block of a public chain holds. */
export const AGREEMENTS_AT_ONCE = 100;
/** Above what one agreement uses: a storage slot, an event, its calldata. */
const GAS_EACH = 40_000n;
const GAS_BASE = 60_000n;

/** Of this release, and of earlier ones. */
const ARTEFACTS = [
  flexibilityAgreementArtefact,
  flexibilityAgreementArtefact2,
  flexibilityAgreementArtefact1,
] as const;

/** Deploys the contract; the chain's account is its admin and certifies where nobody else is named. */
export async function deployFlexibilityAgreement(
  chain: Chain,
  options?: DeployOptions,
): Promise<FlexibilityAgreement> {
  const { address } = await deployContract(chain, flexibilityAgreementArtefact, options);
  return flexibilityAgreementAt(chain, address);
}

/** The deployed contract at an address. @throws ChainRefused when the code there is another */
export async function flexibilityAgreementAt(
  chain: Chain,
  address: string,
): Promise<FlexibilityAgreement> {
  const contract = await contractAt(chain, ARTEFACTS, address);

  function send(
    method: 'certify' | 'end',
    termsDigests: readonly string[],
    options: TransactionOptions = {},
  ): Promise<TransactionReceipt> {
    if (termsDigests.length > AGREEMENTS_AT_ONCE) {
      const at = `${termsDigests.length} agreements`;
      throw new RangeError(`${at} are more than the ${AGREEMENTS_AT_ONCE} of one transaction`);
    }
    const digests = termsDigests.map((digest) => toBytes32(digest, 'the digest of the terms'));
    const gasLimit = GAS_BASE + GAS_EACH * BigInt(digests.length);
    return contract.send(method, [digests], { ...options, gasLimit });
  }

  return {
    address,
    certify: async (termsDigests, options) => send('certify', termsDigests, options),
    end: async (termsDigests, options) => send('end', termsDigests, options),
    async certificateOf(termsDigest) {
      const digest = toBytes32(termsDigest, 'the digest of the terms');
      const [certifiedAt, endedAt] = (await contract.read('certificateOf', digest)) as Result;
      return { certifiedAtS: Number(certifiedAt), endedAtS: Number(endedAt) };
    },
    async readChanges() {
      const logs = await chain.logs(address, []);
      return logs.flatMap(({ topics, data, txHash, blockNumber }) => {
        const { name, args } = contract.abi.parseLog({ topics, data })!;
        // Roles that are granted are told by the contract too.
        if (name !== 'Certified' && name !== 'Ended') return [];
        return {
          change: name === 'Certified' ? 'certified' : 'ended',
          termsDigest: fromBytes32(args['termsDigest']),
          certifier: args['certifier'],
          txHash,
          blockNumber,
        };
      });
    },
  };
}
