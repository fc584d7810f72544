/** Anchors as the chain itself tells them: read by this browser from the chain's own RPC address. */
import { keccak_256 } from '@noble/hashes/sha3';
import { hex } from './hex';
import type { SeenRoot } from './verify';

/** Calls a contract: data and answer are hex with `0x`. */
export type ContractCall = (data: string) => Promise<string>;

const WORD = 64;
/** Anchors that are looked through from the last one back. */
const LOOKED_AT = 32;

/** By JSON-RPC. @throws Error when the chain does not answer */
export function callerOf(rpcUrl: string, contract: string): ContractCall {
  return async (data) => {
    const response = await fetch(rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'eth_call',
        params: [{ to: contract, data }, 'latest'],
      }),
    });
    const { result, error } = (await response.json()) as {
      result?: string;
      error?: { message: string };
    };
    if (typeof result !== 'string') throw new Error(error?.message ?? 'The chain has no answer.');
    return result;
  };
}

/** The root that the chain holds for a size of the log, hex; undefined where the last anchors have none. */
export async function rootOnChain(call: ContractCall, size: number): Promise<string | undefined> {
  const count = Number(BigInt(await call(selector('anchorCount()'))));
  for (let index = count - 1; index >= Math.max(0, count - LOOKED_AT); index -= 1) {
    const anchor = anchorIn(await call(selector('anchors(uint256)') + word(index)));
    if (anchor.size === size) return anchor.root;
    if (anchor.size < size) return undefined;
  }
  return undefined;
}

function anchorIn(answer: string): SeenRoot {
  const words = answer.slice(2).match(new RegExp(`.{${WORD}}`, 'g')) ?? [];
  const [size, , root] = words;
  if (size === undefined || root === undefined)
    throw new Error('The contract is no anchor of logs.');
  return { size: Number(BigInt(`0x${size}`)), root };
}

function selector(signature: string): string {
  return `0x${hex(keccak_256(new TextEncoder().encode(signature)).slice(0, 4))}`;
}

const word = (value: number): string => value.toString(16).padStart(WORD, '0');
