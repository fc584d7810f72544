/** What a log and its chain say of themselves, as a trust policy to be handed to auditors and kept by them. */
import {
  type ChainSnapshot,
  type FormerContracts,
  type FormerKey,
  type TrustPolicy,
  type TrustedContract,
  LogUnreadable,
  TRUST_DEFAULTS,
  contentsOf,
  formerContracts,
  trustedContractAt,
} from '@flexledger/audit';
import { UsageError } from '@flexledger/command-line';
import type { CertificationEvent, RecordedEvent } from '@flexledger/domain';
import { logFile } from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { verifierKeyText } from '@flexledger/merkle-log';
import { readChain } from './chain-snapshot';
import { type SealedPart, sealedPart } from './sealed-part';
import { type StoredLogFile, openStoredLog } from './stored-log';

/**
 * Reads it from a data folder and its chain, as far as the log's key has sealed it. Its last checkpoint is left open: an
 * auditor remembers what an audit of its own has seen.
 *
 * @param onLeftOut told what the log names and nobody has sealed, or what of its seals does not hold
 * @throws UsageError when the log has sealed no certifier yet, or its chain cannot be read
 */
export async function exportTrust(
  source: { readonly dataDir: string; readonly rpcUrl?: string },
  onLeftOut: (words: string) => void = () => {},
): Promise<TrustPolicy> {
  const log = openStoredLog(logFile(source.dataDir));
  try {
    const { sealed, anchors, leftOut } = partOf(log);
    for (const words of leftOut) onLeftOut(words);
    const contents = { ...(await contentsOf(inTurn(sealed))), anchors };
    const { certifier } = contents;
    if (!certifier?.agreementContract) {
      throw new UsageError(
        `No checkpoint of the log of ${source.dataDir} covers the name of its certifier yet; start it by ` +
          '"flexledger up", for a minute at least.',
      );
    }
    const chain = await readChain(source, contents);
    if (typeof chain === 'string') throw new UsageError(`The chain cannot be read: ${chain}.`);
    const { origin, publicKey, chainId, anchorContract, tokenContract, agreementContract } =
      certifier;
    const { recoveryKey } = certifier;
    const [accessContract] = contents.accessContracts;
    const events = sealed.map((event) => event as RecordedEvent & CertificationEvent);
    const formerKeys = formerKeysOf(events);
    const contractAt = (address: string): TrustedContract => trustedContractAt(chain, address);
    const former = formerContractsOf(events, chain);
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

/** @throws UsageError where it cannot be read to its end */
function partOf(log: StoredLogFile): SealedPart {
  try {
    return sealedPart(log.rows());
  } catch (error) {
    if (!(error instanceof LogUnreadable)) throw error;
    throw new UsageError(`${error.message} Restore it from a backup before a trust file is made.`);
  }
}

async function* inTurn<Item>(items: readonly Item[]): AsyncGenerator<Item, void> {
  yield* items;
}

const keyText = (name: string, publicKey: string): string =>
  verifierKeyText(sha256, { name, publicKey: Buffer.from(publicKey, 'hex') });

/** Contracts that the log had before, each with the statement by which it went on from them. */
function formerContractsOf(
  events: readonly CertificationEvent[],
  chain: ChainSnapshot,
): FormerContracts[] {
  return events.flatMap(({ type, data }) => {
    if (type !== 'ContractsChanged') return [];
    const { anchorContract, tokenContract, agreementContract } = data.former;
    const contracts = {
      anchorContract: trustedContractAt(chain, anchorContract),
      tokenContract: trustedContractAt(chain, tokenContract),
      agreementContract: trustedContractAt(chain, agreementContract),
    };
    return [formerContracts(data, contracts)];
  });
}

/** Keys that the log was signed with before, each with the statement by which it was given up. */
function formerKeysOf(events: readonly CertificationEvent[]): FormerKey[] {
  const former: FormerKey[] = [];
  let named: { readonly origin: string; readonly publicKey: string } | undefined;
  for (const event of events) {
    if (event.type === 'CertifierStarted') named = event.data;
    else if (event.type === 'LogKeyReplaced' && named) {
      const { statement, publicKey } = event.data;
      former.push({ key: keyText(named.origin, named.publicKey), statement });
      named = { ...named, publicKey };
    }
  }
  return former;
}
