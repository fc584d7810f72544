/** Whose sides of a demo's market can be looked at by a click. */
import { readDemoDay } from '@flexledger/demo-field';
import type { Demonstration } from '@flexledger/identity-provider';
import { isLoopbackHost } from '@flexledger/messaging';
import { findPods, findSettlementRows, findSessions } from '@flexledger/projections';
import type { Config } from '../config/config';
import type { Platform } from '../platform/open-platform';

/** Sessions that are looked through for somebody who has sold. */
const SESSIONS_LOOKED_AT = 50;

/**
 * A customer and its aggregator, one that has sold something where there is one. Undefined unless the
 * folder is a demo's and this machine alone is served: elsewhere nobody gets in without a password.
 */
export async function demonstrationOf(
  { dataDir, http, identity }: Config,
  { views }: Platform,
): Promise<Demonstration | undefined> {
  const isForAll = !isLoopbackHost(http.host) || identity.publicUrl !== undefined;
  if (isForAll || readDemoDay(dataDir) === undefined) return undefined;
  const { documents } = views;
  const sessions = await findSessions(documents, {}, { limit: SESSIONS_LOOKED_AT });
  for (const { sessionId } of sessions.items) {
    const [sold] = (await findSettlementRows(documents, { sessionId }, { limit: 1 })).items;
    if (sold) return sold;
  }
  const [pod] = (await findPods(documents, { status: 'registered' }, { limit: 1 })).items;
  const aggregatorId = pod?.aggregatorId;
  return pod && aggregatorId ? { aggregatorId, podId: pod.podId } : undefined;
}
