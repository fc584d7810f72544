/** The forecast of one market session: a day ahead, or four hours ahead with what the last hour told. */
import {
  type DeliveryPeriod,
  type Schedule,
  civilDay,
  deliveryDay as civilDayPeriod,
  mtuHolding,
  mtuIndex,
  periodEndMs,
  MTU_MS,
} from '@flexledger/domain';
import type { Clock } from '@flexledger/runtime';
import type { GridForecast, OperatedGrid } from '@flexledger/grid-operations';
import {
  type ForecastBasis,
  type ForecastShapes,
  type LoadHistory,
  customerForecastW,
  forecastShapes,
} from './customer-forecast';
import { type ConnectedCustomer, backgroundW, forecastGrid } from './grid-forecast';
import { type LastHour, correctionFor } from './last-hour';
import { type LoadMetering, type StandingProfiles, loadHistories } from './load-history';

/** The session to forecast for. */
export type ForecastedSession = Pick<
  Schedule,
  'kind' | 'deliveryDay' | 'deliveryStart' | 'mtuCount'
>;

export type ForecastedCustomer = ConnectedCustomer & { readonly podId: string };

/** A grid's forecast, and those of the customers in it, W by MTU in their order. */
export interface SessionPowers {
  readonly forecast: GridForecast;
  readonly podIds: readonly string[];
  readonly customersW: readonly (readonly number[])[];
}

export interface ForecasterOptions {
  readonly basis: ForecastBasis;
  readonly metering: LoadMetering;
  /** The typical days that were reworked last; undefined where none were, or long ago. */
  readonly profiles: () => Promise<StandingProfiles | undefined>;
  readonly clock: Clock;
}

export interface Forecaster {
  forecast(
    grid: OperatedGrid,
    session: ForecastedSession,
    customers: readonly ForecastedCustomer[],
  ): Promise<SessionPowers>;
}

/** Quarter-hours over which measurements correct a forecast for the next hours. */
const CORRECTION_MTUS = 4;
/** Delivery days whose histories are kept: today's and tomorrow's. */
const DAYS_KEPT = 2;

export function createForecaster(options: ForecasterOptions): Forecaster {
  const { basis, metering, clock } = options;
  const histories = new Map<string, ReadonlyMap<string, LoadHistory>>();

  /** The customers, each with what was measured on days like this one. */
  async function withHistory(
    day: string,
    customers: readonly ForecastedCustomer[],
  ): Promise<ForecastedCustomer[]> {
    const standing = await options.profiles();
    const name = `${day} ${standing?.reworkId ?? ''}`;
    let known = histories.get(name);
    if (!known) {
      known = await loadHistories(day, customers, basis, metering, standing);
      // A rework takes the place of what was known of the day before it.
      for (const other of histories.keys()) if (other.startsWith(day)) histories.delete(other);
      histories.set(name, known);
      if (histories.size > DAYS_KEPT) histories.delete([...histories.keys()].sort()[0]!);
    }
    return customers.map((customer) => {
      const history = known.get(customer.podId);
      return history ? { ...customer, history } : customer;
    });
  }

  /** The weather of the period is part of its shapes. */
  const shapesOf = async (day: string, period: DeliveryPeriod): Promise<ForecastShapes> =>
    forecastShapes(day, period, basis, await metering.weather(period.startMs, periodEndMs(period)));

  async function lastHour(customers: readonly ForecastedCustomer[]): Promise<LastHour> {
    const startMs = mtuHolding(clock.nowMs()) - CORRECTION_MTUS * MTU_MS;
    const day = civilDay(startMs, basis.timeZone);
    const podIds = customers.map(({ podId }) => podId);
    const activated = await metering.activatedOn(podIds, day);
    const firstMtu = mtuIndex(civilDayPeriod(day, basis.timeZone), startMs);
    return {
      startMs,
      shapes: await shapesOf(day, { startMs, mtuCount: CORRECTION_MTUS }),
      customers: await withHistory(day, customers),
      measuredW: await metering.measuredW(podIds, startMs, CORRECTION_MTUS),
      isActivated: (podId, mtu) => activated.get(podId)?.[firstMtu + mtu] ?? false,
    };
  }

  return {
    async forecast(grid, session, customers) {
      const { deliveryDay, deliveryStart, mtuCount } = session;
      const period = { startMs: Date.parse(deliveryStart), mtuCount };
      const shapes = await shapesOf(deliveryDay, period);
      const wholeDay = civilDayPeriod(deliveryDay, basis.timeZone);
      const peak = Math.max(...backgroundW(forecastShapes(deliveryDay, wholeDay, basis)));
      const known = await withHistory(deliveryDay, customers);
      const correction =
        session.kind === 'dayAhead' ? undefined : correctionFor(period, await lastHour(customers));
      return {
        forecast: forecastGrid(grid, known, shapes, peak, correction),
        podIds: known.map(({ podId }) => podId),
        customersW: known.map((customer) => customerForecastW(customer, shapes, correction)),
      };
    },
  };
}
