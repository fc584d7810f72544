/**
 * One chain by several of its nodes. The first in the list that answers, keeps up and is of the chain is asked; where it fails,
 * the next one is, in the same call. What is sent again is the same transaction, by nonce and hash, so nothing happens twice.
 */
import { type Clock, isoFromMs, messageOf } from '@flexledger/runtime';
import { ChainUnavailable } from './chain-errors';
import { type JsonRpc, JsonRpcError, jsonRpc } from './json-rpc';

/** Why a node is not asked now. */
export interface NodeTrouble {
  /** Without credentials, path or query. */
  readonly url: string;
  readonly reason: string;
  /** When that was found, milliseconds since 1970. */
  readonly sinceMs: number;
}

/** A chain by several nodes. */
export interface SeveralNodes extends JsonRpc {
  /** Of those that are not asked now. */
  troubles(): readonly NodeTrouble[];
}

export interface SeveralNodesOptions {
  readonly clock: Clock;
  /** Told when a node gets into trouble and out of it. */
  readonly onProblem: (told: string) => void;
}

/** How often all nodes are looked at, the one that is asked among them. */
const LOOK_EVERY_MS = 5_000;
/** A node that takes longer to say where it stands is no help. */
const LOOK_FOR_MS = 2_000;
/** Of a call, as long as there are others to ask. */
const TRY_FOR_MS = 3_000;
/** Blocks that a node may be behind the foremost: they hear of blocks one after another. */
const BEHIND_AT_MOST = 3;

interface Node {
  readonly rpc: JsonRpc;
  trouble?: NodeTrouble | undefined;
  /** It was found to be of the chain, and has not failed since. */
  isProven: boolean;
  head: number;
}

/** Which chain it is. */
interface Identity {
  readonly chainId: number;
  /** Of block 0. */
  readonly genesisHash: string;
}

/**
 * @param rpcUrls in the order in which they are asked; the first that answers says which chain it is
 * @throws ChainUnavailable when one is not an http(s) URL
 */
export function severalNodes(
  rpcUrls: readonly string[],
  { clock, onProblem }: SeveralNodesOptions,
): SeveralNodes {
  const nodes = rpcUrls.map((url): Node => ({ rpc: jsonRpc(url), isProven: false, head: 0 }));
  let identity: Identity | undefined;
  /** The newest block that a transaction of ours was found in: a node that is not there yet would deny it. */
  let reached = 0;
  let lookedAtMs = -Infinity;
  let looking: Promise<void> | undefined;
  let asked = nodes[0]!;

  function fails(node: Node, reason: string): void {
    node.isProven = false;
    if (node.trouble?.reason === reason) return;
    const sinceMs = node.trouble?.sinceMs ?? clock.nowMs();
    const isNews = node.trouble === undefined;
    node.trouble = { url: node.rpc.url, reason, sinceMs };
    if (isNews) onProblem(`The chain's node ${node.rpc.url} is not asked any more: ${reason}`);
  }

  function isWell(node: Node): void {
    node.isProven = true;
    if (!node.trouble) return;
    const { sinceMs } = node.trouble;
    node.trouble = undefined;
    onProblem(
      `The chain's node ${node.rpc.url} is asked again; it was not since ${isoFromMs(sinceMs)}`,
    );
  }

  /** Looks at all nodes at once; those that cannot be asked get into trouble. */
  async function lookAround(): Promise<void> {
    const found = await Promise.all(
      nodes.map(async ({ rpc }) => {
        try {
          return await standingOf(rpc);
        } catch (error) {
          return reasonOf(error);
        }
      }),
    );
    const standing = found.filter((one) => typeof one === 'object');
    identity ??= standing[0];
    const ofChain = standing.filter((one) => identity && isSame(one, identity));
    const foremost = Math.max(0, ...ofChain.map(({ head }) => head));
    // Where none has it any more the chain itself has lost it, and not the node.
    reached = Math.min(reached, foremost);
    for (const [place, one] of found.entries()) {
      const node = nodes[place]!;
      if (typeof one === 'string') fails(node, one);
      else if (!isSame(one, identity!)) fails(node, otherChain(one, identity!));
      else {
        node.head = one.head;
        if (one.head < Math.max(reached, foremost - BEHIND_AT_MOST)) {
          fails(node, `it is behind, at block ${one.head} of ${foremost}`);
          // Of the chain it is all the same: better than none.
          node.isProven = true;
        } else isWell(node);
      }
    }
    lookedAtMs = clock.nowMs();
  }

  function look(): Promise<void> {
    looking ??= lookAround().finally(() => (looking = undefined));
    return looking;
  }

  /** Those that may be asked, the best first. */
  function candidates(): Node[] {
    const proven = nodes.filter(({ isProven }) => isProven);
    const well = proven.filter(({ trouble }) => !trouble);
    return [...well, ...proven.filter(({ trouble }) => trouble)];
  }

  function none(): ChainUnavailable {
    const told = nodes.map(
      ({ rpc, trouble }) =>
        `${rpc.url}: ${trouble ? `${trouble.reason}, since ${isoFromMs(trouble.sinceMs)}` : 'not asked'}`,
    );
    return new ChainUnavailable(
      asked.rpc.url,
      `none of its nodes can be asked (${told.join('; ')})`,
    );
  }

  async function call<Result>(
    method: string,
    params: readonly unknown[],
    signal: AbortSignal,
  ): Promise<Result> {
    if (clock.nowMs() - lookedAtMs >= LOOK_EVERY_MS) {
      const looked = look();
      // Only who has nobody to ask waits: a node that hangs holds up no call to another.
      if (candidates().length === 0) await looked;
    }
    const untried = new Set(nodes);
    for (let isLookedAgain = false; ;) {
      const left = candidates().filter((node) => untried.has(node));
      const [node] = left;
      if (!node) {
        // All have failed in this call; what was in trouble before may be well again.
        if (isLookedAgain || signal.aborted) throw none();
        isLookedAgain = true;
        await look();
        continue;
      }
      untried.delete(node);
      const limit =
        nodes.length > 1 && untried.size > 0
          ? AbortSignal.any([signal, AbortSignal.timeout(TRY_FOR_MS)])
          : signal;
      try {
        const result = await node.rpc.call<Result>(method, params, limit);
        noteReached(method, result);
        asked = node;
        return result;
      } catch (error) {
        // An error of the node itself is its answer.
        if (error instanceof JsonRpcError) {
          asked = node;
          throw error;
        }
        fails(node, reasonOf(error));
        if (signal.aborted) throw error;
      }
    }
  }

  function noteReached(method: string, result: unknown): void {
    if (method !== 'eth_getTransactionReceipt' || result === null) return;
    const { blockNumber } = result as { readonly blockNumber: string };
    reached = Math.max(reached, wholeFrom(blockNumber));
  }

  return {
    get url() {
      return asked.rpc.url;
    },
    call,
    troubles: () => nodes.flatMap(({ trouble }) => trouble ?? []),
  };
}

async function standingOf(rpc: JsonRpc): Promise<Identity & { readonly head: number }> {
  const limit = AbortSignal.timeout(LOOK_FOR_MS);
  const ask = <Result>(method: string, params: readonly unknown[]): Promise<Result> =>
    rpc.call<Result>(method, params, limit);
  const block = (number: string) =>
    ask<{ hash: string; parentHash: string } | null>('eth_getBlockByNumber', [number, false]);
  const [chainId, head, first] = await Promise.all([
    ask<string>('eth_chainId', []),
    ask<string>('eth_blockNumber', []),
    block('0x1'),
  ]);
  // As `genesisHash` of a chain has it.
  const genesisHash = first?.parentHash ?? (await block('0x0'))!.hash;
  return { chainId: wholeFrom(chainId), genesisHash, head: wholeFrom(head) };
}

/** A node may answer anything; what is no number would make every comparison with it false. */
function wholeFrom(quantity: string): number {
  const whole = Number(quantity);
  if (Number.isSafeInteger(whole) && whole >= 0) return whole;
  throw new RangeError(`it answers ${JSON.stringify(quantity).slice(0, 40)} for a number`);
}

const isSame = (one: Identity, other: Identity): boolean =>
  one.chainId === other.chainId && one.genesisHash === other.genesisHash;

const otherChain = (found: Identity, known: Identity): string =>
  `it is of another chain, ${found.chainId} with block 0 ${found.genesisHash}, and refused; the chain is ` +
  `${known.chainId} with block 0 ${known.genesisHash}`;

const reasonOf = (error: unknown): string =>
  error instanceof ChainUnavailable ? error.reason : messageOf(error);
