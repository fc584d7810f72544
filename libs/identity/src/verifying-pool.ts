import type * as crypto from 'node:crypto';
import { createThreadPool } from './thread-pool';

/**
 * Checks signatures of nodes (ECDSA P-256 with SHA-256, r and s, 64 bytes hex) in worker threads: the check
 * is most of what a packet costs, and there it keeps no message and no append waiting. Node's own thread
 * pool does it too, but handing one signature to it takes half as long as the check.
 */
export interface VerifyingPool {
  /** As `verifyMessage`, which see; rejects when the pool closes. */
  isBy(publicKey: string, message: string, signature: string): Promise<boolean>;
  /** The same of several messages of one key, answered together, in their order. */
  areBy(publicKey: string, signed: readonly SignedMessage[]): Promise<readonly boolean[]>;
  /** Rejects what is still waiting and ends the threads. */
  close(): Promise<void>;
}

/** A message, and what is to be its signature. */
export type SignedMessage = readonly [message: string, signature: string];

/** What is checked at once: a key, and messages with their signatures in turn. One flat list is copied quicker than pairs. */
type Check = readonly string[];

/** Checks that travel together: a node's message is up to fifty of them already. */
const CHECKS_TOGETHER = 4;

/**
 * @param options `keysKept`: imported keys that each thread keeps at hand; an import costs as much as a check
 * @throws RangeError without a worker
 */
export function createVerifyingPool(options: {
  readonly workers: number;
  readonly keysKept: number;
}): VerifyingPool {
  const { workers, keysKept } = options;
  const pool = createThreadPool<Check, readonly boolean[]>({
    name: 'verifying pool',
    workers,
    jobsTogether: CHECKS_TOGETHER,
    program: `(crypto) => (${verifier.toString()})(crypto, ${keysKept})`,
  });
  return {
    isBy: async (...check) => (await pool.run(check))[0]!,
    areBy: (publicKey, signed) => pool.run([publicKey, ...signed.flat()]),
    close: () => pool.close(),
  };
}

/** Self-contained: its source text is handed to the threads, and nothing outside it may be named inside. */
function verifier(nodeCrypto: typeof crypto, keysKept: number): (job: Check) => readonly boolean[] {
  /** Those used longest ago first. */
  const keys = new Map<string, crypto.KeyObject>();

  const imported = (publicKey: string): crypto.KeyObject => {
    const point = Buffer.from(publicKey, 'hex');
    const coordinate = (from: number): string => point.toString('base64url', from, from + 32);
    const jwk = { kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(33) };
    return nodeCrypto.createPublicKey({ key: jwk, format: 'jwk' });
  };
  const keyFor = (publicKey: string): crypto.KeyObject => {
    const key = keys.get(publicKey) ?? imported(publicKey);
    keys.delete(publicKey);
    keys.set(publicKey, key);
    if (keys.size > keysKept) keys.delete(keys.keys().next().value!);
    return key;
  };

  return ([publicKey, ...signed]) => {
    const answers = new Array<boolean>(signed.length / 2).fill(false);
    let key: crypto.VerifyKeyObjectInput;
    try {
      key = { key: keyFor(publicKey!), dsaEncoding: 'ieee-p1363' };
    } catch {
      return answers; // a point that is not on the curve
    }
    return answers.map((_, index) => {
      try {
        const message = Buffer.from(signed[2 * index]!);
        const given = Buffer.from(signed[2 * index + 1]!, 'hex');
        return nodeCrypto.verify('sha256', message, key, given);
      } catch {
        return false;
      }
    });
  };
}
