/** A rework of typical days: which days it is made from, and the events that tell of it. */
import {
  type DayKind,
  type LoadProfilesEvent,
  type ProfileSources,
  DomainError,
  addDays,
  dayKind,
} from '@flexledger/domain';
import { documentDigest } from '@flexledger/identity';
import type { ForecastBasis, LoadHistory } from '../forecast/customer-forecast';
import {
  BEFORE_MONTH_DAYS,
  type LoadMetering,
  type MeteredCustomer,
  addMeasured,
} from '../forecast/load-history';

export const DAY_KINDS: readonly DayKind[] = ['working', 'saturday', 'sunday'];

/** What measures a rework and whose it is; `LoadProfilesReworked` and the events that follow it. */
export interface ReworkOptions {
  readonly gridId: string;
  readonly basis: ForecastBasis;
  readonly metering: LoadMetering;
  readonly customers: readonly Pick<MeteredCustomer, 'podId' | 'pvPeakW'>[];
  /** The civil day on which it is made. */
  readonly today: string;
  readonly trigger: Reworked['trigger'];
  readonly reason: string | null;
}

export type Reworked = Extract<LoadProfilesEvent, { type: 'LoadProfilesReworked' }>['data'];
export type ProfilesPart = Extract<LoadProfilesEvent, { type: 'LoadProfilesContinued' }>['data'];

/** What meters said of the day before may still be on its way. */
const LAST_DAY_BACK = 2;
/** Of one event, which stays far below the megabyte of an append. */
const PODS_PER_EVENT = 200;

/** More would need more memory than a process has: a rework is one digest over all typical days, some 11 kB a customer. */
export const CUSTOMERS_AT_MOST = 100_000;

/**
 * The events of a rework; none where nothing was measured of the days that it would be made from.
 *
 * @throws DomainError `profiles-too-many`
 */
export async function reworkedProfiles(options: ReworkOptions): Promise<LoadProfilesEvent[]> {
  const { gridId, basis, metering, customers, trigger, reason } = options;
  if (customers.length > CUSTOMERS_AT_MOST) {
    throw new DomainError(
      'profiles-too-many',
      `Grid ${gridId} has ${customers.length} customers; profiles are reworked of at most ${CUSTOMERS_AT_MOST}. ` +
        'Its forecasts are made from what meters say, as without profiles.',
    );
  }
  const madeFrom = await sourcesOf(options);
  if (!madeFrom) return [];
  const parts: Omit<ProfilesPart, 'reworkId'>[] = [];
  const pods = new Set<string>();
  for (const kind of DAY_KINDS) {
    const histories = new Map<string, LoadHistory>();
    await addMeasured(histories, madeFrom.days[kind], customers, basis, metering);
    const rows = [...histories].sort(([one], [other]) => (one < other ? -1 : 1));
    for (const [podId] of rows) pods.add(podId);
    for (let from = 0; from < rows.length; from += PODS_PER_EVENT) {
      const some = rows.slice(from, from + PODS_PER_EVENT);
      parts.push({
        gridId,
        dayKind: kind,
        podIds: some.map(([podId]) => podId),
        sumW: some.map(([, { sumW }]) => Array.from(sumW, Math.round)),
        days: some.map(([, { days }]) => [...days]),
      });
    }
  }
  if (parts.length === 0) return [];
  const reworkId = documentDigest({ gridId, madeFrom, parts });
  const head = { reworkId, gridId, trigger, reason, madeFrom };
  return [
    {
      type: 'LoadProfilesReworked',
      data: { ...head, pods: pods.size, continued: parts.length },
    },
    ...parts.map((part): LoadProfilesEvent => ({
      type: 'LoadProfilesContinued',
      data: { reworkId, ...part },
    })),
  ];
}

async function sourcesOf({
  today,
  basis,
  metering,
}: ReworkOptions): Promise<ProfileSources | undefined> {
  const { place, timeZone, holidays = [] } = basis;
  const measuredFrom = await metering.firstDay();
  const lastDay = addDays(today, -LAST_DAY_BACK);
  if (measuredFrom === undefined || measuredFrom > lastDay) return undefined;
  const monthBegan = `${today.slice(0, 'yyyy-mm'.length)}-01`;
  const windowBegan = addDays(monthBegan, -BEFORE_MONTH_DAYS);
  const firstDay = measuredFrom > windowBegan ? measuredFrom : windowBegan;
  const days: Record<DayKind, string[]> = { working: [], saturday: [], sunday: [] };
  for (let day = firstDay; day <= lastDay; day = addDays(day, 1)) {
    days[dayKind(day, { holidays })].push(day);
  }
  return {
    firstDay,
    lastDay,
    days,
    timeZone,
    holidays,
    latitudeMicroDegree: Math.round(place.latitudeDegree * 1e6),
    longitudeMicroDegree: Math.round(place.longitudeDegree * 1e6),
  };
}
