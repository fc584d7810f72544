/** What a log and its chain say of themselves, as a trust policy to be handed to auditors and kept by them. */
import {
  type ChainSnapshot,
  type FormerContracts,
  type FormerKey,
  type TrustPolicy,
  type TrustedContract,
  TRUST_DEFAULTS,
  formerContracts,
  trustedContractAt,
} from '@flexledger/audit';
import { UsageError } from '@flexledger/command-line';
import {
  type CertificationEvent,
  type RecordedEvent,
  CERTIFICATION_STREAM,
  decodeEvent,
} from '@flexledger/domain';
import { logFile } from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { verifierKeyText } from '@flexledger/merkle-log';
import { readContents } from './audit-log';
import { readChain } from './chain-snapshot';
import { type StoredLog, openStoredLog } from './stored-log';

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
    const { recoveryKey } = certifier;
    const [accessContract] = contents.accessContracts;
    const formerKeys = await formerKeysOf(log);
    const contractAt = (address: string): TrustedContract => trustedContractAt(chain, address);
    const former = await formerContractsOf(log, chain);
    return {
      ...TRUST_DEFAULTS,
      origin,
      logKey: keyText(origin, publicKey),
      ...(formerKeys.length > 0 && { formerKeys }),
      ...(recoveryKey !== undefined && { recoveryKey }),
      chain: {
        chainId,
        genesisHash: chain.genesisHash,
        certifier: chain.contracts.get(anchorContract)!.owner!,
        anchorContract: contractAt(anchorContract),
        tokenContract: contractAt(tokenContract),
        agreementContract: contractAt(agreementContract),
        ...(accessContract !== undefined && { accessContract: contractAt(accessContract) }),
      },
      ...(former.length > 0 && { formerContracts: former }),
    };
  } finally {
    await log.close();
  }
}

const keyText = (name: string, publicKey: string): string =>
  verifierKeyText(sha256, { name, publicKey: Buffer.from(publicKey, 'hex') });

/** Contracts that the log had before, each with the statement by which it went on from them. */
async function formerContractsOf(
  { store }: StoredLog,
  chain: ChainSnapshot,
): Promise<FormerContracts[]> {
  const former: FormerContracts[] = [];
  for await (const recorded of store.readStream(CERTIFICATION_STREAM)) {
    const { type, data } = decodeEvent(recorded) as RecordedEvent & CertificationEvent;
    if (type !== 'ContractsChanged') continue;
    const { anchorContract, tokenContract, agreementContract } = data.former;
    const contracts = {
      anchorContract: trustedContractAt(chain, anchorContract),
      tokenContract: trustedContractAt(chain, tokenContract),
      agreementContract: trustedContractAt(chain, agreementContract),
    };
    former.push(formerContracts(data, contracts));
  }
  return former;
}

/** Keys that the log was signed with before, each with the statement by which it was given up. */
async function formerKeysOf({ store }: StoredLog): Promise<FormerKey[]> {
  const former: FormerKey[] = [];
  let named: { readonly origin: string; readonly publicKey: string } | undefined;
  for await (const recorded of store.readStream(CERTIFICATION_STREAM)) {
    const event = decodeEvent(recorded) as RecordedEvent & CertificationEvent;
    if (event.type === 'CertifierStarted') named = event.data;
    else if (event.type === 'LogKeyReplaced' && named) {
      const { statement, publicKey } = event.data;
      former.push({ key: keyText(named.origin, named.publicKey), statement });
      named = { ...named, publicKey };
    }
  }
  return former;
}
