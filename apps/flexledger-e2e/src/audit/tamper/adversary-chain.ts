/**
 * A chain that the adversary runs: an own `anvil`, which is set back to its first block whenever a log is
 * to be made anew on it. Everything goes through the contracts' clients that the platforms use.
 */
import {
  type Anvil,
  type EventLogAnchor,
  type FlexToken,
  type FlexibilityAgreement,
  connectChain,
  deployEventLogAnchor,
  deployFlexToken,
  deployFlexibilityAgreement,
  startAnvil,
} from '@flexledger/contracts';

/** Contracts as an adversary writes to them. */
export interface AdversaryContracts {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly anchor: EventLogAnchor;
  readonly token: FlexToken;
  readonly agreement: FlexibilityAgreement;
  /** Remembers the chain as it is now. @returns by what `goBackTo` knows it */
  remember(): Promise<string>;
  /** The chain is again as it was remembered, as after a reorganisation: what came later is lost. */
  goBackTo(remembered: string): Promise<void>;
}

export interface AdversaryChain {
  /** Contracts deployed anew, on a chain that holds nothing else. */
  fresh(deployedAtMs: number): Promise<AdversaryContracts>;
  stop(): Promise<void>;
}

const TIMEOUT_MS = 10_000;

/**
 * Starts a chain without a block.
 *
 * @param privateKey of the account that deploys, anchors and awards, 0x-prefixed
 * @param address of that account
 * @param genesisTimestampS time of block 0: with the honest chain's, block 0 is that one, hash and all
 */
export async function startAdversaryChain(
  privateKey: string,
  address: string,
  genesisTimestampS: number,
): Promise<AdversaryChain> {
  const anvil = await startAnvil({ genesisTimestampS, fundedAddresses: [address] });
  let empty = await ask(anvil, 'evm_snapshot', []);
  return {
    async fresh(deployedAtMs) {
      await ask(anvil, 'evm_revert', [empty]);
      // A snapshot is used up when it is gone back to.
      empty = await ask(anvil, 'evm_snapshot', []);
      return deploy(anvil, privateKey, deployedAtMs);
    },
    stop: () => anvil.stop(),
  };
}

/** The folder's own chain with other contracts beside those that the log named. */
export async function deployBeside(
  stateFile: string,
  privateKey: string,
  deployedAtMs: number,
): Promise<AdversaryContracts & { stop(): Promise<void> }> {
  const genesisTimestampS = Math.floor(deployedAtMs / 1_000);
  const anvil = await startAnvil({ stateFile, genesisTimestampS });
  return { ...(await deploy(anvil, privateKey, deployedAtMs)), stop: () => anvil.stop() };
}

async function deploy(
  anvil: Anvil,
  privateKey: string,
  blockTimeMs: number,
): Promise<AdversaryContracts> {
  const { rpcUrl } = anvil;
  const chain = await connectChain({
    rpcUrl,
    privateKey,
    timeoutMs: TIMEOUT_MS,
    ownDevelopmentChain: true,
  });
  return {
    rpcUrl,
    chainId: Number(chain.chainId),
    anchor: await deployEventLogAnchor(chain, { blockTimeMs }),
    token: await deployFlexToken(chain, { blockTimeMs }),
    agreement: await deployFlexibilityAgreement(chain, { blockTimeMs }),
    remember: () => ask(anvil, 'evm_snapshot', []),
    goBackTo: async (remembered) => void (await ask(anvil, 'evm_revert', [remembered])),
  };
}

/** What is no matter of a chain's clients: a development chain's own commands. */
async function ask({ rpcUrl }: Anvil, method: string, params: readonly unknown[]): Promise<string> {
  const response = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const { result, error } = (await response.json()) as {
    readonly result?: unknown;
    readonly error?: { readonly message: string };
  };
  if (error) throw new Error(`${method}: ${error.message}`);
  return String(result);
}
