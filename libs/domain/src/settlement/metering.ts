/**
 * What settlement has to know of meters (flow 8), and how it is gathered: as a port, because the
 * market and an aggregator that checks the market each ask their own records.
 */
import { historyDays } from '../baseline/like-days';
import type { OutcomeRow } from '../market-session/events';
import type { BaselineRules, RulePack } from '../rule-pack/rule-pack';
import { addDays, deliveryDay as civilDayPeriod } from '../time/delivery-day';

/** Baselines and measurements of PoDs. A PoD of which nothing is known is missing in an answer. */
export interface MeteringSource {
  /**
   * Baselines of a delivery day by PoD, W by MTU of the day, as they were declared last.
   *
   * @param untilMs what was declared later does not count; absent = everything does
   */
  baselinesOf(
    podIds: readonly string[],
    day: string,
    untilMs?: number,
  ): Promise<ReadonlyMap<string, readonly number[]>>;
  /** Of reactive power, var by MTU, as `baselinesOf`. A source without it knows of none declared. */
  baselinesVarOf?(
    podIds: readonly string[],
    day: string,
    untilMs?: number,
  ): Promise<ReadonlyMap<string, readonly number[]>>;
  /** Mean power by MTU from an instant on, null where nothing was measured. */
  measuredW(
    podIds: readonly string[],
    startMs: number,
    mtuCount: number,
  ): Promise<ReadonlyMap<string, readonly (number | null)[]>>;
  /** Mean reactive power, as `measuredW`. A source without it leaves sales of Q unmeasured. */
  measuredVar?(
    podIds: readonly string[],
    startMs: number,
    mtuCount: number,
  ): Promise<ReadonlyMap<string, readonly (number | null)[]>>;
  /** By MTU of a civil day, whether the PoD had sold flexibility for it in any session. */
  activatedOn(
    podIds: readonly string[],
    day: string,
  ): Promise<ReadonlyMap<string, readonly boolean[]>>;
}

/** A civil day that a baseline is computed from, by PoD. */
export interface HistoryDay {
  /** ISO date. */
  readonly day: string;
  /** W (var) by MTU of the day. */
  readonly measured: ReadonlyMap<string, readonly (number | null)[]>;
  /** Asked only where it counts, and not of the delivery day itself: its sessions say it. */
  readonly activated: ReadonlyMap<string, readonly boolean[]>;
}

/** What was metered of one product. */
export interface MeteredProduct {
  /**
   * Baselines of the delivery day, W (var) by MTU of the day, as they stood when the session's gate
   * closed: nobody declares one who knows already what was bought.
   */
  readonly baselines: ReadonlyMap<string, readonly number[]>;
  /** Mean W (var) by MTU of the session. */
  readonly measured: ReadonlyMap<string, readonly (number | null)[]>;
  /** The days of `historyDays`; none where the pack's baseline measures nothing. */
  readonly history: readonly HistoryDay[];
}

/** Everything metered that one settlement rests on; of active power, and of reactive where sold. */
export interface SettlementMetering extends MeteredProduct {
  readonly reactive?: MeteredProduct;
}

/** The session that is settled, as its meters are asked for it. */
export interface MeteredSession {
  readonly deliveryDay: string;
  readonly startMs: number;
  readonly mtuCount: number;
  readonly gateClosesMs: number;
  /** PoDs that sold reactive power in it; absent = none. */
  readonly reactivePodIds?: readonly string[];
}

/** PoDs of rows, in the order of their codes: all of them, and those that sold reactive power. */
export function podsSold(rows: readonly OutcomeRow[]): {
  readonly podIds: readonly string[];
  readonly reactivePodIds: readonly string[];
} {
  const podsOf = (some: readonly OutcomeRow[]): string[] =>
    [...new Set(some.map(({ podId }) => podId))].sort();
  return {
    podIds: podsOf(rows),
    reactivePodIds: podsOf(rows.filter((row) => row.product === 'Q')),
  };
}

/**
 * How the baseline of reactive power is found: as the pack says, else as that of active power. Where
 * that is nominated and none of reactive power is, what was measured before stands for it.
 */
export function reactiveBaseline(rules: BaselineRules, isNominated: boolean): BaselineRules {
  const otherwise = rules.method === 'nominated' && !isNominated ? 'meterBefore' : rules.method;
  return { ...rules, method: rules.reactiveMethod ?? otherwise };
}

const NOTHING_SOLD: HistoryDay['activated'] = new Map();

/** Asks a source for all that the settlement of a session rests on. */
export async function gatherMetering(
  source: MeteringSource,
  podIds: readonly string[],
  session: MeteredSession,
  rules: Pick<RulePack, 'timeZone' | 'baseline'>,
): Promise<SettlementMetering> {
  const { deliveryDay, startMs, mtuCount, gateClosesMs, reactivePodIds = [] } = session;
  const active: Asked = { podIds, measuredIn: (...asked) => source.measuredW(...asked) };
  const metering: SettlementMetering = {
    history: await historyOf(source, active, deliveryDay, rules),
    baselines: await source.baselinesOf(podIds, deliveryDay, gateClosesMs),
    measured: await source.measuredW(podIds, startMs, mtuCount),
  };
  if (reactivePodIds.length === 0 || !source.measuredVar) return metering;
  const reactive: Asked = {
    podIds: reactivePodIds,
    measuredIn: (...asked) => source.measuredVar!(...asked),
  };
  const nominated = await source.baselinesVarOf?.(reactivePodIds, deliveryDay, gateClosesMs);
  const isNominated = reactivePodIds.every((podId) => nominated?.has(podId));
  const reactiveRules = { ...rules, baseline: reactiveBaseline(rules.baseline, isNominated) };
  return {
    ...metering,
    reactive: {
      baselines: nominated ?? new Map(),
      history: await historyOf(source, reactive, deliveryDay, reactiveRules),
      measured: await source.measuredVar(reactivePodIds, startMs, mtuCount),
    },
  };
}

interface Asked {
  readonly podIds: readonly string[];
  readonly measuredIn: MeteringSource['measuredW'];
}

async function historyOf(
  source: MeteringSource,
  { podIds, measuredIn }: Asked,
  deliveryDay: string,
  { timeZone, baseline }: Pick<RulePack, 'timeZone' | 'baseline'>,
): Promise<HistoryDay[]> {
  const dayBefore = addDays(deliveryDay, -1);
  const history: HistoryDay[] = [];
  for (const day of historyDays(deliveryDay, baseline)) {
    const period = civilDayPeriod(day, timeZone);
    const measured = await measuredIn(podIds, period.startMs, period.mtuCount);
    const asksSales = day === dayBefore || (baseline.excludeActivationDays && day !== deliveryDay);
    const activated = asksSales ? await source.activatedOn(podIds, day) : NOTHING_SOLD;
    history.push({ day, measured, activated });
  }
  return history;
}
