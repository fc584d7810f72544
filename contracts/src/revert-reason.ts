import type { Interface, Result } from 'ethers';
import type { JsonRpcError } from './json-rpc';

/**
 * What a node's error says of the contract: its own error by name with its arguments, Solidity's
 * `Error(string)` and `Panic(uint256)`, or else the node's message.
 */
export function revertReason(
  abi: Interface,
  error: JsonRpcError,
): { readonly reason: string; readonly errorName?: string } {
  const data = revertData(error.data);
  // ethers adds Error(string) and Panic(uint256) to every interface.
  const parsed = data === undefined ? null : abi.parseError(data);
  if (parsed === null) return { reason: error.message };
  return { reason: `${parsed.name}(${argumentsOf(parsed.args)})`, errorName: parsed.name };
}

function argumentsOf(args: Result): string {
  return args.toArray().map(String).join(', ');
}

/** Nodes put the data at `error.data`, or an object deeper. */
function revertData(data: unknown): string | undefined {
  if (typeof data === 'string') return /^0x[0-9a-f]{8,}$/i.test(data) ? data : undefined;
  if (typeof data === 'object' && data !== null && 'data' in data) return revertData(data.data);
  return undefined;
}
