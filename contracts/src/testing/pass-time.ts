import { jsonRpc } from '../json-rpc';

/** Lets time go on, on a development chain. */
export async function passTime(rpcUrl: string, seconds: number): Promise<void> {
  const rpc = jsonRpc(rpcUrl);
  const signal = AbortSignal.timeout(10_000);
  await rpc.call('evm_increaseTime', [seconds], signal);
  await rpc.call('evm_mine', [], signal);
}
