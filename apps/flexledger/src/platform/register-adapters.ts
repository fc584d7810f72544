/**
 * How the platforms of one process learn of PoDs: each through its own port, answered here from the
 * read models of the shared customer database.
 */
import {
  type DeliveryPeriod,
  type MarketPod,
  type MeteringSource,
  type OutcomeRow,
  type RulePack,
  activatedMtus,
  deliveryDay as civilDayPeriod,
  rowsOfDay,
  sessionsDelivering,
} from '@flexledger/domain';
import {
  type LoadMetering,
  type MarketCustomer,
  type ObservedCustomer,
  reportedWeather,
} from '@flexledger/dso-technical-platform';
import type { RegisterSource } from '@flexledger/market-platform';
import {
  type DocumentStore,
  type QuarterHourMeasurement,
  type PodDocument,
  baselineAt,
  findOutcomes,
  findPods,
  firstMeasuredDay,
  getBaselines,
  getPods,
  measurementsBetween,
} from '@flexledger/projections';

/** Documents asked for at once. */
const PAGE = 1_000;
const MTU_MS = 900_000;
const NO_FLEXIBILITY = { upW: 0, downW: 0, upVar: 0, downVar: 0 };
/** W of a mean power for Wh in a quarter-hour. */
const W_PER_WH = 4;

/** The register as the market sees it (flow 0b). */
export function registerSource(
  documents: DocumentStore,
  poms: () => ReadonlySet<string>,
): RegisterSource {
  return {
    async lookUp(podIds) {
      const known = new Map<string, MarketPod>();
      for (const pod of await getPods(documents, [...new Set(podIds)])) {
        const market = pod && marketPod(pod);
        if (market) known.set(pod.podId, market);
      }
      return { pod: (podId) => known.get(podId), hasPom: (pom) => poms().has(pom) };
    },
  };
}

/** The DSO's customers on one grid, with what they can move on a delivery day. */
export async function connectedCustomers(
  documents: DocumentStore,
  gridId: string,
  deliveryDay: string,
): Promise<MarketCustomer[]> {
  const pods = await podsWhere(documents, { gridId, status: 'registered' });
  return pods.flatMap(({ podId, details, busId, flexibility, unavailableDays }) => {
    if (!details || !busId) return [];
    const declared = unavailableDays.includes(deliveryDay) ? null : flexibility;
    return [{ podId, ...details, busId, ...(declared ?? NO_FLEXIBILITY) }];
  });
}

/** The same customers with what their meters said of one quarter-hour. */
export async function observedCustomers(
  documents: DocumentStore,
  gridId: string,
  deliveryDay: string,
  startMs: number,
): Promise<ObservedCustomer[]> {
  const customers = await connectedCustomers(documents, gridId, deliveryDay);
  const podIds = customers.map(({ podId }) => podId);
  const measured = await measurementsBetween(documents, podIds, startMs, startMs + MTU_MS);
  return customers.map((customer, index) => {
    const [quarterHour] = measured[index]!;
    const metered = quarterHour && {
      powerW: netWithdrawnWh(quarterHour) * W_PER_WH,
      powerVar: quarterHour.reactiveVarh * W_PER_WH,
    };
    return { ...customer, metered };
  });
}

/** The meters as the DSO's forecast asks them (flow 1a), and the weather. */
export function loadMetering(
  documents: DocumentStore,
  gridId: string,
  rules: Pick<RulePack, 'timeZone' | 'calendar'>,
): LoadMetering {
  const { measuredW, activatedOn } = meteringSource(documents, rules);
  return {
    ...{ measuredW, activatedOn },
    firstDay: () => firstMeasuredDay(documents),
    weather: (fromMs, untilMs) => reportedWeather(documents, gridId, fromMs, untilMs),
  };
}

/** Baselines, measurements and earlier sales for settlement (flow 8). */
export function meteringSource(
  documents: DocumentStore,
  rules: Pick<RulePack, 'timeZone' | 'calendar'>,
): MeteringSource {
  return {
    async baselinesOf(podIds, day, untilMs = Infinity) {
      const baselines = await getBaselines(documents, podIds, day);
      return new Map(
        podIds.flatMap((podId, index) => {
          const declared = baselines[index];
          const baselineW = declared && baselineAt(declared, untilMs);
          return baselineW ? [[podId, baselineW] as const] : [];
        }),
      );
    },
    measuredW: (podIds, startMs, mtuCount) =>
      meanPower(documents, podIds, { startMs, mtuCount }, netWithdrawnWh),
    measuredVar: (podIds, startMs, mtuCount) =>
      meanPower(documents, podIds, { startMs, mtuCount }, ({ reactiveVarh }) => reactiveVarh),
    async activatedOn(podIds, day) {
      const period = civilDayPeriod(day, rules.timeZone);
      const wanted = new Set(podIds);
      const sales = [];
      for (const { sessionId, period: delivered } of sessionsDelivering(day, rules)) {
        const rows = (await outcomesOf(documents, sessionId)).filter((row) =>
          wanted.has(row.podId),
        );
        sales.push({ sessionId, ...delivered, rows });
      }
      return activatedMtus(rowsOfDay(sales, period), period.mtuCount);
    },
  };
}

const netWithdrawnWh = ({ withdrawnWh, injectedWh }: QuarterHourMeasurement): number =>
  withdrawnWh - injectedWh;

/** Mean power by MTU of a period from energy in each quarter-hour, null where nothing was measured. */
async function meanPower(
  documents: DocumentStore,
  podIds: readonly string[],
  { startMs, mtuCount }: DeliveryPeriod,
  energyOf: (measurement: QuarterHourMeasurement) => number,
): Promise<Map<string, (number | null)[]>> {
  const untilMs = startMs + mtuCount * MTU_MS;
  const rows = await measurementsBetween(documents, podIds, startMs, untilMs);
  return new Map(
    podIds.map((podId, index) => {
      const power = new Array<number | null>(mtuCount).fill(null);
      for (const measurement of rows[index]!) {
        power[(measurement.mtuStartMs - startMs) / MTU_MS] = energyOf(measurement) * W_PER_WH;
      }
      return [podId, power] as const;
    }),
  );
}

/** All rows of a session's published result. */
async function outcomesOf(documents: DocumentStore, sessionId: string): Promise<OutcomeRow[]> {
  const rows: OutcomeRow[] = [];
  let cursor: string | undefined;
  do {
    const page = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
    const { items, next } = await findOutcomes(documents, { sessionId }, page);
    rows.push(...items);
    cursor = next ?? undefined;
  } while (cursor !== undefined);
  return rows;
}

/** Registered PoDs of a selection, in the order of their codes, however many. */
export async function podsWhere(
  documents: DocumentStore,
  where: Parameters<typeof findPods>[1],
): Promise<PodDocument[]> {
  const pods: PodDocument[] = [];
  let cursor: string | undefined;
  do {
    const page = await findPods(documents, where, {
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    pods.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return pods;
}

function marketPod(pod: PodDocument): MarketPod | undefined {
  const { aggregatorId, pom, flexibility, unavailableDays, status } = pod;
  if (status !== 'registered' || !aggregatorId || !pom || !flexibility) return undefined;
  return { aggregatorId, pom, flexibility, unavailableDays };
}
