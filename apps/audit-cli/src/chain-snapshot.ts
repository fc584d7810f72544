/**
 * What the chain says of the log, read before the log is, so that a platform at work does not seem
 * to have anchored what it never recorded. Without an RPC address the embedded chain of the data
 * folder is started on a copy of its state, so that the folder stays as it is.
 */
import { messageOf } from '@flexledger/runtime';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type {
  AnchoredRoot,
  ChainAccessBatch,
  ChainCertificate,
  ChainSnapshot,
  ContractAddresses,
  ContractDuties,
  ContractState,
  TokenState,
} from '@flexledger/audit';
import {
  type Chain,
  ChainRefused,
  chainFile,
  codeHashAt,
  connectChain,
  dataAccessAt,
  eventLogAnchorAt,
  flexTokenAt,
  flexibilityAgreementAt,
  readDuties,
  readRoleChanges,
  readScheduledGuardians,
  startAnvil,
} from '@flexledger/contracts';

/**
 * Anchors beyond those that the log knows are read up to here, to be told: so many of the first, and so many of the
 * last ones.
 */
const UNKNOWN_ANCHORS_AT_MOST = 10_000;
const TIMEOUT_MS = 10_000;
/** Nothing is ever signed with it: the audit only asks. */
const NO_ACCOUNT = `0x${'1'.padStart(64, '0')}`;

/** Reads the chain; where it cannot be reached, says why. */
export async function readChain(
  source: { readonly dataDir: string; readonly rpcUrl?: string | undefined },
  addresses: ContractAddresses,
): Promise<ChainSnapshot | string> {
  try {
    if (source.rpcUrl !== undefined) return await snapshot(source.rpcUrl, addresses);
    return await readEmbeddedChain(chainFile(source.dataDir), addresses);
  } catch (error) {
    return messageOf(error);
  }
}

async function readEmbeddedChain(
  stateFile: string,
  addresses: ContractAddresses,
): Promise<ChainSnapshot | string> {
  if (!existsSync(stateFile)) {
    return `there is no chain state ${stateFile}; name the RPC address of the chain with --rpc`;
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-audit-'));
  try {
    const copy = path.join(folder, 'chain.json');
    copyFileSync(stateFile, copy);
    const anvil = await startAnvil({ stateFile: copy });
    try {
      return await snapshot(anvil.rpcUrl, addresses);
    } finally {
      await anvil.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function snapshot(rpcUrl: string, addresses: ContractAddresses): Promise<ChainSnapshot> {
  const chain = await connectChain({ rpcUrl, privateKey: NO_ACCOUNT, timeoutMs: TIMEOUT_MS });
  const atMost = addresses.anchors + UNKNOWN_ANCHORS_AT_MOST;
  const anchorsUnread = new Map<string, number>();
  const anchorsAt = async (address: string): Promise<readonly AnchoredRoot[]> => {
    const contract = await eventLogAnchorAt(chain, address);
    const read = async (from: number): Promise<AnchoredRoot[]> =>
      (await contract.readAnchors(from, atMost)).map((anchor, offset) => ({
        index: from + offset,
        ...anchor,
      }));
    const first = await read(0);
    const lastFrom = Math.max(first.length, (await contract.anchorCount()) - atMost);
    if (first.length < atMost) return first;
    if (lastFrom > first.length) anchorsUnread.set(address, lastFrom - first.length);
    return [...first, ...(await read(lastFrom))];
  };
  const changesAt = async (address: string): Promise<readonly ChainCertificate[]> =>
    (await flexibilityAgreementAt(chain, address)).readChanges();
  const batchesAt = async (address: string): Promise<readonly ChainAccessBatch[]> =>
    (await dataAccessAt(chain, address)).readBatches();
  return {
    chainId: Number(chain.chainId),
    genesisHash: await chain.genesisHash(),
    contracts: await contractStates(chain, addresses),
    anchors: await readEach(addresses.anchorContracts, anchorsAt),
    anchorsUnread,
    tokens: await readEach(addresses.tokenContracts, (address) => tokenState(chain, address)),
    agreements: await readEach(addresses.agreementContracts, changesAt),
    access: await readEach(addresses.accessContracts, batchesAt),
  };
}

async function contractStates(
  chain: Chain,
  addresses: ContractAddresses,
): Promise<Map<string, ContractState>> {
  const { anchorContracts, tokenContracts, agreementContracts, accessContracts } = addresses;
  const states = new Map<string, ContractState>();
  const all = [anchorContracts, tokenContracts, agreementContracts, accessContracts].flat();
  for (const address of all) {
    const codeHash = await codeHashAt(chain, address);
    const owner = anchorContracts.includes(address) ? await ownerOf(chain, address) : undefined;
    states.set(address, { codeHash, owner, duties: await dutiesAt(chain, address) });
  }
  return states;
}

/** Nothing of a contract without roles, and where the node gives no logs of its beginning. */
async function dutiesAt(chain: Chain, address: string): Promise<ContractDuties | undefined> {
  try {
    const duties = await readDuties(chain, address);
    if (!duties) return undefined;
    const changes = await readRoleChanges(chain, address);
    return { ...duties, changes, scheduled: await readScheduledGuardians(chain, address) };
  } catch (error) {
    if (error instanceof ChainRefused || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** What is no anchor contract of this release obeys nobody known. */
async function ownerOf(chain: Chain, address: string): Promise<string | undefined> {
  try {
    return await (await eventLogAnchorAt(chain, address)).owner();
  } catch (error) {
    if (error instanceof ChainRefused) return undefined;
    throw error;
  }
}

async function tokenState(chain: Chain, address: string): Promise<TokenState> {
  const token = await flexTokenAt(chain, address);
  const newest = await token.newest();
  return {
    totalSupplyMicroEur: await token.totalSupplyMicroEur(),
    distributionRoot: await token.distributionRoot(),
    ...(newest && { isNewestRejected: newest.isRejected && !newest.isClaimable }),
    awards: await token.readAwards(),
  };
}

async function readEach<State>(
  addresses: readonly string[],
  read: (address: string) => Promise<State>,
): Promise<Map<string, State | string>> {
  const states = new Map<string, State | string>();
  for (const address of new Set(addresses)) {
    try {
      states.set(address, await read(address));
    } catch (error) {
      states.set(address, messageOf(error));
    }
  }
  return states;
}
