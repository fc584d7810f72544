/**
 * The seven indicators of the demonstration (`libs/domain/src/kpi`) from the read models: per session,
 * per delivery day, per PoD and in total. Computed when asked, some PoDs at a time; nothing of it is
 * stored.
 */
import {
  type CustomerCounts,
  type KpiRow,
  type KpiSession,
  type KpiTally,
  EMPTY_TALLY,
  MTU_MS,
  addTallies,
  assetForecastErrors,
  createSessionKpis,
  customerRows,
  podTally,
  requestedByService,
  tallyRows,
} from '@flexledger/domain';
import { isoFromMs } from '@flexledger/runtime';
import type { DocumentStore, IndexRange, Where } from '../document-store';
import { allOf, eachPage } from '../each-page';
import { findAssetFlows } from '../grid-state/queries';
import { findRequests } from '../order-book/queries';
import type { PodDocument } from '../pod-register/pod-register-view';
import { findPods } from '../pod-register/queries';
import { findSessions } from '../sessions/queries';
import type { SessionDocument } from '../sessions/sessions-view';
import { type KpiDay, kpiDay, podFactsOf } from './day-facts';
import { appActivityView, usedAppBetween } from './app-activity-view';
import { type PodGroup, isInGroup } from './pod-group';
import { type RecruitmentDocument, recruitedAt, recruitmentView } from './recruitment-view';

/** PoDs whose facts are held at once. */
const PODS_AT_ONCE = 1_000;

/**
 * The indicators of the market on delivery days: of each session whose gate has closed, then of its
 * day; at last of all together.
 *
 * Availability, effectiveness and liquidity are means over the MTUs of all sessions, forecasts over
 * those of the sessions of one kind. Who takes part is asked as it was when a session's gate closed or
 * a day ended, for the total at the end of its last day.
 *
 * What is requested is of all PoDs, whatever the group: liquidity says how much of it a group offers.
 *
 * @param days by ISO date, `below` excluded; all when absent
 * @param group of which PoDs; of all when absent
 */
export async function* marketKpis(
  documents: DocumentStore,
  days: IndexRange = {},
  group: PodGroup = {},
): AsyncGenerator<KpiRow> {
  const activePods = new Set<string>();
  let total = EMPTY_TALLY;
  let beginsAt: string | undefined;
  let endsAt: string | undefined;
  for (const day of await daysOf(documents, days)) {
    const collected = await collectDay(documents, day, group);
    let sum = EMPTY_TALLY;
    for (const { session, kpis, customers } of collected.sessions) {
      const of = { scope: 'session', id: session.sessionId } as const;
      const tally = { ...kpis.tally(), assetForecast: await assetsOf(documents, session, group) };
      yield* customerRows(of, customers);
      yield* tallyRows(of, tally, [session.kind]);
      sum = addTallies(sum, tally);
    }
    const of = { scope: 'day', id: day.day } as const;
    yield* customerRows(of, collected.customers);
    yield* tallyRows(of, sum);
    total = addTallies(total, sum);
    beginsAt ??= isoFromMs(day.startMs);
    endsAt = endOf(day);
    for (const podId of collected.activePods) activePods.add(podId);
  }
  const of = { scope: 'total', id: '' } as const;
  yield* customerRows(of, await totalCustomers(documents, { beginsAt, endsAt, activePods, group }));
  yield* tallyRows(of, total);
}

/** The indicators of each PoD over delivery days, in the order of their codes. */
export async function* podKpis(
  documents: DocumentStore,
  where: Where<PodDocument> = {},
  days: IndexRange = {},
): AsyncGenerator<KpiRow> {
  const closed = await kpiDays(documents, days);
  for await (const pods of podPages(documents, where)) {
    yield* await kpisOfPods(documents, pods, closed);
  }
}

/** Delivery days whose sessions are known to the indicators; by ISO date, `below` excluded. */
export interface KpiDays {
  readonly days: readonly (KpiDay & { readonly kpiSessions: readonly KpiSession[] })[];
}

/** Looks days up once for several calls of `kpisOfPods`. */
export async function kpiDays(documents: DocumentStore, range: IndexRange = {}): Promise<KpiDays> {
  const days = [];
  for (const day of await daysOf(documents, range)) {
    const kpiSessions = await Promise.all(
      day.sessions.map((session) => kpiSession(documents, session)),
    );
    days.push({ ...day, kpiSessions });
  }
  return { days };
}

/** The indicators of some PoDs, given in the order of their codes, over all days together. */
export async function kpisOfPods(
  documents: DocumentStore,
  pods: readonly PodDocument[],
  { days }: KpiDays,
): Promise<KpiRow[]> {
  const sums = pods.map(() => ({ tally: EMPTY_TALLY as KpiTally, isActive: false }));
  for (const day of days) {
    const facts = await podFactsOf(documents, day, pods, rangeOf(pods));
    for (const [at, session] of day.sessions.entries()) {
      for (const [index, ofPod] of facts.get(session.sessionId)!.entries()) {
        const sum = sums[index]!;
        sum.tally = addTallies(sum.tally, podTally(ofPod, day.kpiSessions[at]!));
        sum.isActive ||= ofPod.offers.length > 0;
      }
    }
  }
  const last = days.at(-1);
  const recruited = await recruitmentOf(documents, pods);
  const during = {
    from: days[0] ? isoFromMs(days[0].startMs) : END_OF_TIME,
    until: last ? endOf(last) : END_OF_TIME,
  };
  const usedApp = await usedAppOf(documents, pods, during);
  return pods.flatMap(({ podId }, index) => {
    const of = { scope: 'pod', id: podId } as const;
    const { tally, isActive } = sums[index]!;
    const customers = { ...newCounts(), usedApp: 0 };
    countCustomer(customers, recruited[index], last && endOf(last), isActive, usedApp[index]);
    const { contacted, accepted } = customers;
    const counts = last ? customers : { contacted, accepted, active: null };
    return [...customerRows(of, counts), ...tallyRows(of, tally)];
  });
}

/** Days in their order, each with its sessions in theirs; days without a closed gate are left out. */
async function daysOf(documents: DocumentStore, days: IndexRange): Promise<KpiDay[]> {
  const sessions = await allOf((page) => findSessions(documents, { deliveryDay: days }, page));
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

function endOf({ startMs, mtuCount }: KpiDay): string {
  return isoFromMs(startMs + mtuCount * MTU_MS);
}

async function kpiSession(
  documents: DocumentStore,
  { sessionId, kind, mtuCount }: SessionDocument,
): Promise<KpiSession> {
  const requests = await allOf((page) => findRequests(documents, { sessionId }, page));
  return { kind, mtuCount, requestedW: requestedByService(requests, mtuCount) };
}

/** KPI_IT_03 by measured flows; none for a group, as assets are of all that hang below them. */
async function assetsOf(
  documents: DocumentStore,
  { sessionId, kind }: SessionDocument,
  group: PodGroup,
): Promise<KpiTally['assetForecast']> {
  if (Object.keys(group).length > 0) return EMPTY_TALLY.assetForecast;
  const flows = await allOf((page) => findAssetFlows(documents, { sessionId }, page));
  return assetForecastErrors(
    kind,
    flows.map(({ assets }) => assets),
  );
}

async function collectDay(documents: DocumentStore, day: KpiDay, group: PodGroup) {
  const sessions = await Promise.all(
    day.sessions.map(async (session) => ({
      session,
      kpis: createSessionKpis(await kpiSession(documents, session)),
      customers: newCounts(),
    })),
  );
  const customers = { ...newCounts(), usedApp: 0 };
  const activePods = new Set<string>();
  const during = { from: isoFromMs(day.startMs), until: endOf(day) };
  for await (const pods of podPages(documents, {}, group)) {
    const usedApp = await usedAppOf(documents, pods, during);
    const recruited = await recruitmentOf(documents, pods);
    const facts = await podFactsOf(documents, day, pods, rangeOf(pods));
    for (const { session, kpis, customers: ofSession } of sessions) {
      for (const [index, ofPod] of facts.get(session.sessionId)!.entries()) {
        kpis.pod(ofPod);
        const isActive = ofPod.offers.length > 0;
        if (isActive) activePods.add(ofPod.podId);
        countCustomer(ofSession, recruited[index], session.gateClosesAt, isActive);
      }
    }
    pods.forEach(({ podId }, index) => {
      const isActive = activePods.has(podId);
      countCustomer(customers, recruited[index], endOf(day), isActive, usedApp[index]);
    });
  }
  return { sessions, customers, activePods };
}

/** Of all days together. */
interface AllDays {
  /** Undefined where there are none. */
  readonly beginsAt: string | undefined;
  readonly endsAt: string | undefined;
  readonly activePods: ReadonlySet<string>;
  readonly group: PodGroup;
}

async function totalCustomers(
  documents: DocumentStore,
  { beginsAt, endsAt, activePods, group }: AllDays,
): Promise<CustomerCounts> {
  const customers = { ...newCounts(), usedApp: 0 };
  const during = { from: beginsAt ?? END_OF_TIME, until: endsAt ?? END_OF_TIME };
  for await (const pods of podPages(documents, {}, group)) {
    const usedApp = await usedAppOf(documents, pods, during);
    const recruited = await recruitmentOf(documents, pods);
    pods.forEach(({ podId }, index) =>
      countCustomer(customers, recruited[index], endsAt, activePods.has(podId), usedApp[index]),
    );
  }
  if (endsAt !== undefined) return customers;
  const { contacted, accepted } = customers;
  return { contacted, accepted, active: null };
}

async function usedAppOf(
  documents: DocumentStore,
  pods: readonly PodDocument[],
  { from, until }: { readonly from: string; readonly until: string },
): Promise<boolean[]> {
  const podIds = pods.map(({ podId }) => podId);
  const activities = await documents.getMany(appActivityView, podIds);
  return activities.map((activity) => usedAppBetween(activity, from, until));
}

/** `CustomerCounts` being counted. */
interface Counting {
  contacted: number;
  accepted: number;
  active: number;
  usedApp?: number;
}

function newCounts(): Counting {
  return { contacted: 0, accepted: 0, active: 0 };
}

/** Later than all instants of a log. */
const END_OF_TIME = '9999';

function countCustomer(
  customers: Counting,
  recruitment: RecruitmentDocument | undefined,
  at: string | undefined,
  isActive: boolean,
  usedApp = false,
): void {
  const { contacted, accepted } = recruitedAt(recruitment, at ?? END_OF_TIME);
  if (contacted) customers.contacted += 1;
  if (accepted) customers.accepted += 1;
  if (accepted && isActive) customers.active += 1;
  if (accepted && usedApp) customers.usedApp = (customers.usedApp ?? 0) + 1;
}

function recruitmentOf(documents: DocumentStore, pods: readonly PodDocument[]) {
  const podIds = pods.map(({ podId }) => podId);
  return documents.getMany(recruitmentView, podIds);
}

/** Codes from the first to the last: no code holds a space, which comes before all that they hold. */
function rangeOf(pods: readonly PodDocument[]): IndexRange {
  return { from: pods[0]!.podId, below: `${pods.at(-1)!.podId} ` };
}

/** PoDs in the order of their codes, those of a group. */
async function* podPages(
  documents: DocumentStore,
  where: Where<PodDocument>,
  group: PodGroup = {},
): AsyncGenerator<readonly PodDocument[]> {
  for await (const page of eachPage((asked) => findPods(documents, where, asked), PODS_AT_ONCE)) {
    const pods = page.filter((pod) => isInGroup(pod, group));
    if (pods.length > 0) yield pods;
  }
}
