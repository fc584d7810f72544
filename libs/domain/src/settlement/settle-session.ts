/**
 * The settlement of one session, pure: what the sessions of its delivery day sold, the baseline by
 * the pack's method, the meters (DESIGN 11). The market, an aggregator that checks it, an audit and a
 * replay compute the same from the same.
 */
import { type Baseline, baselineFor } from '../baseline/baseline';
import { createDayCalendar } from '../baseline/like-days';
import type { PodDay } from '../baseline/mean-of-days';
import type { OutcomeRow } from '../market-session/events';
import type { RulePack } from '../rule-pack/rule-pack';
import { MTU_MS, deliveryDay as civilDayPeriod } from '../time/delivery-day';
import type { SettlementRow } from './events';
import { type HistoryDay, type SettlementMetering, reactiveBaseline } from './metering';
import { type MeteredPeriod, type SoldRow, rowInPeriod, settle } from './settle';

/** What one session of a delivery day sold. */
export interface SessionSales {
  readonly sessionId: string;
  readonly startMs: number;
  readonly mtuCount: number;
  readonly rows: readonly OutcomeRow[];
}

export interface SettledSession {
  readonly rows: SettlementRow[];
  /** The baselines that were used, by PoD, and by `podId/Q` those of reactive power. */
  readonly baselines: ReadonlyMap<string, Baseline>;
}

/**
 * Settles one of the sessions of a delivery day.
 *
 * @param salesOfDay all sessions of the day that sold, in the order in which they sell
 * @throws RangeError when the session is not among those of the day
 */
export function settleSession(
  sessionId: string,
  deliveryDay: string,
  salesOfDay: readonly SessionSales[],
  metering: SettlementMetering,
  rules: RulePack,
): SettledSession {
  const place = salesOfDay.findIndex((sales) => sales.sessionId === sessionId);
  const session = salesOfDay[place];
  if (!session) throw new RangeError(`session ${sessionId} is none of those of ${deliveryDay}`);
  const { rows, startMs, mtuCount } = session;
  const day = civilDayPeriod(deliveryDay, rules.timeZone);
  const shift = (startMs - day.startMs) / MTU_MS;
  const activated = activatedMtus(rowsOfDay(salesOfDay, day), day.mtuCount);
  const baselines = baselinesOf(deliveryDay, rows, activated, metering, rules);
  const period = meteredPeriod(mtuCount, shift, baselines, metering);
  const during = ({ rows: sold, startMs: from }: SessionSales): SoldRow[] =>
    sold.flatMap((row) => rowInPeriod(row, (startMs - from) / MTU_MS, mtuCount) ?? []);
  const others = {
    earlier: salesOfDay.slice(0, place).flatMap(during),
    later: salesOfDay.slice(place + 1).flatMap(during),
  };
  const sold = rows.map((row) => ({ row, offset: row.firstMtu }));
  const settled = settle(sold, others, period, rules.settlement).map((row): SettlementRow => {
    const { method, note } = baselines.get(baselineKey(row))!;
    return {
      ...row,
      baselineMethod: method,
      ...(note === undefined ? {} : { baselineNote: note }),
    };
  });
  return { rows: settled, baselines };
}

/** True where something of a row can not be settled yet: an MTU unmeasured, or no baseline. */
export function isUnsettled({ measuredW, baselineW }: SettlementRow): boolean {
  return measuredW.includes(null) || baselineW.includes(null);
}

/** True where a row of an MTU sold something: a PoD is then not left to itself. */
export function activatedMtus(
  rows: readonly OutcomeRow[],
  mtuCount: number,
): Map<string, boolean[]> {
  const activated = new Map<string, boolean[]>();
  for (const { podId, firstMtu, acceptedW } of rows) {
    let mtus = activated.get(podId);
    if (!mtus) activated.set(podId, (mtus = new Array<boolean>(mtuCount).fill(false)));
    acceptedW.forEach((watts, index) => {
      const mtu = firstMtu + index;
      if (watts > 0 && mtu >= 0 && mtu < mtuCount) mtus[mtu] = true;
    });
  }
  return activated;
}

/** Rows of a day's sessions as they fall into the day, `firstMtu` counted from its midnight. */
export function rowsOfDay(
  salesOfDay: readonly SessionSales[],
  day: { readonly startMs: number; readonly mtuCount: number },
): OutcomeRow[] {
  return salesOfDay.flatMap(({ rows, startMs }) =>
    rows.flatMap((row) => {
      const part = rowInPeriod(row, (day.startMs - startMs) / MTU_MS, day.mtuCount);
      return part ? [{ ...part.row, firstMtu: part.offset }] : [];
    }),
  );
}

/** Under which a row's baseline is kept. */
function baselineKey({ podId, product }: Pick<OutcomeRow, 'podId' | 'product'>): string {
  return product === 'P' ? podId : `${podId}/${product}`;
}

/** @param activatedToday by PoD, the MTUs of the delivery day for which any session sold */
function baselinesOf(
  deliveryDay: string,
  rows: readonly OutcomeRow[],
  activatedToday: ReadonlyMap<string, readonly boolean[]>,
  metering: SettlementMetering,
  rules: RulePack,
): Map<string, Baseline> {
  const calendar = createDayCalendar(rules);
  const zeros = calendar.quarterHoursOf(deliveryDay).map(() => 0);
  const baselines = new Map<string, Baseline>();
  for (const row of rows) {
    const { podId, product } = row;
    const key = baselineKey(row);
    if (baselines.has(key)) continue;
    const isActive = product === 'P';
    const { history = [], baselines: declared } = (isActive ? metering : metering.reactive) ?? {};
    const days = podDays(podId, history);
    const measuredW = days.get(deliveryDay)?.measuredW ?? [];
    days.set(deliveryDay, { measuredW, activated: activatedToday.get(podId) ?? [] });
    const nominatedW = declared?.get(podId);
    if (isActive || nominatedW) {
      const method = isActive ? rules.baseline : reactiveBaseline(rules.baseline, true);
      baselines.set(key, baselineFor(deliveryDay, method, calendar, { podId, nominatedW, days }));
      continue;
    }
    const method = reactiveBaseline(rules.baseline, false);
    const found = baselineFor(deliveryDay, method, calendar, { podId, nominatedW: zeros, days });
    baselines.set(key, orZero(found));
  }
  return baselines;
}

function podDays(podId: string, history: readonly HistoryDay[]): Map<string, PodDay> {
  return new Map(
    history.map(({ day, measured, activated }) => {
      const sold = activated.get(podId);
      const measuredW = measured.get(podId) ?? [];
      return [day, { measuredW, ...(sold ? { activated: sold } : {}) }];
    }),
  );
}

/** Where a reactive baseline cannot be found there is none nominated in its place: it is zero. */
function orZero(baseline: Baseline): Baseline {
  return baseline.method === 'nominated' ? { ...baseline, method: 'zero' } : baseline;
}

function meteredPeriod(
  mtuCount: number,
  shift: number,
  baselines: ReadonlyMap<string, Baseline>,
  metering: SettlementMetering,
): MeteredPeriod {
  const unmeasured = new Array<null>(mtuCount).fill(null);
  return {
    mtuCount,
    baselineOf: (podId, product) =>
      baselines.get(baselineKey({ podId, product }))!.baselineW?.slice(shift, shift + mtuCount) ??
      null,
    measuredOf: (podId, product) =>
      (product === 'P' ? metering : metering.reactive)?.measured.get(podId) ?? unmeasured,
  };
}
