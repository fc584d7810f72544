/**
 * How the platforms of one process learn of PoDs: each through its own port, answered here from the
 * read models of the shared customer database.
 */
import {
  type DeliveryPeriod,
  type MeteringSource,
  type OutcomeRow,
  type PodState,
  type RulePack,
  activatedMtus,
  deliveryDay as civilDayPeriod,
  rowsOfDay,
  sessionsDelivering,
} from '@flexledger/domain';
import type { RegisterSource } from '@flexledger/market-platform';
import type { RegisterPort } from '@flexledger/ports';
import {
  type DocumentStore,
  type QuarterHourMeasurement,
  type PodDocument,
  type Views,
  baselineAt,
  findOutcomes,
  findPods,
  firstMeasuredDay,
  getBaselines,
  measurementsBetween,
} from '@flexledger/projections';
import type { Census } from '@flexledger/shared-customer-database';

/** Documents asked for at once. */
const PAGE = 1_000;
const MTU_MS = 900_000;
/** Position of a command that found everything done. */
const NOTHING_DONE = -1;
/** W of a mean power for Wh in a quarter-hour. */
const W_PER_WH = 4;

/** The register with the state of a PoD, which aggregators ask for before they change it. */
export type Census = RegisterPort & { podState(podId: string): Promise<PodState> };

export function censusOf(register: RegisterPort): Census {
  return {
    ...register,
    async podState(podId) {
      const pod = await register.pod(podId);
      if (pod?.status !== 'registered' || !pod.details) {
        return { status: pod?.status === 'unregistered' ? 'unregistered' : 'unknown' };
      }
      const { details, unavailableDays, automaticOffers } = pod;
      return { status: 'registered', details, unavailableDays, automaticOffers };
    },
  };
}

/** The register as the market sees it (flow 0b). */
export function registerSource(documents: DocumentStore): RegisterSource {
  return {
    async lookUp(podIds, poms) {
      const known = new Map<string, MarketPod>();
      for (const pod of await getPods(documents, [...new Set(podIds)])) {
        const market = pod && marketPod(pod);
        if (market) known.set(pod.podId, market);
      }
      const standing = new Set<string>();
      for (const pom of poms) {
        const { items } = await findPods(documents, { pom }, { limit: 1 });
        if (items.length > 0) standing.add(pom);
      }
      return { pod: (podId) => known.get(podId), hasPom: (pom) => standing.has(pom) };
    },
  };
}

/** An aggregator's customers; what they cost and can do is the aggregator's own knowledge. */
export function portfolioOf(
  documents: DocumentStore,
  aggregatorId: string,
  ownKnowledge: ReadonlyMap<string, OwnKnowledge>,
): Portfolio {
  /** Registered customers, each as it can be offered on a day, or with what stands in the way. */
  async function customersOn(deliveryDay: string) {
    const pods = await podsWhere(documents, { aggregatorId, status: 'registered' });
    const podIds = pods.map((pod) => pod.podId);
    const baselines = await getBaselines(documents, podIds, deliveryDay);
    return pods.map((customer, index) => {
      const { podId, flexibility, unavailableDays, automaticOffers } = customer;
      const own = ownKnowledge.get(podId);
      const baseline = baselines[index];
      if (!flexibility) return { podId, reason: 'it has declared no flexibility' };
      if (unavailableDays.includes(deliveryDay)) {
        return { podId, reason: `its customer has switched it off for ${deliveryDay}` };
      }
      if (!own) return { podId, reason: 'its costs are not known' };
      if (!baseline) {
        return { podId, reason: `it has no baseline for ${deliveryDay}`, lacksBaseline: true };
      }
      const { baselineW } = baseline;
      return { podId, pod: { podId, flexibility, baselineW, automaticOffers, ...own } };
    });
  }

  return {
    aggregatorId,
    async podsOn(deliveryDay) {
      return (await customersOn(deliveryDay)).flatMap(({ pod }) => (pod ? [pod] : []));
    },
    async notOfferable(deliveryDay) {
      const customers = await customersOn(deliveryDay);
      return customers.flatMap(({ podId, reason }) => (reason ? [{ podId, reason }] : []));
    },
    async withoutBaseline(deliveryDay) {
      const customers = await customersOn(deliveryDay);
      return customers.flatMap(({ podId, lacksBaseline }) => (lacksBaseline ? [podId] : []));
    },
  };
}

/** The register as other platforms reach it (flows 0, 0a, 0b), as far as the DSO asks it. */
export function registerPort(
  census: Census,
  { documents, runner }: Pick<Views, 'documents' | 'runner'>,
): Pick<RegisterPort, 'submit' | 'podsOf' | 'baselines'> {
  return {
    async submit(commands, request) {
      const answers = await census.submit(commands, request);
      return answers.map((answer) =>
        answer.accepted
          ? { podId: answer.podId, accepted: true, changed: answer.position !== NOTHING_DONE }
          : answer,
      );
    },
    async podsOf(selection) {
      await runner.catchUp();
      return podsWhere(documents, { ...selection, status: 'registered' });
    },
    async baselines(podIds, deliveryDay) {
      await runner.catchUp();
      const found = await getBaselines(documents, podIds, deliveryDay);
      return found.flatMap((last) =>
        last ? [{ podId: last.podId, declared: [...last.earlier, last] }] : [],
      );
    },
  };
}

/** The measurements as other platforms reach them (flows 1, 1a, 8). */
export function measurementsPort({
  documents,
  runner,
}: Pick<Views, 'documents' | 'runner'>): MeasurementsPort {
  return {
    async quarterHours(podIds, fromMs, untilMs) {
      await runner.catchUp();
      return measurementsBetween(documents, podIds, fromMs, untilMs);
    },
    async firstDay() {
      await runner.catchUp();
      return firstMeasuredDay(documents);
    },
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
