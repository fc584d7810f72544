import {
  type ClearingInstance,
  type ClearingRecord,
  type RulePack,
  clearRound,
} from '@flexledger/domain';
import { problemDigest } from '@flexledger/identity';
import { loadHighsSolver } from '@flexledger/solver';

/** Clears one problem of a session under a rule pack; the same input gives the same record. */
export type ClearSession = (
  instance: ClearingInstance,
  rules: RulePack,
  round: number,
) => Promise<ClearingRecord>;

/** Clearing with the domain's merit order, and HiGHS for what that cannot decide. */
export const clearSession: ClearSession = async (instance, rules, round) => {
  return clearRound(instance, rules, round, problemDigest(instance), await loadHighsSolver());
};
