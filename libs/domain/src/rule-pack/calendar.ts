import {
  type DeliveryPeriod,
  deliveryDay,
  deliveryWindow,
  instantInName,
  localTimeMs,
} from '../time/delivery-day';
import { type Product, PRODUCTS } from '../units/units';
import type { RulePack } from './rule-pack';

export type SessionKind = 'dayAhead' | 'realTime';

/** One session of the calendar: when its gate opens and closes, and what it delivers. */
export interface CalendarEntry {
  /** `dayAhead-2026-03-16T23:00Z`; its stream is `session-` and this. */
  readonly sessionId: string;
  readonly kind: SessionKind;
  /** The civil day of delivery, ISO date. */
  readonly deliveryDay: string;
  readonly period: DeliveryPeriod;
  readonly gateOpensMs: number;
  readonly gateClosesMs: number;
  readonly resultDueMs: number;
  readonly setpointsMs: number;
  /** What it trades. */
  readonly products: readonly Product[];
  /** A system operator has to have qualified what is offered. */
  readonly qualification?: 'required';
  /** Least active power of an offer, W. */
  readonly leastQuantityW?: number;
}

const MINUTE_MS = 60_000;

/**
 * The sessions that deliver on a civil day: the day-ahead session, then the real-time sessions in
 * the order of their windows. Gates of real-time sessions are elapsed time before the window, so a
 * gate always lasts as long as the rules say, on clock-change days too.
 */
export function sessionsDelivering(
  day: string,
  rules: Pick<RulePack, 'timeZone' | 'calendar' | 'products' | 'qualification' | 'leastQuantityW'>,
): CalendarEntry[] {
  const { timeZone, calendar, products = PRODUCTS, qualification, leastQuantityW } = rules;
  const terms = {
    products,
    ...(qualification && { qualification }),
    ...(leastQuantityW !== undefined && { leastQuantityW }),
  };
  const before = (period: DeliveryPeriod, minutes: number): number =>
    period.startMs - minutes * MINUTE_MS;
  const dayPeriod = deliveryDay(day, timeZone);
  const { dayAhead, realTime } = calendar;
  const at = ({ dayOffset, time }: { dayOffset: number; time: string }): number =>
    localTimeMs(day, dayOffset, time, timeZone);
  const sessions: CalendarEntry[] = [
    {
      sessionId: `dayAhead-${instantInName(dayPeriod.startMs)}`,
      kind: 'dayAhead',
      deliveryDay: day,
      period: dayPeriod,
      gateOpensMs: at(dayAhead.gateOpens),
      gateClosesMs: at(dayAhead.gateCloses),
      resultDueMs: at(dayAhead.resultDue),
      setpointsMs: before(dayPeriod, calendar.setpointsBeforeMinutes),
      ...terms,
    },
  ];
  for (let k = 0; k * realTime.windowHours < 24; k += 1) {
    const period = deliveryWindow(day, k, realTime.windowHours, timeZone);
    // An hour that the clock leaps over has no window.
    if (period.mtuCount === 0) continue;
    sessions.push({
      sessionId: `realTime-${instantInName(period.startMs)}`,
      kind: 'realTime',
      deliveryDay: day,
      period,
      gateOpensMs: before(period, realTime.gateOpensBeforeMinutes),
      gateClosesMs: before(period, realTime.gateClosesBeforeMinutes),
      resultDueMs: before(period, realTime.resultDueBeforeMinutes),
      setpointsMs: before(period, calendar.setpointsBeforeMinutes),
      ...terms,
    });
  }
  return sessions;
}
