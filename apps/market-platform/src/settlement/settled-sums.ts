/** Sums of settled rows: by session for who reads a day, a week or a month of them, by creditor for who owes. */
import {
  type CivilPeriod,
  MTU_MINUTES,
  type Requester,
  type SettlementRow,
} from '@flexledger/domain';
import {
  type DocumentStore,
  type SessionDocument,
  allOf,
  eachOf,
  findSessions,
  findSettlementRows,
  getSettlement,
} from '@flexledger/projections';
import type { RowOwner } from '../http/own-rows';

/** What some settled rows come to. Energy of active power in Wh, of reactive power in varh. */
export interface SettledSum {
  readonly rows: number;
  readonly unmeasuredMtus: number;
  readonly acceptedWh: number;
  readonly deliveredWh: number;
  readonly acceptedVarh: number;
  readonly deliveredVarh: number;
  readonly paidMicroEur: number;
  readonly penaltyMicroEur: number;
  /** Paid less penalty: what a system operator owes and an aggregator has to get. */
  readonly netMicroEur: number;
}

/** A session's settlement that counts, or an owner's part of it. */
export interface SettledSession extends SettledSum {
  readonly sessionId: string;
  readonly kind: SessionDocument['kind'];
  readonly deliveryDay: string;
  readonly correction: number;
}

/** What a system operator owes an aggregator for one session. */
export interface OwedOfSession extends SettledSession {
  readonly requester: Requester;
  readonly aggregatorId: string;
}

/** What a system operator owes an aggregator for the sessions of one month. */
export interface OwedOfMonth extends SettledSum {
  readonly month: string;
  readonly requester: Requester;
  readonly aggregatorId: string;
}

export const NOTHING_SETTLED: SettledSum = {
  rows: 0,
  unmeasuredMtus: 0,
  acceptedWh: 0,
  deliveredWh: 0,
  acceptedVarh: 0,
  deliveredVarh: 0,
  paidMicroEur: 0,
  penaltyMicroEur: 0,
  netMicroEur: 0,
};

/** Settled sessions that deliver in a period, those that deliver first first. */
export async function* settledSessions(
  documents: DocumentStore,
  deliveryDay: CivilPeriod,
): AsyncGenerator<{ readonly session: SessionDocument; readonly correction: number }> {
  const sessions = await allOf((page) => findSessions(documents, { deliveryDay }, page));
  for (const session of sessions.reverse()) {
    const correction = (await getSettlement(documents, session.sessionId))?.correction ?? null;
    if (correction !== null) yield { session, correction };
  }
}

/** By session, an owner's rows; sessions in which it has none are left out. */
export async function sumsBySession(
  documents: DocumentStore,
  period: CivilPeriod,
  owner: RowOwner,
): Promise<SettledSession[]> {
  const sums: SettledSession[] = [];
  for await (const { session, correction } of settledSessions(documents, period)) {
    const { sessionId, kind, deliveryDay } = session;
    let sum = NOTHING_SETTLED;
    const rows = eachOf((page) => findSettlementRows(documents, { sessionId, ...owner }, page));
    for await (const row of rows) sum = added(sum, sumOf(row));
    if (sum.rows > 0) sums.push({ sessionId, kind, deliveryDay, correction, ...sum });
  }
  return sums;
}

/** Who owes whom, by session; the sums of all of them are the settlements. */
export async function owedBySession(
  documents: DocumentStore,
  period: CivilPeriod,
  owner: RowOwner,
): Promise<OwedOfSession[]> {
  const owed: OwedOfSession[] = [];
  for await (const { session, correction } of settledSessions(documents, period)) {
    const { sessionId, kind, deliveryDay } = session;
    const pairs = new Map<string, OwedOfSession>();
    const rows = eachOf((page) => findSettlementRows(documents, { sessionId, ...owner }, page));
    for await (const row of rows) {
      const { requester, aggregatorId } = row;
      const key = `${requester}/${aggregatorId}`;
      const of = { sessionId, kind, deliveryDay, correction, requester, aggregatorId };
      pairs.set(key, { ...of, ...added(pairs.get(key) ?? NOTHING_SETTLED, sumOf(row)) });
    }
    owed.push(...[...pairs].sort(byKey).map(([, pair]) => pair));
  }
  return owed;
}

/** The same by month of delivery. */
export function owedByMonth(owed: readonly OwedOfSession[]): OwedOfMonth[] {
  const months = new Map<string, OwedOfMonth>();
  for (const each of owed) {
    const { requester, aggregatorId, deliveryDay } = each;
    const month = deliveryDay.slice(0, 'yyyy-mm'.length);
    const key = `${month}/${requester}/${aggregatorId}`;
    const sum = added(months.get(key) ?? NOTHING_SETTLED, each);
    months.set(key, { month, requester, aggregatorId, ...sum });
  }
  return [...months].sort(byKey).map(([, month]) => month);
}

/** The sum of two sums, and of nothing else that they may hold. */
export function added(one: SettledSum, other: SettledSum): SettledSum {
  const fields = Object.keys(NOTHING_SETTLED) as (keyof SettledSum)[];
  const sums = fields.map((field) => [field, one[field] + other[field]]);
  return Object.fromEntries(sums) as unknown as SettledSum;
}

function sumOf(row: SettlementRow): SettledSum {
  const hours = MTU_MINUTES / 60;
  const isActive = row.product === 'P';
  const accepted = total(row.acceptedW) * hours;
  const delivered = total(row.deliveredW) * hours;
  const paidMicroEur = total(row.paidMicroEur);
  const penaltyMicroEur = total(row.penaltyMicroEur);
  return {
    rows: 1,
    unmeasuredMtus: row.measuredW.filter((watts) => watts === null).length,
    acceptedWh: isActive ? accepted : 0,
    deliveredWh: isActive ? delivered : 0,
    acceptedVarh: isActive ? 0 : accepted,
    deliveredVarh: isActive ? 0 : delivered,
    paidMicroEur,
    penaltyMicroEur,
    netMicroEur: paidMicroEur - penaltyMicroEur,
  };
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function byKey([one]: readonly [string, object], [other]: readonly [string, object]): number {
  return one < other ? -1 : 1;
}
