import {
  type ClearingInstance,
  type ClearingRecord,
  type RulePack,
  clearRound,
} from '@flexledger/domain';
import { problemDigest } from '@flexledger/identity';
import { type LoadSolver, loadHighsSolver } from '@flexledger/solver';

/** Clears one problem of a session under a rule pack; the same input gives the same record. */
export type ClearSession = (
  instance: ClearingInstance,
  rules: RulePack,
  round: number,
) => Promise<ClearingRecord>;

/** Clearing with the domain's merit order, and a solver for what that cannot decide. */
export const clearSessionBy =
  (loadSolver: LoadSolver): ClearSession =>
  async (instance, rules, round) =>
    clearRound(instance, rules, round, problemDigest(instance), await loadSolver());

/** With HiGHS in this thread. */
export const clearSession = clearSessionBy(loadHighsSolver);
