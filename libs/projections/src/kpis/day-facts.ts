/** What the read models hold of one delivery day for its indicators, some PoDs at a time. */
import {
  type OutcomeRow,
  type PodFacts,
  type SessionSales,
  type SettlementRow,
  MTUS_PER_HOUR,
  MTU_MS,
  activatedMtus,
  rowsOfDay,
} from '@flexledger/domain';
import { msFromIso } from '@flexledger/runtime';
import type { DocumentStore, IndexRange } from '../document-store';
import { allOf } from '../each-page';
import { getCustomerForecasts } from '../grid-state/queries';
import { measurementsBetween } from '../measurements/queries';
import { findOffers, type StandingOffer } from '../order-book/queries';
import { findOutcomes } from '../outcomes/queries';
import type { PodDocument } from '../pod-register/pod-register-view';
import { getBaselines } from '../pod-register/queries';
import type { SessionDocument } from '../sessions/sessions-view';
import { findSettlementRows } from '../settlements/queries';
import { kpiExclusionsView } from './kpi-exclusions-view';

/** A delivery day with its sessions whose gate has closed. */
export interface KpiDay {
  readonly day: string;
  readonly startMs: number;
  readonly mtuCount: number;
  readonly sessions: readonly SessionDocument[];
}

/** A day from all of its sessions: the first begins at its midnight, the last ends it. */
export function kpiDay(day: string, sessions: readonly SessionDocument[]): KpiDay {
  const starts = sessions.map(({ deliveryStart }) => msFromIso(deliveryStart));
  const ends = sessions.map(({ mtuCount }, index) => starts[index]! + mtuCount * MTU_MS);
  const startMs = Math.min(...starts);
  const mtuCount = (Math.max(...ends) - startMs) / MTU_MS;
  return { day, startMs, mtuCount, sessions: sessions.filter(isClosed) };
}

function isClosed({ status }: SessionDocument): boolean {
  return status !== 'scheduled' && status !== 'open' && status !== 'cancelled';
}

/**
 * Facts of consecutive PoDs in every session of a day.
 *
 * @param range of their codes
 * @returns by session, in the order of `pods`
 */
export async function podFactsOf(
  documents: DocumentStore,
  { day, startMs, mtuCount, sessions }: KpiDay,
  pods: readonly PodDocument[],
  range: IndexRange,
): Promise<ReadonlyMap<string, readonly PodFacts[]>> {
  const podIds = pods.map(({ podId }) => podId);
  const baselines = await getBaselines(documents, podIds, day);
  const excluded = await documents.getMany(kpiExclusionsView, podIds);
  const measuredW = await measuredOf(documents, podIds, startMs, mtuCount);
  const sales = await salesOf(documents, sessions, range);
  const activated = activatedMtus(rowsOfDay(sales, { startMs, mtuCount }), mtuCount);
  const facts = new Map<string, readonly PodFacts[]>();
  for (const { sessionId, deliveryStart, mtuCount: length } of sessions) {
    const where = { sessionId, podId: range };
    const offers = byPod(await allOf((page) => findOffers(documents, where, page)));
    const settled = byPod(await allOf((page) => findSettlementRows(documents, where, page)));
    const forecasts = await getCustomerForecasts(documents, sessionId, podIds);
    const first = (msFromIso(deliveryStart) - startMs) / MTU_MS;
    const during = <Value>(values: readonly Value[]): readonly Value[] =>
      values.slice(first, first + length);
    const ofPod = ({ podId, busId }: PodDocument, index: number): PodFacts => {
      const baseline = baselines[index];
      const sold = activated.get(podId);
      return {
        podId,
        busId,
        offers: (offers.get(podId) ?? []) satisfies readonly StandingOffer[],
        baselineW: baseline && during(baseline.baselineW),
        baselineVar: baseline?.baselineVar ? during(baseline.baselineVar) : undefined,
        isExcluded: excluded[index] !== undefined,
        forecastW: forecasts[index]?.forecastW ?? (baseline && during(baseline.baselineW)),
        measuredW: during(measuredW[index]!),
        activated: sold && during(sold),
        settled: (settled.get(podId) ?? []) satisfies readonly SettlementRow[],
      };
    };
    facts.set(sessionId, pods.map(ofPod));
  }
  return facts;
}

async function measuredOf(
  documents: DocumentStore,
  podIds: readonly string[],
  startMs: number,
  mtuCount: number,
): Promise<(number | null)[][]> {
  const untilMs = startMs + mtuCount * MTU_MS;
  const measured = await measurementsBetween(documents, podIds, startMs, untilMs);
  return measured.map((quarterHours) => {
    const watts = new Array<number | null>(mtuCount).fill(null);
    for (const { mtuStartMs, withdrawnWh, injectedWh } of quarterHours) {
      watts[(mtuStartMs - startMs) / MTU_MS] = (withdrawnWh - injectedWh) * MTUS_PER_HOUR;
    }
    return watts;
  });
}

async function salesOf(
  documents: DocumentStore,
  sessions: readonly SessionDocument[],
  podId: IndexRange,
): Promise<SessionSales[]> {
  const sales: SessionSales[] = [];
  for (const { sessionId, deliveryStart, mtuCount } of sessions) {
    const rows: OutcomeRow[] = await allOf((page) =>
      findOutcomes(documents, { sessionId, podId }, page),
    );
    sales.push({ sessionId, startMs: msFromIso(deliveryStart), mtuCount, rows });
  }
  return sales;
}

function byPod<Row extends { readonly podId: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const pods = new Map<string, Row[]>();
  for (const row of rows) pods.set(row.podId, [...(pods.get(row.podId) ?? []), row]);
  return pods;
}
