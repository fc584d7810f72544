import { type Principal, type Resource, type Scope, may } from '@flexledger/identity';
import type { DataSet } from '@flexledger/domain';
import type { PodDocument } from '@flexledger/projections';

/**
 * Whose things those of several PoDs are, for one question of rights: the first PoD whose things the
 * speaker may not reach, or else the speaker's own. PoDs that nobody knows are nobody's, and hold
 * nothing.
 */
export function ownerOfAll(
  pods: readonly (PodDocument | undefined)[],
  speaker: Principal,
  action: Scope,
  dataSet?: DataSet,
): Resource {
  const foreign = pods.find((pod) => pod && !may(speaker, action, resourceOf(pod, dataSet)));
  if (foreign) return resourceOf(foreign);
  const known = pods.find((pod) => pod !== undefined);
  if (known) return resourceOf(known, dataSet);
  const { role, partyId } = speaker;
  if (partyId === null) return {};
  return role === 'aggregator' ? { aggregatorId: partyId } : { podId: partyId };
}

/** Whose things a PoD's are; of a data set, those that its customer can grant to others. */
export function resourceOf({ podId, aggregatorId }: PodDocument, dataSet?: DataSet): Resource {
  return {
    podId,
    ...(aggregatorId === null ? {} : { aggregatorId }),
    ...(dataSet === undefined ? {} : { dataSet }),
  };
}
