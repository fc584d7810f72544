import {
  AbiCoder,
  concat,
  Interface,
  type InterfaceAbi,
  keccak256,
  type Result,
  ZeroAddress,
} from 'ethers';
import type { Chain, MinedTransaction } from './chain';
import { ChainRefused } from './chain-errors';

/** What `compile.mjs` writes for a contract. */
export interface ContractArtefact {
  readonly contractName: string;
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
  readonly deployedBytecode: string;
  /** Byte ranges of the deployed code that the constructor fills in. */
  readonly immutables: readonly { readonly start: number; readonly length: number }[];
}

/** Where a transaction went; hashes and addresses are 0x-prefixed. */
export interface TransactionReceipt {
  readonly txHash: string;
  readonly blockNumber: number;
  readonly gasUsed: bigint;
}

export interface TransactionOptions {
  /** Wanted time of the block, milliseconds since 1970; heeded on an own development chain only. */
  readonly blockTimeMs?: number;
  /** Where a call may need more than others; constant for what is called, so that hashes are. */
  readonly gasLimit?: bigint;
}

/** A contract at an address, called by method name; the typed modules stand on it. */
export interface DeployedContract {
  readonly address: string;
  readonly abi: Interface;
  read(method: string, ...args: unknown[]): Promise<Result>;
  send(method: string, args: unknown[], options?: TransactionOptions): Promise<TransactionReceipt>;
}

/** Constant, so that hashes do not depend on an estimate. */
const GAS_LIMIT_DEPLOY = 4_000_000n;

/** Who has which duty in a contract from its deployment on; 0x-prefixed addresses. */
export interface DutyHolders {
  /** Grants and revokes roles; the account that deploys where absent. */
  readonly admin?: string | undefined;
  /** Anchors, awards or certifies; the account that deploys where absent. */
  readonly worker?: string | undefined;
  /** May pause the contract, reject anchors and distributions, and nothing else; absent = nobody yet. */
  readonly guardian?: string | undefined;
}

export interface DeployOptions extends TransactionOptions, DutyHolders {}

/**
 * Deploys a contract, and waits until it is mined.
 *
 * @throws ChainRefused, ChainUnavailable
 */
export async function deployContract(
  chain: Chain,
  artefact: ContractArtefact,
  options: DeployOptions = {},
): Promise<{ readonly address: string; readonly receipt: TransactionReceipt }> {
  const own = chain.senderAddress;
  const { admin = own, worker = own, guardian = ZeroAddress, blockTimeMs } = options;
  const holders = [admin, worker, guardian];
  const constructed = AbiCoder.defaultAbiCoder().encode(['address', 'address', 'address'], holders);
  const mined = await chain.send({
    operation: `the deployment of ${artefact.contractName}`,
    to: null,
    data: concat([artefact.bytecode, constructed]),
    abi: new Interface(artefact.abi),
    gasLimit: GAS_LIMIT_DEPLOY,
    blockTimeMs,
  });
  return { address: mined.createdAddress, receipt: receiptOf(mined) };
}

/**
 * The contract at `address`, after its code is found to be that of one of the artefacts: a wrong address or
 * another contract with the same methods is refused before anything is sent to it.
 *
 * @param artefacts of this release, then of earlier ones, whose chains go on
 * @throws ChainRefused, ChainUnavailable
 */
export async function contractAt(
  chain: Chain,
  artefacts: readonly [ContractArtefact, ...ContractArtefact[]],
  address: string,
): Promise<DeployedContract> {
  const [{ contractName }] = artefacts;
  const code = await chain.codeAt(address);
  if (code === '0x') {
    throw new ChainRefused(
      `${contractName} at ${address}`,
      `there is no contract on chain ${chain.chainId}; deploy one, or set its address`,
    );
  }
  const artefact = artefacts.find(
    (known) => withoutImmutables(code, known) === withoutImmutables(known.deployedBytecode, known),
  );
  if (!artefact) {
    throw new ChainRefused(
      `${contractName} at ${address}`,
      'the contract there has other code than this release and those before it; set the address of one deployed by it',
    );
  }
  const abi = new Interface(artefact.abi);
  const request = (method: string, args: readonly unknown[]) => ({
    operation: `${contractName}.${method}`,
    to: address,
    data: abi.encodeFunctionData(method, args),
    abi,
  });
  return {
    address,
    abi,
    async read(method, ...args) {
      return abi.decodeFunctionResult(method, await chain.call(request(method, args)));
    },
    async send(method, args, options = {}) {
      const { blockTimeMs, gasLimit } = options;
      return receiptOf(await chain.send({ ...request(method, args), gasLimit, blockTimeMs }));
    },
  };
}

/** keccak256 of the code at an address, what the constructor filled in included; 0x-prefixed. */
export async function codeHashAt(chain: Chain, address: string): Promise<string> {
  return keccak256(await chain.codeAt(address));
}

function receiptOf({ txHash, blockNumber, gasUsed }: MinedTransaction): TransactionReceipt {
  return { txHash, blockNumber, gasUsed };
}

function withoutImmutables(code: string, { immutables }: ContractArtefact): string {
  const bytes = Buffer.from(code.slice(2), 'hex');
  for (const { start, length } of immutables) bytes.fill(0, start, start + length);
  return bytes.toString('hex');
}
