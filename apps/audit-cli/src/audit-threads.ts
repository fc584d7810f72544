/**
 * The tools of an audit beside whose thread others work: markets are cleared again in one of them, and signatures
 * that `examinedApart` has left to the audit are verified in more.
 */
import { availableParallelism } from 'node:os';
import type { AuditTools } from '@flexledger/audit';
import { createVerifyingPool } from '@flexledger/identity';
import { solverApart } from '@flexledger/solver-thread';
import { createNodeTools } from './node-tools';

/** Imported keys that a thread keeps at hand, about 2 kB each: the nodes of a day, each of which comes round again. */
const KEYS_KEPT = 10_000;

/**
 * Audits with threads that end with it.
 *
 * @param audit its tools are those of `createNodeTools`, which does the same in one thread
 */
export async function withAuditThreads<Report>(
  audit: (tools: AuditTools) => Promise<Report>,
): Promise<Report> {
  const signatures = createVerifyingPool({
    workers: Math.max(1, availableParallelism() - 1),
    keysKept: KEYS_KEPT,
  });
  try {
    return await audit({
      ...createNodeTools(),
      loadSolver: solverApart(),
      verifyP256: (publicKey, message, signature) =>
        signatures.isBy(
          textOf(publicKey, 'hex'),
          textOf(message, 'utf8'),
          textOf(signature, 'hex'),
        ),
    });
  } finally {
    await signatures.close();
  }
}

function textOf(bytes: Uint8Array, encoding: 'hex' | 'utf8'): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding);
}
