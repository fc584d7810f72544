import { inOrder } from '@flexledger/runtime';
import { setTimeout as pause } from 'node:timers/promises';
import { getCreateAddress, type Interface, Transaction, toBeHex, toQuantity, Wallet } from 'ethers';
import { ChainRefused, ChainUnavailable } from './chain-errors';
import { jsonRpc, type JsonRpc, JsonRpcError } from './json-rpc';
import { revertReason } from './revert-reason';

/**
 * One account on an EVM chain. Transactions are deterministic: nonce from the chain, fees constant, gas limit
 * too unless a call needs more, RFC 6979 signature; the same calls on the same chain give the same hashes, and a
 * transaction that is sent again before it was mined is the same transaction.
 */
export interface Chain {
  readonly chainId: bigint;
  /** Account that signs and pays, with EIP-55 checksum. */
  readonly senderAddress: string;

  /**
   * Sends a transaction and waits until it is mined. Calls are served one after the other, each
   * within the time limit.
   *
   * @throws ChainRefused when it would revert or did, and nothing changed
   * @throws ChainUnavailable when the chain does not answer, or does not mine in time
   */
  send(request: TransactionRequest): Promise<MinedTransaction>;

  /** Return data of a call on the latest block. @throws ChainRefused, ChainUnavailable */
  call(request: CallRequest): Promise<string>;

  /** All logs of a contract with these topics, one of several where they are a list, oldest first. @throws ChainRefused, ChainUnavailable */
  logs(address: string, topics: readonly (string | readonly string[])[]): Promise<ChainLog[]>;

  /** Code at an address, `0x` where there is none. @throws ChainRefused, ChainUnavailable */
  codeAt(address: string): Promise<string>;

  /** Hash of block 0, 0x-prefixed: which chain of this id it is. @throws ChainRefused, ChainUnavailable */
  genesisHash(): Promise<string>;

  /** Time of the newest block, seconds since 1970. @throws ChainRefused, ChainUnavailable */
  blockTimeS(): Promise<number>;
}

export interface CallRequest {
  /** For messages, like `EventLogAnchor.anchor`. */
  readonly operation: string;
  /** Contract address; `null` deploys. */
  readonly to: string | null;
  /** ABI-encoded, 0x-prefixed. */
  readonly data: string;
  /** Decodes the contract's own errors. */
  readonly abi: Interface;
}

export interface TransactionRequest extends CallRequest {
  /** Absent = 400,000, or as much more as the node estimates that it needs. */
  readonly gasLimit?: bigint | undefined;
  /** Wanted time of the block, milliseconds since 1970; heeded on an own development chain only. */
  readonly blockTimeMs?: number | undefined;
}

export interface MinedTransaction {
  /** 0x-prefixed. */
  readonly txHash: string;
  readonly blockNumber: number;
  readonly gasUsed: bigint;
  /** Address of the contract that a deployment made. */
  readonly createdAddress: string;
}

export interface ChainLog {
  readonly topics: readonly string[];
  readonly data: string;
  readonly txHash: string;
  readonly blockNumber: number;
}

export interface ChainOptions {
  /** Of one node, or several nodes that are asked one for another. */
  readonly rpcUrl: string | JsonRpc;
  /** Of the sending account, 0x-prefixed hex. */
  readonly privateKey: string;
  /** Limit of each operation, waiting for the block included. */
  readonly timeoutMs: number;
  readonly fees?: Fees;
  /** The chain is an `anvil` that we started and whose block times we may set. */
  readonly ownDevelopmentChain?: boolean;
}

/** EIP-1559 fees of every transaction. */
export interface Fees {
  readonly maxFeePerGasWei: bigint;
  readonly maxPriorityFeePerGasWei: bigint;
}

/** Above the base fee of a chain that is not congested: 20 and 1 gwei. */
const DEFAULT_FEES: Fees = {
  maxFeePerGasWei: 20_000_000_000n,
  maxPriorityFeePerGasWei: 1_000_000_000n,
};

/** Above what any call of ours uses that is not many in one, so that hashes depend on no estimate. */
const GAS_LIMIT = 400_000n;
/** Above it the limit follows from the node's estimate, with a fifth more, in whole steps. */
const GAS_STEP = 100_000n;

/** How often a nonce that another process took is replaced by the next one. */
const SEND_TRIES = 10;
const POLL_MS_FIRST = 2;
const POLL_MS_MAX = 1000;

interface Receipt {
  readonly status: string;
  readonly blockNumber: string;
  readonly gasUsed: string;
}

/**
 * Connects to a chain, that is, asks for its chain id.
 *
 * @throws ChainUnavailable when it does not answer within the time limit
 */
export async function connectChain(options: ChainOptions): Promise<Chain> {
  const { rpcUrl } = options;
  const rpc = typeof rpcUrl === 'string' ? jsonRpc(rpcUrl) : rpcUrl;
  const wallet = walletOf(options.privateKey);
  const ask = <Result>(method: string, params: unknown[]): Promise<Result> =>
    answered(method, () => rpc.call<Result>(method, params, limit(options)));
  const chainId = BigInt(await ask<string>('eth_chainId', []));
  const sender: Sender = { rpc, wallet, chainId, options };
  const inTurn = inOrder();

  return {
    chainId,
    senderAddress: wallet.address,
    send(request) {
      return inTurn(() =>
        answered(request.operation, () => sendAndWait(sender, request, limit(options))),
      );
    },
    call(request) {
      return simulate(rpc, request, wallet.address, limit(options));
    },
    async logs(address, topics) {
      const filter = { address, topics, fromBlock: '0x0', toBlock: 'latest' };
      const logs = await ask<Record<string, unknown>[]>('eth_getLogs', [filter]);
      return logs.map((log) => ({
        topics: log['topics'] as string[],
        data: log['data'] as string,
        txHash: log['transactionHash'] as string,
        blockNumber: Number(log['blockNumber']),
      }));
    },
    codeAt: (address) => ask<string>('eth_getCode', [address, 'latest']),
    async genesisHash() {
      const block = (number: string) =>
        ask<{ hash: string; parentHash: string } | null>('eth_getBlockByNumber', [number, false]);
      // The next block tells it: anvil makes its block 0 anew when it goes on from a saved state.
      return (await block('0x1'))?.parentHash ?? (await block('0x0'))!.hash;
    },
    async blockTimeS() {
      const block = await ask<{ timestamp: string }>('eth_getBlockByNumber', ['latest', false]);
      return Number(block.timestamp);
    },
  };
}

interface Sender {
  readonly rpc: JsonRpc;
  readonly wallet: Wallet;
  readonly chainId: bigint;
  readonly options: ChainOptions;
}

async function sendAndWait(
  sender: Sender,
  asked: TransactionRequest,
  signal: AbortSignal,
): Promise<MinedTransaction> {
  const { rpc, wallet, options } = sender;
  const { operation, blockTimeMs } = asked;
  await simulate(rpc, asked, wallet.address, signal);
  const gasLimit = asked.gasLimit ?? (await gasLimitFor(rpc, asked, wallet.address, signal));
  const request = { ...asked, gasLimit };
  if (options.ownDevelopmentChain && blockTimeMs !== undefined) {
    await setBlockTime(rpc, blockTimeMs, signal);
  }
  const { nonce, txHash } = await sendOnce(sender, request, signal);
  const receipt = await waitForReceipt(rpc, txHash, operation, signal);
  if (BigInt(receipt.status) !== 1n) {
    await simulate(rpc, request, wallet.address, signal);
    const gas = `${BigInt(receipt.gasUsed)} of ${request.gasLimit} gas used`;
    throw new ChainRefused(operation, `transaction ${txHash} was mined but reverted (${gas})`);
  }
  return {
    txHash,
    blockNumber: Number(receipt.blockNumber),
    gasUsed: BigInt(receipt.gasUsed),
    createdAddress: getCreateAddress({ from: wallet.address, nonce }),
  };
}

async function gasLimitFor(
  rpc: JsonRpc,
  { to, data }: CallRequest,
  from: string,
  signal: AbortSignal,
): Promise<bigint> {
  const call = { from, ...(to === null ? {} : { to }), data };
  // As it was simulated: what is not mined yet may not be mined at all.
  const estimated = await rpc.call<string>('eth_estimateGas', [call, 'latest'], signal);
  const needed = (BigInt(estimated) * 6n) / 5n;
  return needed <= GAS_LIMIT ? GAS_LIMIT : ((needed + GAS_STEP - 1n) / GAS_STEP) * GAS_STEP;
}

/** A transaction with the gas that it may use. */
interface LimitedTransaction extends TransactionRequest {
  readonly gasLimit: bigint;
}

/**
 * Signs with the next nonce and hands the transaction over. Another process that uses the account may
 * have taken that nonce in between: then it is signed anew with the one after.
 */
async function sendOnce(
  sender: Sender,
  request: LimitedTransaction,
  signal: AbortSignal,
): Promise<{ readonly nonce: number; readonly txHash: string }> {
  const { rpc, wallet } = sender;
  const nextNonce = async (): Promise<number> =>
    Number(await rpc.call<string>('eth_getTransactionCount', [wallet.address, 'latest'], signal));
  for (let nonce = await nextNonce(), tries = 1; ; tries += 1) {
    const signed = sign(sender, request, nonce);
    const txHash = signed.hash!;
    try {
      await rpc.call('eth_sendRawTransaction', [signed.serialized], signal);
      return { nonce, txHash };
    } catch (error) {
      if (!(error instanceof JsonRpcError)) throw error;
      // A node refuses what it already has, each in its own words; so it is asked instead.
      const known = await rpc.call('eth_getTransactionByHash', [txHash], signal);
      if (known !== null) return { nonce, txHash };
      const next = await nextNonce();
      if (next === nonce || tries === SEND_TRIES) throw error;
      nonce = next;
    }
  }
}

function sign(sender: Sender, request: LimitedTransaction, nonce: number): Transaction {
  const fees = sender.options.fees ?? DEFAULT_FEES;
  const transaction = Transaction.from({
    type: 2,
    chainId: sender.chainId,
    nonce,
    to: request.to,
    data: request.data,
    gasLimit: request.gasLimit,
    maxFeePerGas: fees.maxFeePerGasWei,
    maxPriorityFeePerGas: fees.maxPriorityFeePerGasWei,
  });
  transaction.signature = sender.wallet.signingKey.sign(transaction.unsignedHash);
  return transaction;
}

async function simulate(
  rpc: JsonRpc,
  request: CallRequest & { gasLimit?: bigint | undefined },
  from: string,
  signal: AbortSignal,
): Promise<string> {
  const { to, data, abi, operation, gasLimit } = request;
  const gas = gasLimit === undefined ? {} : { gas: toQuantity(gasLimit) };
  const call = { from, ...(to === null ? {} : { to }), data, ...gas };
  try {
    return await rpc.call<string>('eth_call', [call, 'latest'], signal);
  } catch (error) {
    if (!(error instanceof JsonRpcError)) throw error;
    const { reason, errorName } = revertReason(abi, error);
    throw new ChainRefused(operation, reason, errorName);
  }
}

async function waitForReceipt(
  rpc: JsonRpc,
  txHash: string,
  operation: string,
  signal: AbortSignal,
): Promise<Receipt> {
  try {
    for (let waitMs = POLL_MS_FIRST; ; waitMs = Math.min(POLL_MS_MAX, waitMs * 2)) {
      const receipt = await rpc.call<Receipt | null>('eth_getTransactionReceipt', [txHash], signal);
      if (receipt !== null) return receipt;
      await pause(waitMs, undefined, { signal });
    }
  } catch (error) {
    if (error instanceof JsonRpcError) throw error;
    const reason = signal.aborted ? 'not mined within the time limit' : (error as Error).message;
    throw new ChainUnavailable(
      rpc.url,
      `${operation} was sent as ${txHash}: ${reason}`,
      'try again later, which sends it but once; raise fees or time limit if it stays so',
    );
  }
}

/** `anvil` takes a time only after that of the last block. */
async function setBlockTime(rpc: JsonRpc, timeMs: number, signal: AbortSignal): Promise<void> {
  const last = await rpc.call<{ timestamp: string }>(
    'eth_getBlockByNumber',
    ['latest', false],
    signal,
  );
  const timeS = Math.max(Math.floor(timeMs / 1000), Number(last.timestamp) + 1);
  await rpc.call('evm_setNextBlockTimestamp', [toBeHex(timeS)], signal);
}

/** Turns what is left of the node's own errors into `ChainRefused`. */
async function answered<Result>(operation: string, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof JsonRpcError) throw new ChainRefused(operation, error.message);
    throw error;
  }
}

function limit(options: ChainOptions): AbortSignal {
  return AbortSignal.timeout(options.timeoutMs);
}

function walletOf(privateKey: string): Wallet {
  try {
    return new Wallet(privateKey);
  } catch {
    // ethers would print the key it does not like.
    throw new TypeError('the chain private key is not 32 bytes of hex; set one, 0x-prefixed');
  }
}
