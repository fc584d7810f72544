/**
 * How reliable providers are, as a fold of the log (D3.3, A.1.3.2): what a PoD, and an aggregator with all of its PoDs,
 * delivered of what it had sold, in per mille. Market and audit come to the same numbers: whole numbers and sums of
 * them, nothing drawn, nothing of the clock.
 *
 * - Each settled row counts with its accepted and its delivered quantity, W (or var) times MTUs. What was not
 *   measured was not shown to be delivered. Of a settlement that is corrected the correction counts, up to
 *   `CORRECTED_DAYS` after the delivery.
 * - Sums are halved at each turn of `HALVED_DAYS` days: what was long ago counts little.
 * - A beginner is judged by `PRIOR_WMTU` that it never sold: an aggregator as if it had delivered half of them, a PoD
 *   as if it had delivered as much as its aggregator does. So nobody is at 0 after one failure, or at 1000 after
 *   one delivery, and a new PoD of a good aggregator begins well.
 * - A session goes by the settlements that the log held when it opened, of deliveries up to `LAG_DAYS` before:
 *   those are settled by then, whatever was late, so that no race between a gate and a settlement decides who sells.
 */
import { addDays, daysSinceEpoch } from '../time/delivery-day';
import type { MarketSessionEvent } from '../market-session/events';
import { type Gathered, gatherPart, isLastPart } from '../market-session/parts';
import type { SettlementEvent, SettlementRow } from '../settlement/events';

/** The events that the book is made of. */
export const RELIABILITY_TYPES = [
  'SessionScheduled',
  'SessionOpened',
  'SessionCancelled',
  'ResultPublished',
  'SettlementComputed',
  'SettlementPublished',
] as const;

export type ReliabilityEvent = Extract<
  MarketSessionEvent | SettlementEvent,
  { readonly type: (typeof RELIABILITY_TYPES)[number] }
>;

/** Index of a provider of whom nothing is known, per mille. */
export const RELIABILITY_UNKNOWN = 500;

const PRIOR_WMTU = 4_000;
const HALVED_DAYS = 30;
const LAG_DAYS = 2;
const CORRECTED_DAYS = 8;

/** What was sold and what was delivered of it, W times MTUs. */
export interface DeliveredOfSold {
  readonly acceptedWMtu: number;
  readonly deliveredWMtu: number;
}

/** The indices as they stand for the sessions whose gates open on one day. */
export interface ReliabilityIndices {
  /** Of a PoD in an aggregator's hands, per mille; undefined where nothing is known of either. */
  indexOf(aggregatorId: string, podId: string): number | undefined;
  /** By aggregator: its own index, and what it rests on. */
  aggregators(): ReadonlyMap<string, DeliveredOfSold & { readonly perMille: number }>;
  /** By PoD: what its index rests on. */
  pods(): ReadonlyMap<string, DeliveredOfSold>;
}

export interface ReliabilityBook {
  /** Folds the next event of the log. */
  take(event: ReliabilityEvent): void;
  /** As a session goes by, from its opening to its result; undefined before and afterwards. */
  indicesOf(sessionId: string): ReliabilityIndices | undefined;
  /** As a session would go by whose gate opened at an instant. @param gateOpensAt ISO 8601 UTC */
  indicesAt(gateOpensAt: string): ReliabilityIndices;
}

interface Sold extends DeliveredOfSold {
  readonly aggregatorId: string;
  readonly podId: string;
}

interface SettledSession {
  readonly deliveryDay: string;
  readonly sold: readonly Sold[];
}

/** An empty book, to be given the log from its beginning. */
export function createReliabilityBook(): ReliabilityBook {
  const scheduled = new Map<
    string,
    { readonly deliveryDay: string; readonly gateOpensAt: string }
  >();
  const open = new Map<string, ReliabilityIndices>();
  const begun = new Map<string, Gathered<SettlementRow>>();
  const computed = new Map<string, readonly Sold[]>();
  /** Settled sessions that are not in the sums yet, and those in them that may still be corrected. */
  const waiting = new Map<string, SettledSession>();
  const counted = new Map<string, SettledSession>();
  const pods = createSums();
  const aggregators = createSums();
  /** The last day in the sums; it never goes back. */
  let until = '';

  const add = (settled: SettledSession, sign: 1 | -1): void =>
    addTo({ pods, aggregators }, settled, sign);

  function published(sessionId: string, correction: number): void {
    const key = `${sessionId}/${correction}`;
    const sold = computed.get(key);
    computed.delete(key);
    const deliveryDay = scheduled.get(sessionId)?.deliveryDay;
    if (!sold || deliveryDay === undefined) return;
    const settled = { deliveryDay, sold };
    if (deliveryDay > until) return void waiting.set(sessionId, settled);
    const before = counted.get(sessionId);
    if (before) add(before, -1);
    add(settled, 1);
    counted.set(sessionId, settled);
  }

  function countUntil(day: string): void {
    if (day <= until) return;
    until = day;
    for (const [sessionId, settled] of waiting) {
      if (settled.deliveryDay > day) continue;
      waiting.delete(sessionId);
      add(settled, 1);
      counted.set(sessionId, settled);
    }
    const corrected = addDays(day, -CORRECTED_DAYS);
    for (const [sessionId, { deliveryDay }] of counted) {
      if (deliveryDay >= corrected) continue;
      counted.delete(sessionId);
      scheduled.delete(sessionId);
    }
  }

  /** Nothing is counted by a question: sums are halved in the order of the log alone. */
  function indicesAt(gateOpensAt: string): ReliabilityIndices {
    const day = dayBefore(gateOpensAt);
    if (day <= until) return indicesOn(until, { pods, aggregators });
    const sums = { pods: createSums(pods), aggregators: createSums(aggregators) };
    for (const settled of waiting.values()) {
      if (settled.deliveryDay <= day) addTo(sums, settled, 1);
    }
    return indicesOn(day, sums);
  }

  return {
    take(event) {
      switch (event.type) {
        case 'SessionScheduled':
          return void scheduled.set(event.data.sessionId, event.data);
        case 'SessionOpened': {
          const { sessionId } = event.data;
          const { gateOpensAt } = scheduled.get(sessionId) ?? {};
          if (gateOpensAt === undefined) return;
          countUntil(dayBefore(gateOpensAt));
          return void open.set(sessionId, indicesOn(until, { pods, aggregators }));
        }
        case 'SessionCancelled':
          return void open.delete(event.data.sessionId);
        case 'ResultPublished':
          if (isLastPart(event.data.part)) open.delete(event.data.sessionId);
          return;
        case 'SettlementComputed': {
          const { sessionId, correction, part, rows } = event.data;
          const key = `${sessionId}/${correction}`;
          const parts = gatherPart(begun.get(key) ?? [], part, rows);
          if (!isLastPart(part)) return void begun.set(key, parts);
          begun.delete(key);
          computed.set(key, soldIn(parts.flat()));
          return;
        }
        case 'SettlementPublished':
          return published(event.data.sessionId, event.data.correction);
      }
    },
    indicesOf: (sessionId) => open.get(sessionId),
    indicesAt,
  };
}

/** The last day of deliveries that count for a session. */
const dayBefore = (gateOpensAt: string): string => addDays(gateOpensAt.slice(0, 10), -LAG_DAYS);

interface SumsOfAll {
  readonly pods: Sums;
  readonly aggregators: Sums;
}

function addTo(
  { pods, aggregators }: SumsOfAll,
  { deliveryDay, sold }: SettledSession,
  sign: 1 | -1,
): void {
  for (const { podId, aggregatorId, acceptedWMtu, deliveredWMtu } of sold) {
    pods.add(podId, deliveryDay, sign * acceptedWMtu, sign * deliveredWMtu);
    aggregators.add(aggregatorId, deliveryDay, sign * acceptedWMtu, sign * deliveredWMtu);
  }
}

function indicesOn(day: string, { pods, aggregators }: SumsOfAll): ReliabilityIndices {
  const ofPods = pods.until(day);
  const ofAggregators = new Map(
    [...aggregators.until(day)].map(([id, sum]) => [
      id,
      { ...sum, perMille: indexFrom(sum, RELIABILITY_UNKNOWN) },
    ]),
  );
  return {
    indexOf(aggregatorId, podId) {
      const aggregator = ofAggregators.get(aggregatorId);
      const pod = ofPods.get(podId);
      if (!aggregator && !pod) return undefined;
      const begin = aggregator?.perMille ?? RELIABILITY_UNKNOWN;
      return pod ? indexFrom(pod, begin) : begin;
    },
    aggregators: () => ofAggregators,
    pods: () => ofPods,
  };
}

function indexFrom({ acceptedWMtu, deliveredWMtu }: DeliveredOfSold, begin: number): number {
  return Math.floor((1_000 * deliveredWMtu + begin * PRIOR_WMTU) / (acceptedWMtu + PRIOR_WMTU));
}

/** The rows of a settlement, one a PoD and aggregator. */
function soldIn(rows: readonly SettlementRow[]): Sold[] {
  const sold = new Map<string, Sold>();
  const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
  for (const { podId, aggregatorId, acceptedW, deliveredW } of rows) {
    const key = `${aggregatorId}/${podId}`;
    const before = sold.get(key);
    sold.set(key, {
      podId,
      aggregatorId,
      acceptedWMtu: (before?.acceptedWMtu ?? 0) + sum(acceptedW),
      deliveredWMtu: (before?.deliveredWMtu ?? 0) + sum(deliveredW),
    });
  }
  return [...sold.values()];
}

type Sum = DeliveredOfSold & { readonly turn: number };

/** Sums that are halved as time goes on, by name. */
interface Sums {
  /** All of them, each as it was when something was added last. */
  entries(): Iterable<readonly [string, Sum]>;
  /** Of a day that is not after the last one asked for: what is added late is halved as if it had been in time. */
  add(name: string, day: string, acceptedWMtu: number, deliveredWMtu: number): void;
  /** As they are on a day; a copy, which does not change. */
  until(day: string): Map<string, DeliveredOfSold>;
}

/** @param from whose sums it begins with, and leaves as they are */
function createSums(from?: Sums): Sums {
  const sums = new Map<string, Sum>(from?.entries());
  const turnOf = (day: string): number => Math.floor(daysSinceEpoch(day) / HALVED_DAYS);
  const halved = (value: number, turns: number): number =>
    turns > 52 ? 0 : Math.floor(value / 2 ** turns);
  return {
    entries: () => sums,
    add(name, day, acceptedWMtu, deliveredWMtu) {
      const turn = turnOf(day);
      const sum = sums.get(name) ?? { turn, acceptedWMtu: 0, deliveredWMtu: 0 };
      const late = Math.max(0, sum.turn - turn);
      const turns = Math.max(0, turn - sum.turn);
      const added = (value: number): number => Math.sign(value) * halved(Math.abs(value), late);
      sums.set(name, {
        turn: Math.max(sum.turn, turn),
        acceptedWMtu: halved(sum.acceptedWMtu, turns) + added(acceptedWMtu),
        deliveredWMtu: halved(sum.deliveredWMtu, turns) + added(deliveredWMtu),
      });
    },
    until(day) {
      const turn = turnOf(day);
      const found = new Map<string, DeliveredOfSold>();
      for (const [name, sum] of sums) {
        const turns = Math.max(0, turn - sum.turn);
        const acceptedWMtu = halved(sum.acceptedWMtu, turns);
        if (acceptedWMtu <= 0) continue;
        const deliveredWMtu = Math.max(0, halved(sum.deliveredWMtu, turns));
        found.set(name, { acceptedWMtu, deliveredWMtu });
      }
      return found;
    },
  };
}
