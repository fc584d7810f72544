/**
 * Three typical days a month for every customer (working day, Saturday, Sunday or holiday), from what
 * its meter said: the like days of that month so far, and of the four weeks before it.
 */
import {
  type DayKind,
  addDays,
  dayKind,
  deliveryDay as civilDayPeriod,
  localQuarterHour,
  mtuStartMs,
  periodEndMs,
} from '@flexledger/domain';
import type { Weather } from '@flexledger/grid';
import {
  type ForecastBasis,
  type ForecastCustomer,
  type LoadHistory,
  pvShape,
} from './customer-forecast';

/** The meters of the market's customers, from the shared customer database (flow 1a), and the weather. */
export interface LoadMetering {
  /** The first day, ISO date, of which anything was measured; undefined before. */
  firstDay(): Promise<string | undefined>;
  /** Mean power by MTU from an instant on, withdrawal positive, null where nothing was measured. */
  measuredW(
    podIds: readonly string[],
    startMs: number,
    mtuCount: number,
  ): Promise<ReadonlyMap<string, readonly (number | null)[]>>;
  /** Hours of weather that touch a time; empty where none is reported. */
  weather(fromMs: number, untilMs: number): Promise<Weather>;
  /** By MTU of a civil day, whether the PoD had sold flexibility; PoDs that sold none are absent. */
  activatedOn(
    podIds: readonly string[],
    day: string,
  ): Promise<ReadonlyMap<string, readonly boolean[]>>;
}

export type MeteredCustomer = ForecastCustomer & { readonly podId: string };

const QUARTER_HOURS = 96;
/** Days of so many days before the month count too: the first of a month knows four weeks. */
export const BEFORE_MONTH_DAYS = 28;
/** The day before the delivery day is not over when its forecast is made. */
const LAST_DAY_BACK = 2;

/**
 * Days that tell what a delivery day will be like, earliest first: those of its kind from four weeks
 * before its month until two days before it.
 */
export function likeDaysOfMonth(
  day: string,
  { holidays = [] }: Pick<ForecastBasis, 'holidays'>,
): string[] {
  const kind = dayKind(day, { holidays });
  const last = addDays(day, -LAST_DAY_BACK);
  const days: string[] = [];
  let next = addDays(`${day.slice(0, 'yyyy-mm'.length)}-01`, -BEFORE_MONTH_DAYS);
  for (; next <= last; next = addDays(next, 1)) {
    if (dayKind(next, { holidays }) === kind) days.push(next);
  }
  return days;
}

/** Typical days that were worked out before (`LoadProfilesReworked`), of what was measured until a day. */
export interface StandingProfiles {
  readonly reworkId: string;
  /** The last civil day that counts in them. */
  readonly lastDay: string;
  /** Whether the PoD is in them at all: then nothing is measured anew of the days until the last. */
  holds(podId: string): boolean;
  /** undefined where nothing was measured of it on days of that kind. */
  historyOf(podId: string, kind: DayKind): LoadHistory | undefined;
}

/**
 * What was measured of customers' loads on the like days of a delivery day. Customers of whom nothing was
 * measured are absent.
 *
 * @param standing what stands for the days until its last; absent = all like days are asked for
 */
export async function loadHistories(
  day: string,
  customers: readonly MeteredCustomer[],
  basis: ForecastBasis,
  metering: LoadMetering,
  standing?: StandingProfiles,
): Promise<ReadonlyMap<string, LoadHistory>> {
  const histories = new Map<string, LoadHistory>();
  const likeDays = likeDaysOfMonth(day, basis);
  const known = customers.filter(({ podId }) => standing?.holds(podId));
  const unknown = customers.filter(({ podId }) => !standing?.holds(podId));
  const kind = dayKind(day, { holidays: basis.holidays ?? [] });
  for (const { podId } of known) {
    const history = standing!.historyOf(podId, kind);
    if (!history) continue;
    histories.set(podId, { sumW: history.sumW.slice(), days: history.days.slice() });
  }
  const since = likeDays.filter((one) => standing && one > standing.lastDay);
  await addMeasured(histories, since, known, basis, metering);
  await addMeasured(histories, likeDays, unknown, basis, metering);
  return histories;
}

/**
 * Adds what was measured of loads on some days; the PV that the day's sun must have given is added back, and what a
 * customer did for the market is left out.
 */
export async function addMeasured(
  histories: Map<string, LoadHistory>,
  days: readonly string[],
  customers: readonly Pick<MeteredCustomer, 'podId' | 'pvPeakW'>[],
  basis: Pick<ForecastBasis, 'place' | 'timeZone'>,
  metering: LoadMetering,
): Promise<void> {
  if (customers.length === 0) return;
  const first = await metering.firstDay();
  if (first === undefined) return;
  const podIds = customers.map(({ podId }) => podId);
  for (const like of days.filter((one) => one >= first)) {
    const period = civilDayPeriod(like, basis.timeZone);
    const measured = await metering.measuredW(podIds, period.startMs, period.mtuCount);
    const activated = await metering.activatedOn(podIds, like);
    const weather = await metering.weather(period.startMs, periodEndMs(period));
    const pv = pvShape(period, basis, weather);
    const quarterHours = Array.from({ length: period.mtuCount }, (_, mtu) =>
      period.mtuCount === QUARTER_HOURS
        ? mtu
        : localQuarterHour(mtuStartMs(period, mtu), basis.timeZone),
    );
    for (const { podId, pvPeakW } of customers) {
      measured.get(podId)?.forEach((watts, mtu) => {
        if (watts === null || activated.get(podId)?.[mtu]) return;
        const history = historyOf(histories, podId);
        history.sumW[quarterHours[mtu]!]! += watts + pv[mtu]! * pvPeakW;
        history.days[quarterHours[mtu]!]! += 1;
      });
    }
  }
}

function historyOf(histories: Map<string, LoadHistory>, podId: string): LoadHistory {
  let history = histories.get(podId);
  if (!history) {
    history = {
      sumW: new Float64Array(QUARTER_HOURS),
      days: new Uint16Array(QUARTER_HOURS),
    };
    histories.set(podId, history);
  }
  return history;
}
