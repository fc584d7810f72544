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
import { MTU_MINUTES, deliveryDay as civilDayPeriod } from '../time/delivery-day';
import type { SettlementRow } from './events';
import type { SettlementMetering } from './metering';
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
  /** The baselines that were used, by PoD. */
  readonly baselines: ReadonlyMap<string, Baseline>;
}

const MTU_MS = MTU_MINUTES * 60_000;

/**
 * Settles one of the sessions of a delivery day.
 *
 * @param salesOfDay all sessions of the day that sold, in the order in which they sell
 * @throws RangeError when a PoD has no baseline, or the session is not among those of the day
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
    const { method, note } = baselines.get(row.podId)!;
    return {
      ...row,
      baselineMethod: method,
      ...(note === undefined ? {} : { baselineNote: note }),
    };
  });
  return { rows: settled, baselines };
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

/** @param activatedToday by PoD, the MTUs of the delivery day for which any session sold */
function baselinesOf(
  deliveryDay: string,
  rows: readonly OutcomeRow[],
  activatedToday: ReadonlyMap<string, readonly boolean[]>,
  { baselines: nominated, history }: SettlementMetering,
  rules: RulePack,
): Map<string, Baseline> {
  const calendar = createDayCalendar(rules);
  const baselines = new Map<string, Baseline>();
  for (const { podId, product } of rows) {
    if (product !== 'P') throw noBaseline(podId, product);
    if (baselines.has(podId)) continue;
    const days = new Map<string, PodDay>();
    for (const { day: known, measured, activated } of history) {
      const sold = known === deliveryDay ? activatedToday.get(podId) : activated.get(podId);
      const measuredW = measured.get(podId) ?? [];
      days.set(known, { measuredW, ...(sold ? { activated: sold } : {}) });
    }
    const podHistory = { podId, nominatedW: nominated.get(podId), days };
    baselines.set(podId, baselineFor(deliveryDay, rules.baseline, calendar, podHistory));
  }
  return baselines;
}

function meteredPeriod(
  mtuCount: number,
  shift: number,
  baselines: ReadonlyMap<string, Baseline>,
  { measured }: SettlementMetering,
): MeteredPeriod {
  const unmeasured = new Array<null>(mtuCount).fill(null);
  return {
    mtuCount,
    baselineOf: (podId) => baselines.get(podId)!.baselineW.slice(shift, shift + mtuCount),
    measuredOf: (podId) => measured.get(podId) ?? unmeasured,
  };
}

function noBaseline(podId: string, product: string): RangeError {
  return new RangeError(
    `PoD ${podId} has no baseline for product ${product}; declare one before settlement`,
  );
}
