/**
 * An audit of a whole log on all cores: signatures are verified, and markets cleared again, in threads beside
 * the one that reads the log and hashes it.
 */
import { availableParallelism } from 'node:os';
import type { AuditTools } from '@flexledger/audit';
import type { MilpAnswer, MilpModel } from '@flexledger/domain';
import { createThreadPool, createVerifyingPool } from '@flexledger/identity';
import { highsProgram } from '@flexledger/solver';
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
  const solver = createSolverThread();
  try {
    return await audit({
      ...createNodeTools(),
      loadSolver: async () => ({ name: await solver.name(), solve: solver.solve }),
      verifyP256: (publicKey, message, signature) =>
        signatures.isBy(
          textOf(publicKey, 'hex'),
          textOf(message, 'utf8'),
          textOf(signature, 'hex'),
        ),
    });
  } finally {
    await Promise.all([signatures.close(), solver.close()]);
  }
}

/** HiGHS, one model after the other, in a thread of its own. */
function createSolverThread() {
  const pool = createThreadPool<MilpModel | 'name', MilpAnswer | string>({
    name: 'solver thread',
    workers: 1,
    program: `() => {
      const highs = (${highsProgram.toString()})(require(${JSON.stringify(require.resolve('highs'))}));
      return (job) => (job === 'name' ? highs.name() : highs.solve(job));
    }`,
  });
  return {
    name: () => pool.run('name') as Promise<string>,
    solve: (model: MilpModel) => pool.run(model) as Promise<MilpAnswer>,
    close: () => pool.close(),
  };
}

function textOf(bytes: Uint8Array, encoding: 'hex' | 'utf8'): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding);
}
