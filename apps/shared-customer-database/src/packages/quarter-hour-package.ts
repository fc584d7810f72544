/**
 * The package of a quarter-hour (FR_SCD_PD_2/3, flow 1): a row for each PoD whether its node spoke or not, with what
 * was measured and with what is wrong with the node.
 */
import { DomainError, MTU_MS, type PackageCode, mtuHolding } from '@flexledger/domain';
import {
  type DocumentStore,
  type NodeOfPod,
  type Page,
  type PageRequest,
  type PodDocument,
  findPods,
  getPod,
  measurementsBetween,
} from '@flexledger/projections';
import { isoFromMs, msFromIso } from '@flexledger/runtime';

/** A PoD in the package. */
export interface PackageRow {
  readonly podId: string;
  readonly aggregatorId: string | null;
  /** null where nothing was measured. */
  readonly measured: {
    readonly withdrawnWh: number;
    readonly injectedWh: number;
    readonly reactiveVarh: number;
  } | null;
  /** Empty where all is well. `since`: ISO 8601 UTC; null where it is not known. */
  readonly anomalies: readonly { readonly code: PackageCode; readonly since: string | null }[];
}

/** Whose PoDs. */
export interface PackageOwner {
  readonly aggregatorId?: string;
  readonly podId?: string;
}

/** A page of registered PoDs in the order of their codes. @param startMs beginning of the quarter-hour */
export async function quarterHourPackage(
  documents: DocumentStore,
  startMs: number,
  { podId, ...owner }: PackageOwner,
  page: PageRequest,
): Promise<Page<PackageRow>> {
  const { items: pods, next } =
    podId === undefined
      ? await findPods(documents, { ...owner, status: 'registered' }, page)
      : onePod(await getPod(documents, podId));
  const podIds = pods.map((pod) => pod.podId);
  const measured = await measurementsBetween(documents, podIds, startMs, startMs + MTU_MS);
  const items = pods.map(({ podId: id, aggregatorId, node }, index): PackageRow => {
    const [quarterHour] = measured[index]!;
    const codes = anomaliesOf(node, startMs + MTU_MS);
    if (!quarterHour) {
      return {
        podId: id,
        aggregatorId,
        measured: null,
        anomalies: [{ code: 'no-data', since: isoFromMs(startMs) }, ...codes],
      };
    }
    const { withdrawnWh, injectedWh, reactiveVarh } = quarterHour;
    return {
      podId: id,
      aggregatorId,
      measured: { withdrawnWh, injectedWh, reactiveVarh },
      anomalies: codes,
    };
  });
  return { items, next };
}

/**
 * The beginning of the quarter-hour that is asked for, or of the last one that is over.
 *
 * @throws DomainError `query-malformed` where none begins then, or where it is not over
 */
export function quarterHourOf(asked: string | undefined, nowMs: number): number {
  const lastMs = mtuHolding(nowMs) - MTU_MS;
  if (asked === undefined) return lastMs;
  const startMs = msFromIso(asked);
  const wrong = (reason: string): DomainError =>
    new DomainError('query-malformed', `quarterHour ${reason}.`, [
      { field: 'quarterHour', reason },
    ]);
  if (mtuHolding(startMs) !== startMs) throw wrong('must be the beginning of a quarter-hour');
  if (startMs > lastMs)
    throw wrong(`is not over; the last one that is began at ${isoFromMs(lastMs)}`);
  return startMs;
}

/** What stands now and began before the quarter-hour was over. */
function anomaliesOf(node: NodeOfPod | null, untilMs: number): PackageRow['anomalies'] {
  if (!node) return [{ code: 'no-node', since: null }];
  const { connected, connectionSince, anomalies } = node;
  const cut = connected ? [] : [{ code: 'disconnected' as const, since: connectionSince }];
  const raised = anomalies.map(({ anomaly, raisedAt }) => ({ code: anomaly, since: raisedAt }));
  return [...cut, ...raised].filter(({ since }) => since === null || msFromIso(since) < untilMs);
}

function onePod(pod: PodDocument | undefined): Page<PodDocument> {
  return { items: pod?.status === 'registered' ? [pod] : [], next: null };
}
