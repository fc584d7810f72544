/**
 * What an audit has to be given, because it is not the same on every machine: Node's own cryptography
 * at the command line, a JavaScript one in the browser.
 */
import {
  type ClearingInstance,
  type ClearingRecord,
  type MilpSolver,
  type RulePack,
  type Sha256,
  clearRound,
  problemDigest,
} from '@flexledger/domain';

/** What a session needs to be cleared and settled again. */
export interface ReplayTools {
  readonly sha256: Sha256;
  /**
   * The solver for what merit order cannot decide; asked for at each clearing. It MUST be the one that
   * the market used, by name and version, to come to the same record.
   */
  readonly loadSolver: () => Promise<MilpSolver>;
}

/** What an audit needs besides. Signature checks MUST answer no to whatever is malformed, and MUST NOT throw. */
export interface AuditTools extends ReplayTools {
  /**
   * ECDSA on P-256 with SHA-256: `publicKey` an uncompressed point of SEC 1 (65 bytes), `signature` r and
   * s (64 bytes). A key's bytes are not written to again. Many are asked for before the first is awaited, so that they may run side by side.
   */
  readonly verifyP256: (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean | Promise<boolean>;
  /** Ed25519 (RFC 8032): a key of 32 bytes, a signature of 64. */
  readonly verifyEd25519: (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean;
}

/** Clears a problem as the market did; the same input gives the same record. */
export async function clearAgain(
  { sha256, loadSolver }: ReplayTools,
  input: ClearingInstance,
  rules: RulePack,
  round: number,
): Promise<ClearingRecord> {
  return clearRound(input, rules, round, problemDigest(sha256, input), await loadSolver());
}

/** How much slower than the market's a machine may be that clears again, beside all else that it does. */
const PATIENCE = 4;

/**
 * Tools whose solver is given longer than the market's was, for what the market is recorded to have solved in time:
 * its answer does not depend on the limit unless that strikes, and that it strikes here says nothing of the market.
 */
export function withPatience({ sha256, loadSolver }: ReplayTools): ReplayTools {
  return {
    sha256,
    async loadSolver() {
      const { name, solve } = await loadSolver();
      return {
        name,
        solve(model) {
          const timeLimitSeconds = PATIENCE * model.limits.timeLimitSeconds;
          return solve({ ...model, limits: { ...model.limits, timeLimitSeconds } });
        },
      };
    },
  };
}
