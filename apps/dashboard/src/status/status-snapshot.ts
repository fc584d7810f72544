/**
 * The market at a glance: one delivery day, and the state of the log and its certification. Sums
 * over all parties only, because anyone may read it (`GET /api/v1/status`).
 */
import { LRUCache } from 'lru-cache';
import {
  type MarketSessionStatus,
  type SessionKind,
  MTU_MINUTES,
  civilDay,
  deliveryDay,
  MTU_MS,
} from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import {
  type CheckpointDocument,
  type SessionDocument,
  type SettlementDocument,
  type SoldNothingReason,
  type Views,
  checkpointsView,
  type PageRequest,
  type StandingOffer,
  countOffers,
  countPods,
  findCheckpoints,
  findOffers,
  findSessions,
  findSettlements,
  getCertifier,
  checkpointCovering,
  latestAnchor,
  sessionsView,
  settlementsView,
  soldNothingBecause,
  eachOf,
} from '@flexledger/projections';
import type { Clock } from '@flexledger/runtime';
import type { ChainSupply } from './chain-supply';
import { createEventCount } from './event-count';
import { type DayPower, type SessionPower, dayPower, sessionPower } from './day-power';

export interface StatusSnapshot {
  readonly timeZone: string;
  /** The market's clock when this was answered, epoch ms. */
  readonly nowMs: number;
  /** Events in the log. */
  readonly events: number;
  readonly pods: number;
  /** Null while the calendar is empty. */
  readonly day: DayStatus | null;
  readonly tokens: {
    /** By the log, all settlements together. */
    readonly awardedMicroEur: number;
    /** By the token contract; null while the chain does not answer. */
    readonly onChainMicroEur: number | null;
  };
  readonly certification: CertificationStatus;
  /** Read models that stopped, in words. */
  readonly problems: readonly string[];
}

export interface DayStatus {
  /** Civil day, ISO date. */
  readonly date: string;
  /** Neighbouring days with sessions. */
  readonly previous: string | null;
  readonly next: string | null;
  readonly sessions: readonly SessionStatus[];
  readonly requests: number;
  readonly offers: number;
  readonly requestedWh: number;
  /** Active energy that the offers would move if all were accepted. */
  readonly offeredWh: number;
  readonly acceptedWh: number;
  /** Of the sessions settled so far. */
  readonly deliveredWh: number;
  readonly settledMicroEur: number;
  readonly settledSessions: number;
  readonly power: DayPower;
}

export interface SessionStatus {
  readonly sessionId: string;
  readonly kind: SessionKind;
  readonly status: MarketSessionStatus;
  readonly deliveryStart: string;
  readonly mtuCount: number;
  readonly gateOpensAt: string;
  readonly gateClosesAt: string;
  readonly requests: number;
  readonly offers: number;
  readonly requestedWh: number;
  /** Active energy of the offers that count. */
  readonly offeredWh: number;
  /** Null until the result is published. */
  readonly acceptedWh: number | null;
  /** Null until the session is settled. */
  readonly deliveredWh: number | null;
  readonly settledMicroEur: number | null;
  /** Where nothing was sold, why. */
  readonly soldNothingBecause: SoldNothingReason | null;
}

export interface CertificationStatus {
  readonly origin: string | null;
  /** Ed25519 key that signs checkpoints, 32 bytes, hex. */
  readonly publicKey: string | null;
  readonly chainId: number | null;
  readonly anchorContract: string | null;
  readonly checkpoints: number;
  readonly anchored: number;
  /** The last ones, the largest first. */
  readonly latest: readonly Pick<CheckpointDocument, 'size' | 'root' | 'sealedAt' | 'anchor'>[];
  readonly lastAnchor: Pick<CheckpointDocument, 'size' | 'root' | 'anchor'> | null;
  /** When the oldest checkpoint was sealed that no anchor covers yet; null when each is covered. */
  readonly waitingSince: string | null;
}

export interface StatusSources {
  readonly store: EventStore;
  readonly views: Views;
  readonly clock: Clock;
  readonly timeZone: string;
  readonly supply: ChainSupply;
}

export type StatusReader = ReturnType<typeof createStatusReader>;

const WH_PER_W_MTU = MTU_MINUTES / 60;
const CHECKPOINTS_SHOWN = 6;
/** Sessions of a day, and how far back a day on which something was sold is looked for. */
const SESSIONS_LIMIT = 200;
/** Of one position of the log: the day that was last sold, today, the day after, and one that is asked for. */
const DAYS_KEPT = 4;

/** Reads snapshots; what rests on the log alone is read once for each position and day. */
export function createStatusReader({ store, views, clock, timeZone, supply }: StatusSources) {
  const { documents, runner } = views;
  const countEvents = createEventCount({ store, documents });
  const offered = new LRUCache<string, { readonly stamp: string; readonly energyWh: number }>({
    max: SESSIONS_LIMIT,
  });
  const powers = new LRUCache<string, { readonly stamp: string; readonly power: SessionPower }>({
    max: SESSIONS_LIMIT,
  });
  const known = new LRUCache<string, Promise<DayStatus | null>>({ max: DAYS_KEPT });
  /** What is of the log as a whole is counted once, whichever days are asked for. */
  let whole: { readonly head: number; readonly log: ReturnType<typeof logStatus> } | undefined;

  /** @param asked a civil day, or undefined for the last one on which something was sold */
  async function read(asked: string | undefined): Promise<StatusSnapshot> {
    const date = asked ?? (await defaultDay());
    const head = await store.head();
    const key = `${head}/${date}`;
    const day = known.get(key) ?? (date === undefined ? Promise.resolve(null) : dayStatus(date));
    known.set(key, day);
    if (whole?.head !== head) whole = { head, log: logStatus() };
    const snapshot = { ...(await whole.log), day: await day };
    const onChainMicroEur = await supply();
    const tokens = { ...snapshot.tokens, onChainMicroEur };
    return { ...snapshot, nowMs: clock.nowMs(), tokens };
  }

  async function logStatus(): Promise<Omit<StatusSnapshot, 'day'>> {
    return {
      timeZone,
      nowMs: clock.nowMs(),
      events: await countEvents(),
      pods: await countPods(documents, { status: 'registered' }),
      tokens: { awardedMicroEur: await awardedMicroEur(), onChainMicroEur: null },
      certification: await certificationStatus(),
      problems: runner.status().flatMap(({ halted }) => (halted ? [halted.message] : [])),
    };
  }

  /** The last day up to today on which something was sold, else today, else the first there is. */
  async function defaultDay(): Promise<string | undefined> {
    const today = civilDay(clock.nowMs(), timeZone);
    const { startMs, mtuCount } = deliveryDay(today, timeZone);
    const below = new Date(startMs + mtuCount * MTU_MS).toISOString();
    const page = { limit: SESSIONS_LIMIT };
    const past = (await findSessions(documents, { deliveryStart: { below } }, page)).items;
    const sold = past.find(({ result }) => result.rows > 0) ?? past[0];
    if (sold) return sold.deliveryDay;
    const order = { orderBy: 'deliveryStart', limit: 1 } as const;
    return (await documents.find(sessionsView, order)).items[0]?.deliveryDay;
  }

  async function dayStatus(date: string): Promise<DayStatus | null> {
    const page = { limit: SESSIONS_LIMIT };
    const found = await findSessions(documents, { deliveryDay: date }, page);
    if (found.items.length === 0) return null;
    const ofDay = found.items.toReversed();
    const ids = ofDay.map(({ sessionId }) => sessionId);
    const settlements = await documents.getMany(settlementsView, ids);
    const period = deliveryDay(date, timeZone);
    const sessions: SessionStatus[] = [];
    const parts: { deliveryStart: string; power: SessionPower }[] = [];
    for (const [index, session] of ofDay.entries()) {
      const settlement = settlements[index];
      sessions.push(await sessionStatus(session, settlement));
      const power = await powerOf(session, settlement);
      if (power) parts.push({ deliveryStart: session.deliveryStart, power });
    }
    // The day-ahead session comes first though the first real-time one starts with it.
    sessions.sort((a, b) => Number(a.kind === 'realTime') - Number(b.kind === 'realTime'));
    const total = (of: (session: SessionStatus) => number | null): number =>
      sessions.reduce((sum, session) => sum + (of(session) ?? 0), 0);
    const startIso = new Date(period.startMs).toISOString();
    return {
      date,
      ...(await neighbours(startIso, date)),
      sessions,
      requests: total(({ requests }) => requests),
      offers: total(({ offers }) => offers),
      requestedWh: total(({ requestedWh }) => requestedWh),
      offeredWh: total(({ offeredWh }) => offeredWh),
      acceptedWh: total(({ acceptedWh }) => acceptedWh),
      deliveredWh: total(({ deliveredWh }) => deliveredWh),
      settledMicroEur: total(({ settledMicroEur }) => settledMicroEur),
      settledSessions: sessions.filter(({ settledMicroEur }) => settledMicroEur !== null).length,
      power: dayPower(period, parts),
    };
  }

  async function neighbours(startIso: string, date: string) {
    const before = { deliveryStart: { below: startIso } };
    const [previous] = (await findSessions(documents, before, { limit: 1 })).items;
    const { items } = await documents.find(sessionsView, {
      where: { deliveryStart: { from: startIso } },
      orderBy: 'deliveryStart',
      limit: SESSIONS_LIMIT,
    });
    const next = items.find((session) => session.deliveryDay !== date);
    return { previous: previous?.deliveryDay ?? null, next: next?.deliveryDay ?? null };
  }

  async function sessionStatus(
    session: SessionDocument,
    settlement: SettlementDocument | undefined,
  ): Promise<SessionStatus> {
    const { sessionId, kind, status, deliveryStart, mtuCount, gateOpensAt, gateClosesAt } = session;
    const published = settlement?.published;
    return {
      sessionId,
      kind,
      status,
      deliveryStart,
      mtuCount,
      gateOpensAt,
      gateClosesAt,
      requests: session.requests.length,
      offers: session.offers ?? (await countOffers(documents, { sessionId })),
      requestedWh: session.requestedWMtu * WH_PER_W_MTU,
      offeredWh: await offeredWh(session),
      acceptedWh: session.publishedAt ? session.result.acceptedWMtu * WH_PER_W_MTU : null,
      deliveredWh: published ? published.deliveredWMtu * WH_PER_W_MTU : null,
      settledMicroEur: published ? published.netMicroEur : null,
      soldNothingBecause: soldNothingBecause(session, settlement),
    };
  }

  /** Added up once the gate is closed, and before as long as the log stands still. */
  async function offeredWh({ sessionId, offers }: SessionDocument): Promise<number> {
    const stamp = offers === null ? `${await store.head()}` : 'closed';
    const kept = offered.get(sessionId);
    if (kept?.stamp === stamp) return kept.energyWh;
    const found = (page: PageRequest) => findOffers(documents, { sessionId }, page);
    let energyWh = 0;
    for await (const offer of eachOf(found)) energyWh += offeredEnergyWh(offer);
    offered.set(sessionId, { stamp, energyWh });
    return energyWh;
  }

  /** Adding up rows takes longest, so a session's sums are kept until it is published or settled anew. */
  async function powerOf(
    session: SessionDocument,
    settlement: SettlementDocument | undefined,
  ): Promise<SessionPower | undefined> {
    if (!session.publishedAt) return undefined;
    const { sessionId } = session;
    const stamp = `${session.publishedAt}/${settlement?.published?.publishedAt}`;
    const kept = powers.get(sessionId);
    if (kept?.stamp === stamp) return kept.power;
    const power = await sessionPower(documents, session, settlement);
    powers.set(sessionId, { stamp, power });
    return power;
  }

  async function awardedMicroEur(): Promise<number> {
    let total = 0;
    for await (const { awards } of eachOf((page) => findSettlements(documents, page))) {
      for (const { amountMicroEur } of awards) total += amountMicroEur;
    }
    return total;
  }

  async function certificationStatus(): Promise<CertificationStatus> {
    const certifier = await getCertifier(documents);
    const { items } = await findCheckpoints(documents, { limit: CHECKPOINTS_SHOWN });
    const latest = await latestAnchor(documents);
    const waiting = await checkpointCovering(documents, latest?.size ?? 0, {
      anchored: false,
    });
    // In the contract that is named beside it: those before hold what stands below.
    const last = latest && latest.size > (certifier?.anchoredBefore ?? 0) ? latest : undefined;
    return {
      origin: certifier?.origin ?? null,
      publicKey: certifier?.publicKey ?? null,
      chainId: certifier?.chainId ?? null,
      anchorContract: certifier?.anchorContract ?? null,
      checkpoints: await documents.count(checkpointsView),
      anchored: await documents.count(checkpointsView, { anchoredSize: {} }),
      latest: items.map(({ size, root, sealedAt, anchor }) => ({ size, root, sealedAt, anchor })),
      lastAnchor: last ? { size: last.size, root: last.root, anchor: last.anchor } : null,
      waitingSince: waiting?.sealedAt ?? null,
    };
  }

  return { read };
}

/** Of active power; 0 for an offer of reactive power. */
function offeredEnergyWh(offer: StandingOffer): number {
  if (offer.product !== 'P') return 0;
  if (offer.kind === 'block') return offer.quantityW * offer.durationMtus * WH_PER_W_MTU;
  return offer.quantityW.reduce((total, watts) => total + watts, 0) * WH_PER_W_MTU;
}
