import { inOrder } from '@flexledger/runtime';
import { setTimeout as pause } from 'node:timers/promises';
import {
  getCreateAddress,
  type Interface,
  type Signature,
  Transaction,
  toBeHex,
  toQuantity,
  Wallet,
} from 'ethers';
import { ChainRefused, ChainUnavailable } from './chain-errors';
import { jsonRpc, type JsonRpc, JsonRpcError } from './json-rpc';
import { revertReason } from './revert-reason';

/**
 * One account on an EVM chain. Transactions are deterministic: nonce from the chain, fees constant, gas limit
 * too unless a call needs more, RFC 6979 signature; the same calls on the same chain give the same hashes, and a
 * transaction that is sent again before it was mined is the same transaction. Fees are higher where the chain's base fee asks
 * for it, and where a transaction was not mined for long, which another with its nonce and higher fees then replaces: one of the
 * two is mined, and never both.
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
  /** Of the sending account: its private key, 0x-prefixed hex, or who signs for it where that is kept elsewhere. */
  readonly privateKey: string | ChainSigner;
  /** Limit of each operation, waiting for the block included. */
  readonly timeoutMs: number;
  readonly fees?: Fees;
  /** How long a transaction may wait before one with higher fees replaces it; a minute where absent. */
  readonly replaceAfterMs?: number;
  /** The chain is an `anvil` that we started and whose block times we may set. */
  readonly ownDevelopmentChain?: boolean;
}

/** An account that signs. */
export interface ChainSigner {
  /** With EIP-55 checksum. */
  readonly address: string;
  /** ECDSA by secp256k1 over a digest, 0x-prefixed hex, with the lower `s`. */
  sign(digest: string): Promise<Signature>;
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

/** A few blocks of any chain. */
const REPLACE_AFTER_MS = 60_000;
/** Nodes take one in the place of another for a tenth more; each time it is a quarter. */
const RAISES_AT_MOST = 12;
/** So many times the fees that are usual are never paid, whatever the chain asks for. */
const HIGHEST_TIMES = 25n;

/** Above what any call of ours uses that is not many in one, so that hashes depend on no estimate. */
const GAS_LIMIT = 400_000n;
/** Above it the limit follows from the node's estimate, with a fifth more, in whole steps. */
const GAS_STEP = 100_000n;

/** How often a nonce that another process took is replaced by the next one. */
const SEND_TRIES = 10;
const POLL_MS_FIRST = 2;
const POLL_MS_MAX = 1000;

interface Receipt {
  readonly transactionHash: string;
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
  const { privateKey } = options;
  const wallet = typeof privateKey === 'string' ? signerOf(privateKey) : privateKey;
  const ask = <Result>(method: string, params: unknown[]): Promise<Result> =>
    answered(method, () => rpc.call<Result>(method, params, limit(options)));
  const chainId = BigInt(await ask<string>('eth_chainId', []));
  const sender: Sender = { rpc, wallet, chainId, options, waiting: undefined };
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
  readonly wallet: ChainSigner;
  readonly chainId: bigint;
  readonly options: ChainOptions;
  /** What was handed over and is not known to be mined. */
  waiting: Waiting | undefined;
}

/** Transactions of one nonce, of which one can be mined. */
interface Waiting {
  readonly nonce: number;
  /** Since when with these fees, milliseconds of `performance`. */
  readonly sinceMs: number;
  /** How often the fees were raised. */
  readonly raises: number;
  readonly sent: readonly { readonly txHash: string; readonly request: LimitedTransaction }[];
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
  const { nonce, txHashes } = await sendOnce(sender, request, signal);
  const receipt = await waitForReceipt(rpc, txHashes, operation, signal);
  sender.waiting = undefined;
  const txHash = receipt.transactionHash;
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
): Promise<{ readonly nonce: number; readonly txHashes: readonly string[] }> {
  const { rpc, wallet, options } = sender;
  const baseFeeWei = await baseFee(rpc, signal);
  const nextNonce = async (): Promise<number> =>
    Number(await rpc.call<string>('eth_getTransactionCount', [wallet.address, 'latest'], signal));
  const { replaceAfterMs = REPLACE_AFTER_MS } = options;
  let tries = 1;
  for (let nonce = await nextNonce(); ;) {
    const before = sender.waiting?.nonce === nonce ? sender.waiting : undefined;
    const isStuck = before !== undefined && performance.now() - before.sinceMs >= replaceAfterMs;
    let raises = (before?.raises ?? 0) + (isStuck ? 1 : 0);
    const handedOver = (txHash: string) => {
      const sent = (before?.sent ?? []).filter((one) => one.txHash !== txHash);
      const sinceMs = before && before.raises === raises ? before.sinceMs : performance.now();
      sender.waiting = { nonce, sinceMs, raises, sent: [...sent, { txHash, request }] };
      // What another call had left there is not this one's.
      const own = sender.waiting.sent.filter((one) => isSameCall(one.request, request));
      return { nonce, txHashes: own.map((one) => one.txHash) };
    };
    for (;;) {
      const signed = await sign(sender, request, nonce, feesFor(options, baseFeeWei, raises));
      const txHash = signed.hash!;
      try {
        await rpc.call('eth_sendRawTransaction', [signed.serialized], signal);
        return handedOver(txHash);
      } catch (error) {
        if (!(error instanceof JsonRpcError)) throw error;
        // A node refuses what it already has, each in its own words; so it is asked instead.
        const known = await rpc.call('eth_getTransactionByHash', [txHash], signal);
        if (known !== null) return handedOver(txHash);
        const next = await nextNonce();
        if (next !== nonce && tries < SEND_TRIES) {
          tries += 1;
          nonce = next;
          break;
        }
        // Another is in its place, of an earlier call or an earlier start, with fees that are not known.
        if (!isStuck || raises === RAISES_AT_MOST) {
          sender.waiting = before ?? { nonce, sinceMs: performance.now(), raises, sent: [] };
          throw error;
        }
        raises += 1;
      }
    }
  }
}

const isSameCall = (one: CallRequest, other: CallRequest): boolean =>
  one.to === other.to && one.data === other.data;

/** Of the newest block; 0 on a chain without. */
async function baseFee(rpc: JsonRpc, signal: AbortSignal): Promise<bigint> {
  const params = ['latest', false];
  const block = await rpc.call<{ baseFeePerGas?: string }>('eth_getBlockByNumber', params, signal);
  return BigInt(block.baseFeePerGas ?? 0);
}

/** The usual ones, or what a base fee asks for that may double yet, raised by a quarter so many times; never beyond the highest. */
function feesFor({ fees = DEFAULT_FEES }: ChainOptions, baseFeeWei: bigint, raises: number): Fees {
  const { maxFeePerGasWei, maxPriorityFeePerGasWei } = fees;
  const asked = 2n * baseFeeWei + maxPriorityFeePerGasWei;
  const raised = (wei: bigint, highestWei: bigint): bigint => {
    const wanted = (wei * 5n ** BigInt(raises)) / 4n ** BigInt(raises);
    return wanted < highestWei ? wanted : highestWei;
  };
  const needed = asked > maxFeePerGasWei ? asked : maxFeePerGasWei;
  return {
    maxFeePerGasWei: raised(needed, maxFeePerGasWei * HIGHEST_TIMES),
    maxPriorityFeePerGasWei: raised(
      maxPriorityFeePerGasWei,
      maxPriorityFeePerGasWei * HIGHEST_TIMES,
    ),
  };
}

async function sign(
  sender: Sender,
  request: LimitedTransaction,
  nonce: number,
  fees: Fees,
): Promise<Transaction> {
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
  transaction.signature = await sender.wallet.sign(transaction.unsignedHash);
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
  txHashes: readonly string[],
  operation: string,
  signal: AbortSignal,
): Promise<Receipt> {
  try {
    for (let waitMs = POLL_MS_FIRST; ; waitMs = Math.min(POLL_MS_MAX, waitMs * 2)) {
      for (const txHash of txHashes) {
        const ask = ['eth_getTransactionReceipt', [txHash]] as const;
        const receipt = await rpc.call<Receipt | null>(...ask, signal);
        if (receipt !== null) return receipt;
      }
      await pause(waitMs, undefined, { signal });
    }
  } catch (error) {
    if (error instanceof JsonRpcError) throw error;
    const reason = signal.aborted ? 'not mined within the time limit' : (error as Error).message;
    throw new ChainUnavailable(
      rpc.url,
      `${operation} was sent as ${txHashes.at(-1)}: ${reason}`,
      'try again later, which makes it but once, and with higher fees where it waits for long',
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

function signerOf(privateKey: string): ChainSigner {
  try {
    const { address, signingKey } = new Wallet(privateKey);
    return { address, sign: async (digest) => signingKey.sign(digest) };
  } catch {
    // ethers would print the key it does not like.
    throw new TypeError('the chain private key is not 32 bytes of hex; set one, 0x-prefixed');
  }
}
