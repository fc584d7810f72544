/**
 * The seven indicators of the demonstration (`libs/domain/src/kpi`) from the read models: per session,
 * per delivery day, per PoD and in total. Computed when asked, some PoDs at a time; nothing of it is
 * stored.
 */
import {
  type KpiRow,
  type KpiTally,
  type PodFacts,
  EMPTY_TALLY,
  NO_RATIO,
  addTallies,
  createSessionKpis,
  customerRows,
  podTally,
  tallyRows,
} from '@flexledger/domain';
import type { DocumentStore, IndexRange } from '../document-store';
import { findRequests } from '../order-book/queries';
import type { PodDocument } from '../pod-register/pod-register-view';
import { findPods } from '../pod-register/queries';
import { findSessions } from '../sessions/queries';
import type { SessionDocument } from '../sessions/sessions-view';
import { type KpiDay, allOf, kpiDay, podFactsOf } from './day-facts';

/** PoDs whose facts are held at once. */
const PODS_AT_ONCE = 1_000;

/**
 * The indicators of delivery days: of each session whose gate has closed, then of its day; after the
 * last day of each PoD, and of all together.
 *
 * Availability, effectiveness and liquidity are means over the MTUs of all sessions. Forecasts of a
 * day, a PoD and the total are those of the day-ahead session (24 hours); each session has its own. Who
 * has an agreement is asked as it is now.
 *
 * @param days by ISO date, `below` excluded; all when absent
 */
export async function* kpiRows(
  documents: DocumentStore,
  days: IndexRange = {},
): AsyncGenerator<KpiRow> {
  const sessions = await allOf((page) => findSessions(documents, { deliveryDay: days }, page));
  const customers = await countCustomers(documents);
  const pods = new Map<string, PodSum>();
  let total = EMPTY_TALLY;
  for (const day of daysOf(sessions)) {
    const { tallies, active } = await kpisOfDay(documents, day, pods);
    let sum = EMPTY_TALLY;
    for (const { session, tally, activeInSession } of tallies) {
      const of = { scope: 'session', id: session.sessionId } as const;
      yield* customerRows(of, { ...customers, contacted: null, active: activeInSession });
      yield* tallyRows(of, tally);
      sum = addTallies(sum, addable(session, tally));
    }
    const of = { scope: 'day', id: day.day } as const;
    yield* customerRows(of, { ...customers, contacted: null, active });
    yield* tallyRows(of, sum);
    total = addTallies(total, sum);
  }
  yield* podRows(pods);
  const active = [...pods.values()].filter(({ isActive }) => isActive).length;
  const of = { scope: 'total', id: '' } as const;
  yield* customerRows(of, { ...customers, active });
  yield* tallyRows(of, total);
}

/** What one PoD did in all sessions so far. */
interface PodSum {
  tally: KpiTally;
  isActive: boolean;
  readonly hasAgreement: boolean;
}

function* podRows(pods: ReadonlyMap<string, PodSum>): Generator<KpiRow> {
  for (const [podId, { tally, isActive, hasAgreement }] of pods) {
    const of = { scope: 'pod', id: podId } as const;
    const counts = { contacted: null, accepted: hasAgreement ? 1 : 0, active: isActive ? 1 : 0 };
    yield* customerRows(of, counts);
    // Liquidity and the grid's forecast are of no single PoD.
    const rows = tallyRows(of, tally);
    yield* rows.filter(({ kpi }) => kpi !== 'KPI_IT_01' && kpi !== 'KPI_IT_03');
  }
}

/** Days in their order, each with its sessions in theirs; days without a closed gate are left out. */
function daysOf(sessions: readonly SessionDocument[]): KpiDay[] {
  const byDay = new Map<string, SessionDocument[]>();
  for (const session of sessions) {
    const { deliveryDay } = session;
    byDay.set(deliveryDay, [...(byDay.get(deliveryDay) ?? []), session]);
  }
  return [...byDay]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([day, ofDay]) => kpiDay(day, [...ofDay].sort(inOrder)))
    .filter(({ sessions: closed }) => closed.length > 0);
}

/** Day-ahead first, then by window. */
function inOrder(one: SessionDocument, other: SessionDocument): number {
  const key = ({ kind, deliveryStart }: SessionDocument): string => `${kind}/${deliveryStart}`;
  return key(one) < key(other) ? -1 : 1;
}

async function countCustomers(
  documents: DocumentStore,
): Promise<{ readonly contacted: number; readonly accepted: number }> {
  let contacted = 0;
  let accepted = 0;
  for await (const { pods } of podPages(documents)) {
    for (const { agreement } of pods) {
      if (agreement) contacted += 1;
      if (agreement?.status === 'inForce') accepted += 1;
    }
  }
  return { contacted, accepted };
}

interface SessionTally {
  readonly session: SessionDocument;
  readonly tally: KpiTally;
  readonly activeInSession: number;
}

/** @param podSums grows by what each PoD did on this day */
async function kpisOfDay(
  documents: DocumentStore,
  day: KpiDay,
  podSums: Map<string, PodSum>,
): Promise<{ readonly tallies: readonly SessionTally[]; readonly active: number }> {
  const collected = day.sessions.map((session) => ({
    session,
    kpis: createSessionKpis(session.mtuCount),
    activeInSession: 0,
  }));
  for (const { session, kpis } of collected) {
    const { sessionId } = session;
    for (const request of await allOf((page) => findRequests(documents, { sessionId }, page))) {
      kpis.request(request.product, request.direction, request.quantityW);
    }
  }
  let active = 0;
  for await (const { pods, range } of podPages(documents)) {
    const facts = await podFactsOf(documents, day, pods, range);
    const activeToday = new Set<string>();
    for (const collector of collected) {
      const { session, kpis } = collector;
      for (const [index, ofPod] of facts.get(session.sessionId)!.entries()) {
        kpis.pod(ofPod);
        const isActive = ofPod.offers.length > 0;
        if (isActive) activeToday.add(ofPod.podId);
        if (isActive) collector.activeInSession += 1;
        addToPod(podSums, pods[index]!, session, ofPod);
      }
    }
    active += activeToday.size;
  }
  const tallies = collected.map(({ session, kpis, activeInSession }) => ({
    session,
    tally: kpis.tally(),
    activeInSession,
  }));
  return { tallies, active };
}

function addToPod(
  podSums: Map<string, PodSum>,
  { podId, agreement }: PodDocument,
  session: SessionDocument,
  facts: PodFacts,
): void {
  let sum = podSums.get(podId);
  if (!sum) {
    const hasAgreement = agreement?.status === 'inForce';
    podSums.set(podId, (sum = { tally: EMPTY_TALLY, isActive: false, hasAgreement }));
  }
  sum.tally = addTallies(sum.tally, addable(session, podTally(facts, session.mtuCount)));
  sum.isActive ||= facts.offers.length > 0;
}

/** What a session adds to its day: forecasts count once, with the session that covers the whole day. */
function addable({ kind }: SessionDocument, tally: KpiTally): KpiTally {
  return kind === 'dayAhead'
    ? tally
    : { ...tally, customerForecast: NO_RATIO, gridForecast: NO_RATIO };
}

/** PoDs in the order of their codes, and the range of codes that each page stands for. */
async function* podPages(
  documents: DocumentStore,
): AsyncGenerator<{ readonly pods: readonly PodDocument[]; readonly range: IndexRange }> {
  const pageAfter = (cursor?: string) =>
    findPods(documents, {}, { limit: PODS_AT_ONCE, ...(cursor === undefined ? {} : { cursor }) });
  let page = await pageAfter();
  while (page.items.length > 0) {
    const next = page.next === null ? undefined : await pageAfter(page.next);
    const [first] = page.items as readonly [PodDocument, ...PodDocument[]];
    const below = next?.items[0]?.podId;
    const range = { from: first.podId, ...(below === undefined ? {} : { below }) };
    yield { pods: page.items, range };
    if (!next) return;
    page = next;
  }
}
