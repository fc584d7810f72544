/**
 * The indicators that are means over time, from the facts of one session. PoDs are given one after
 * the other, so that a session of any size needs room for its MTUs only. Formulas: `kpi.ts`.
 */
import { ASSET_CATEGORIES, type AssetCategory } from '../grid-operations/events';
import type { FlexibilityOffer, FlexibilityRequest } from '../market-session/events';
import type { SessionKind } from '../rule-pack/calendar';
import type { SettlementRow } from '../settlement/events';
import { type Direction, type Product, divideHalfEven } from '../units/units';
import { NO_RATIO, type RatioMean, addMeans, basisPoints, withPeriod } from './ratio-mean';

/** One PoD in one session; arrays by MTU of the session. */
export interface PodFacts {
  readonly podId: string;
  /** Bus of the grid model; null while the DSO has not located it. */
  readonly busId: string | null;
  readonly offers: readonly FlexibilityOffer[];
  /** W; undefined when none was declared for the day. */
  readonly baselineW: readonly number[] | undefined;
  /** var; undefined when none was declared for the day. */
  readonly baselineVar?: readonly number[] | undefined;
  /** What it was expected to do by itself, W; undefined when nothing was forecast. */
  readonly forecastW: readonly number[] | undefined;
  readonly measuredW: readonly (number | null)[];
  /** True where it sold in any session of the day. */
  readonly activated: readonly boolean[] | undefined;
  /** Left out of KPI_IT_02 (`KpiExclusionChanged`). */
  readonly isExcluded?: boolean;
  /** Its rows of the settlement that counts. */
  readonly settled: readonly SettlementRow[];
}

/** A service: product and direction, `P/up`. */
export type Service = `${Product}/${Direction}`;
export const SERVICES: readonly Service[] = ['P/up', 'P/down', 'Q/up', 'Q/down'];

/** Means over the MTUs of one session, or of several added up. */
export interface KpiTally {
  /** KPI_PR_03. */
  readonly availability: Readonly<Record<Service, RatioMean>>;
  /** KPI_PR_04. */
  readonly effectiveness: Readonly<Record<Product, RatioMean>>;
  /** KPI_IT_01. */
  readonly liquidity: Readonly<Record<Service, RatioMean>>;
  /** KPI_IT_02, by the kind of session that was forecast for. */
  readonly customerForecast: Readonly<Record<SessionKind, RatioMean>>;
  /** KPI_IT_03 by the sums of the meters at each node; of one PoD, none. */
  readonly gridForecast: Readonly<Record<SessionKind, RatioMean>>;
  /** KPI_IT_03 by measured power flows, of the assets of each category. */
  readonly assetForecast: Readonly<Record<AssetHorizon, RatioMean>>;
}

/** Assets of a category, forecast for a kind of session: `line/dayAhead`. */
export type AssetHorizon = `${AssetCategory}/${SessionKind}`;

const NO_FORECAST: Readonly<Record<SessionKind, RatioMean>> = {
  dayAhead: NO_RATIO,
  realTime: NO_RATIO,
};

const NO_ASSETS = Object.fromEntries(
  ASSET_CATEGORIES.flatMap((category) => [
    [`${category}/dayAhead`, NO_RATIO],
    [`${category}/realTime`, NO_RATIO],
  ]),
) as Readonly<Record<AssetHorizon, RatioMean>>;

const NO_SERVICES: Readonly<Record<Service, RatioMean>> = {
  'P/up': NO_RATIO,
  'P/down': NO_RATIO,
  'Q/up': NO_RATIO,
  'Q/down': NO_RATIO,
};

export const EMPTY_TALLY: KpiTally = {
  availability: NO_SERVICES,
  effectiveness: { P: NO_RATIO, Q: NO_RATIO },
  liquidity: NO_SERVICES,
  customerForecast: NO_FORECAST,
  gridForecast: NO_FORECAST,
  assetForecast: NO_ASSETS,
};

/** The tally over the MTUs of both. */
export function addTallies(one: KpiTally, other: KpiTally): KpiTally {
  const both = <Key extends string>(
    a: Readonly<Record<Key, RatioMean>>,
    b: Readonly<Record<Key, RatioMean>>,
  ): Record<Key, RatioMean> => {
    const keys = Object.keys(a) as Key[];
    return Object.fromEntries(keys.map((key) => [key, addMeans(a[key], b[key])])) as Record<
      Key,
      RatioMean
    >;
  };
  return {
    availability: both(one.availability, other.availability),
    effectiveness: both(one.effectiveness, other.effectiveness),
    liquidity: both(one.liquidity, other.liquidity),
    customerForecast: both(one.customerForecast, other.customerForecast),
    gridForecast: both(one.gridForecast, other.gridForecast),
    assetForecast: both(one.assetForecast, other.assetForecast),
  };
}

/** What is wanted of each service, W (var where it is Q) by MTU of the session. */
export type RequestedByService = Readonly<Record<Service, Float64Array>>;

/** All requests of a session added up. @param mtuCount MTUs of the session */
export function requestedByService(
  requests: readonly Pick<FlexibilityRequest, 'product' | 'direction' | 'quantityW'>[],
  mtuCount: number,
): RequestedByService {
  const requestedW = zerosByService(mtuCount);
  for (const { product, direction, quantityW } of requests) {
    addTo(requestedW[`${product}/${direction}`], quantityW);
  }
  return requestedW;
}

/** A session as far as its indicators are concerned. */
export interface KpiSession {
  readonly kind: SessionKind;
  readonly mtuCount: number;
  readonly requestedW: RequestedByService;
}

/** Collects one session. */
export interface SessionKpis {
  pod(facts: PodFacts): void;
  tally(): KpiTally;
}

export function createSessionKpis({ kind, mtuCount, requestedW }: KpiSession): SessionKpis {
  const zeros = (): Float64Array => new Float64Array(mtuCount);
  const offeredW = zerosByService(mtuCount);
  /** Of those with a baseline. */
  const availableW = zerosByService(mtuCount);
  const baselineW = zerosByService(mtuCount);
  const effective = { P: meanByMtu(mtuCount), Q: meanByMtu(mtuCount) };
  const forecast = meanByMtu(mtuCount);
  const nodes = new Map<
    string,
    { readonly realW: Float64Array; readonly forecastW: Float64Array }
  >();

  function node(busId: string) {
    let known = nodes.get(busId);
    if (!known) nodes.set(busId, (known = { realW: zeros(), forecastW: zeros() }));
    return known;
  }

  return {
    pod(facts) {
      const offered = offeredByService(facts.offers, mtuCount);
      for (const [service, quantityW] of offered) {
        addTo(offeredW[service], quantityW);
        const baseline = service.startsWith('P/') ? facts.baselineW : facts.baselineVar;
        if (!baseline) continue;
        addTo(availableW[service], quantityW);
        addTo(baselineW[service], baseline.map(Math.abs));
      }
      for (const { product, mtu, ratio } of deliveries(facts.settled))
        effective[product].add(mtu, ratio);
      for (const { mtu, realW, forecastW } of undisturbed(facts)) {
        if (!facts.isExcluded) {
          forecast.add(mtu, basisPoints(Math.abs(realW - forecastW), Math.abs(realW)));
        }
        if (facts.busId === null) continue;
        const { realW: real, forecastW: expected } = node(facts.busId);
        real[mtu]! += realW;
        expected[mtu]! += forecastW;
      }
    },
    tally: () => ({
      availability: byService((service) => ratios(availableW[service], baselineW[service])),
      effectiveness: { P: effective.P.mean(), Q: effective.Q.mean() },
      liquidity: byService((service) => ratios(offeredW[service], requestedW[service])),
      customerForecast: { ...NO_FORECAST, [kind]: forecast.mean() },
      gridForecast: { ...NO_FORECAST, [kind]: nodeForecast([...nodes.values()], mtuCount) },
      assetForecast: NO_ASSETS,
    }),
  };
}

/** The indicators of one PoD in one session: the formulas with N = 1. */
export function podTally(facts: PodFacts, session: KpiSession): KpiTally {
  const kpis = createSessionKpis(session);
  kpis.pod(facts);
  return { ...kpis.tally(), gridForecast: NO_FORECAST };
}

/**
 * What a PoD offers of each service, by MTU. A flexible block can run in part of its window only: its
 * energy counts evenly over the window.
 */
export function offeredByService(
  offers: readonly FlexibilityOffer[],
  mtuCount: number,
): Map<Service, number[]> {
  const offered = new Map<Service, number[]>();
  for (const offer of offers) {
    const service: Service = `${offer.product}/${offer.direction}`;
    let quantityW = offered.get(service);
    if (!quantityW) offered.set(service, (quantityW = new Array<number>(mtuCount).fill(0)));
    if (offer.kind === 'single') {
      offer.quantityW.forEach((watts, mtu) => (quantityW[mtu]! += watts));
      continue;
    }
    const [first, last] = offer.window;
    const energyWMtu = BigInt(offer.quantityW) * BigInt(offer.durationMtus);
    const evenW = Number(divideHalfEven(energyWMtu, BigInt(last - first + 1)));
    for (let mtu = first; mtu <= last; mtu += 1) quantityW[mtu]! += evenW;
  }
  return offered;
}

/** Per product and MTU what a PoD delivered of all it sold, as a ratio; unmeasured MTUs have none. */
function* deliveries(
  rows: readonly SettlementRow[],
): Generator<{ readonly product: Product; readonly mtu: number; readonly ratio: number }> {
  const sold = new Map<
    string,
    { product: Product; mtu: number; accepted: number; delivered: number }
  >();
  for (const { product, firstMtu, acceptedW, deliveredW, measuredW } of rows) {
    for (const [index, watts] of acceptedW.entries()) {
      if (watts === 0 || measuredW[index] === null) continue;
      const mtu = firstMtu + index;
      const key = `${product}/${mtu}`;
      const sum = sold.get(key) ?? { product, mtu, accepted: 0, delivered: 0 };
      sum.accepted += watts;
      sum.delivered += deliveredW[index]!;
      sold.set(key, sum);
    }
  }
  for (const { product, mtu, accepted, delivered } of sold.values()) {
    yield { product, mtu, ratio: basisPoints(delivered, accepted)! };
  }
}

/** MTUs in which a PoD was measured and forecast, and did as it would without the market. */
function* undisturbed({ forecastW, measuredW, activated }: PodFacts): Generator<{
  readonly mtu: number;
  readonly realW: number;
  readonly forecastW: number;
}> {
  if (!forecastW) return;
  for (const [mtu, realW] of measuredW.entries()) {
    if (realW === null || activated?.[mtu]) continue;
    yield { mtu, realW, forecastW: forecastW[mtu]! };
  }
}

/** Means over resources within each MTU, then over MTUs. */
function meanByMtu(mtuCount: number) {
  const sums = new Float64Array(mtuCount);
  const counts = new Float64Array(mtuCount);
  return {
    add(mtu: number, ratio: number | undefined): void {
      if (ratio === undefined) return;
      sums[mtu]! += ratio;
      counts[mtu]! += 1;
    },
    mean(): RatioMean {
      let mean = NO_RATIO;
      for (const [mtu, count] of counts.entries()) {
        if (count === 0) continue;
        mean = withPeriod(mean, Number(divideHalfEven(BigInt(sums[mtu]!), BigInt(count))));
      }
      return mean;
    },
  };
}

function nodeForecast(
  nodes: readonly { readonly realW: Float64Array; readonly forecastW: Float64Array }[],
  mtuCount: number,
): RatioMean {
  const means = meanByMtu(mtuCount);
  for (const { realW, forecastW } of nodes) {
    realW.forEach((real, mtu) =>
      means.add(mtu, basisPoints(Math.abs(real - forecastW[mtu]!), Math.abs(real))),
    );
  }
  return means.mean();
}

function ratios(dividends: Float64Array, divisors: Float64Array): RatioMean {
  return dividends.reduce(
    (mean, dividend, mtu) => withPeriod(mean, basisPoints(dividend, divisors[mtu]!)),
    NO_RATIO,
  );
}

function byService<Value>(of: (service: Service) => Value): Record<Service, Value> {
  const entries = SERVICES.map((service) => [service, of(service)]);
  return Object.fromEntries(entries) as Record<Service, Value>;
}

function zerosByService(mtuCount: number): Record<Service, Float64Array> {
  return byService(() => new Float64Array(mtuCount));
}

function addTo(column: Float64Array, values: readonly number[]): void {
  values.forEach((value, mtu) => (column[mtu]! += value));
}
