/** What a log and its chain say of themselves, as a trust policy to be handed to auditors and kept by them. */
import { type TrustPolicy, type TrustedContract, TRUST_DEFAULTS } from '@flexledger/audit';
import { UsageError } from '@flexledger/command-line';
import { logFile } from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { verifierKeyText } from '@flexledger/merkle-log';
import { readContents } from './audit-log';
import { readChain } from './chain-snapshot';
import { openStoredLog } from './stored-log';

/**
 * Reads it from a data folder and its chain. Its last checkpoint is left open: an auditor remembers what
 * an audit of its own has seen.
 *
 * @throws UsageError when the log names no certifier yet, or its chain cannot be read
 */
export async function exportTrust(source: {
  readonly dataDir: string;
  readonly rpcUrl?: string;
}): Promise<TrustPolicy> {
  const log = openStoredLog(logFile(source.dataDir));
  try {
    const contents = await readContents(log);
    const { certifier } = contents;
    if (!certifier?.agreementContract) {
      throw new UsageError(
        `The log of ${source.dataDir} names no certifier yet; start it once by "flexledger up".`,
      );
    }
    const chain = await readChain(source, contents);
    if (typeof chain === 'string') throw new UsageError(`The chain cannot be read: ${chain}.`);
    const { origin, publicKey, chainId, anchorContract, tokenContract, agreementContract } =
      certifier;
    const contractAt = (address: string): TrustedContract => {
      const { codeHash, duties } = chain.contracts.get(address)!;
      const { workers, guardians } = duties ?? {};
      return { address, codeHash, ...(workers && { workers }), ...(guardians && { guardians }) };
    };
    return {
      ...TRUST_DEFAULTS,
      origin,
      logKey: verifierKeyText(sha256, { name: origin, publicKey: Buffer.from(publicKey, 'hex') }),
      chain: {
        chainId,
        genesisHash: chain.genesisHash,
        certifier: chain.contracts.get(anchorContract)!.owner!,
        anchorContract: contractAt(anchorContract),
        tokenContract: contractAt(tokenContract),
        agreementContract: contractAt(agreementContract),
      },
    };
  } finally {
    await log.close();
  }
}
