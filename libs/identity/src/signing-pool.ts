import { deterministicSigner } from './deterministic-signature';
import { createThreadPool } from './thread-pool';

/** Signs for a simulated fleet in worker threads, with the same result as `signMessageDeterministic`. */
export interface SigningPool {
  /** As `signMessageDeterministic`, which see; rejects where that throws, or when the pool closes. */
  sign(privateKey: string, message: string): Promise<string>;
  /** Rejects what is still waiting and ends the threads. */
  close(): Promise<void>;
}

const PROGRAM = `(crypto) => {
  const sign = (${deterministicSigner.toString()})(crypto);
  return ([privateKey, message]) => sign(privateKey, message);
}`;

/** @throws RangeError without a worker */
export function createSigningPool({ workers }: { readonly workers: number }): SigningPool {
  const pool = createThreadPool<readonly [string, string], string>({
    name: 'signing pool',
    workers,
    program: PROGRAM,
  });
  return {
    sign: (privateKey, message) => pool.run([privateKey, message]),
    close: () => pool.close(),
  };
}
