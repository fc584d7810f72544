/** The values that formulas are made of, of an aggregator's PoDs on a delivery day, through its own ports. */
import {
  type DeliveryPeriod,
  type Direction,
  MTU_MS,
  curveOver,
  limitAt,
  quarterHoursOf,
} from '@flexledger/domain';
import type { RegisteredPod } from '@flexledger/ports';
import { type DocumentStore, getSettlement } from '@flexledger/projections';
import type { Aggregator } from '../aggregator';
import type { Series } from './evaluate';
import type { Variable } from './variables';

/** Which values, of whom and when. */
export interface AskedSeries {
  readonly own: Pick<Aggregator, 'aggregatorId' | 'ports'>;
  readonly documents: DocumentStore;
  readonly timeZone: string;
  /** ISO date. */
  readonly day: string;
  readonly period: DeliveryPeriod;
  /** Registered PoDs of the aggregator. */
  readonly pods: readonly RegisteredPod[];
}

/** By PoD; one that has no value in any quarter-hour may be absent. */
export type SeriesByPod = ReadonlyMap<string, Series>;

const W_PER_KW = 1_000;
/** Wh of a quarter-hour in a kW. */
const WH_PER_KW_MTU = 250;
const MICRO_EUR_PER_EUR = 1_000_000;

/** The values of a variable by PoD, in kW or EUR by quarter-hour of the day. @throws what the ports throw */
export function podSeries(variable: Variable, asked: AskedSeries): Promise<SeriesByPod> {
  switch (variable) {
    case 'baseline':
      return baselines(asked);
    case 'measured':
      return measurements(asked);
    case 'flexibilityUp':
      return Promise.resolve(flexibility(asked, 'up'));
    case 'flexibilityDown':
      return Promise.resolve(flexibility(asked, 'down'));
    case 'soldUp':
      return sold(asked, 'up');
    case 'soldDown':
      return sold(asked, 'down');
    case 'settled':
      return settled(asked);
  }
}

async function baselines({ own, day, pods }: AskedSeries): Promise<SeriesByPod> {
  const podIds = pods.map(({ podId }) => podId);
  const declared = await own.ports.register.baselines(podIds, day);
  return new Map(
    declared.flatMap(({ podId, declared: all }) => {
      const last = all.at(-1);
      return last ? [[podId, last.baselineW.map((watts) => watts / W_PER_KW)] as const] : [];
    }),
  );
}

async function measurements({ own, period, pods }: AskedSeries): Promise<SeriesByPod> {
  const { startMs, mtuCount } = period;
  const untilMs = startMs + mtuCount * MTU_MS;
  const podIds = pods.map(({ podId }) => podId);
  const measured = await own.ports.measurements.quarterHours(podIds, startMs, untilMs);
  return new Map(
    podIds.map((podId, index) => {
      const values = new Array<number | null>(mtuCount).fill(null);
      for (const { mtuStartMs, withdrawnWh, injectedWh } of measured[index]!) {
        values[(mtuStartMs - startMs) / MTU_MS] = (withdrawnWh - injectedWh) / WH_PER_KW_MTU;
      }
      return [podId, values] as const;
    }),
  );
}

function flexibility(
  { day, period, pods, timeZone }: AskedSeries,
  direction: Direction,
): SeriesByPod {
  const quarterHours = quarterHoursOf(period, timeZone);
  return new Map(
    pods.flatMap(({ podId, flexibility: declared, unavailableDays }) => {
      if (!declared) return [];
      const isOff = unavailableDays.includes(day);
      const limit = curveOver(direction === 'up' ? declared.upW : declared.downW, quarterHours);
      const values = quarterHours.map((_, mtu) => (isOff ? 0 : limitAt(limit, mtu) / W_PER_KW));
      return [[podId, values] as const];
    }),
  );
}

async function sold(asked: AskedSeries, direction: Direction): Promise<SeriesByPod> {
  const { own, day, period } = asked;
  const values = filled(asked, 0);
  const sessions = await own.ports.results.resultsOf(own.aggregatorId, day);
  for (const { startMs, rows } of sessions) {
    const begin = (startMs - period.startMs) / MTU_MS;
    for (const { podId, product, direction: way, firstMtu, acceptedW } of rows) {
      const of = product === 'P' && way === direction ? values.get(podId) : undefined;
      if (!of) continue;
      for (const [index, watts] of acceptedW.entries())
        of[begin + firstMtu + index]! += watts / W_PER_KW;
    }
  }
  return values;
}

async function settled(asked: AskedSeries): Promise<SeriesByPod> {
  const { own, day, period, documents } = asked;
  const values = filled<number | null>(asked, null);
  for (const { sessionId, startMs, mtuCount } of await own.ports.results.resultsOf(
    own.aggregatorId,
    day,
  )) {
    const correction = (await getSettlement(documents, sessionId))?.correction ?? null;
    if (correction === null) continue;
    const published = await own.ports.results.settledRows(own.aggregatorId, sessionId, correction);
    if (!published) continue;
    const begin = (startMs - period.startMs) / MTU_MS;
    const known = (of: (number | null)[], mtu: number, microEur: number): void => {
      of[mtu] = (of[mtu] ?? 0) + microEur / MICRO_EUR_PER_EUR;
    };
    // Of what sold nothing in a settled session nothing is paid, which is known.
    for (const of of values.values()) {
      for (let mtu = begin; mtu < begin + mtuCount; mtu += 1) known(of, mtu, 0);
    }
    for (const { podId, firstMtu, paidMicroEur, penaltyMicroEur } of published.rows) {
      const of = values.get(podId);
      if (!of) continue;
      for (const [index, paid] of paidMicroEur.entries()) {
        known(of, begin + firstMtu + index, paid - penaltyMicroEur[index]!);
      }
    }
  }
  return values;
}

function filled<Value>({ pods, period }: AskedSeries, value: Value): Map<string, Value[]> {
  return new Map(
    pods.map(({ podId }) => [podId, new Array<Value>(period.mtuCount).fill(value)] as const),
  );
}
