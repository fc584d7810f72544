/** What an aggregator of a demo does for its households, over the REST interface as any aggregator does. */
import { apiClient } from '@flexledger/api-client';
import { type ScenarioPod, naturalVar } from '@flexledger/scenario';
import { Refused, answered, everyPage } from '@flexledger/command-line';
import type { TokenOf } from '@flexledger/service-kit';
import type { LivingDays } from './living-days';

export interface DeskOptions {
  readonly aggregatorId: string;
  readonly url: string;
  readonly tokenOf: TokenOf;
  readonly days: LivingDays;
  /** Ends what is being asked. */
  readonly stop: AbortSignal;
}

export interface AggregatorDesk {
  /** A one-time token for the node that takes the place of a PoD's. @throws Refused, UsageError */
  invite(podId: string): Promise<string>;
  /** Declares what is forecast for its households that have no baseline for a day; says how many. */
  declareBaselines(day: string): Promise<number>;
  /** Offers in the sessions whose gate is open: their automatic bids may have left before. */
  offerNow(): Promise<void>;
  /** The key of a PoD's enrolled node; null without one. */
  enrolledKey(podId: string): Promise<string | null>;
}

/** PoDs in one request: what they forecast stays far below the largest body. */
const PODS_AT_ONCE = 200;
const PAGE = 1_000;
/** Nothing is left to sell, or the gate has just closed: no fault of anybody. */
const CONFLICT = 409;
/** How long an answer may take. */
const ANSWER_MS = 60_000;

/** Opens the desk; nothing is asked before it is used. */
export function openDesk(options: DeskOptions): AggregatorDesk {
  const { aggregatorId, url, tokenOf, days, stop } = options;
  const client = apiClient({
    url,
    token: () => tokenOf(`aggregator:${aggregatorId}`),
    fetch: (request) =>
      fetch(request, { signal: AbortSignal.any([stop, AbortSignal.timeout(ANSWER_MS)]) }),
  });
  const own = new Map(
    days.pods.filter((pod) => pod.aggregatorId === aggregatorId).map((pod) => [pod.podId, pod]),
  );

  async function withoutBaseline(day: string): Promise<ScenarioPod[]> {
    const portfolio = await everyPage((cursor) =>
      answered(
        client.GET('/api/v1/portfolio', { params: { query: { day, limit: PAGE, ...cursor } } }),
      ),
    );
    return portfolio.flatMap(({ podId, baseline }) =>
      baseline === null ? (own.get(podId) ?? []) : [],
    );
  }

  return {
    async invite(podId) {
      const params = { path: { podId } };
      const body = { replaces: true, validMinutes: 10 };
      const path = '/api/v1/nodes/{podId}/enrolment-token';
      return (await answered(client.POST(path, { params, body }))).token;
    },
    async declareBaselines(day) {
      const pods = await withoutBaseline(day);
      for (let from = 0; from < pods.length; from += PODS_AT_ONCE) {
        const baselines = pods.slice(from, from + PODS_AT_ONCE).map((pod) => {
          const baselineW = [...days.baselineW(pod, day)];
          // Who sells reactive power needs a baseline of that too.
          const isHolding = pod.costMicroEurPerKvarh !== undefined;
          const reactive = isHolding ? { baselineVar: baselineW.map(naturalVar) } : {};
          return { podId: pod.podId, deliveryDay: day, baselineW, ...reactive };
        });
        await answered(client.PUT('/api/v1/portfolio/baselines', { body: { baselines } }));
      }
      return pods.length;
    },
    async offerNow() {
      const query = { status: 'open' as const };
      const { items } = await answered(client.GET('/api/v1/sessions', { params: { query } }));
      for (const { sessionId } of items) {
        const asked = client.POST('/api/v1/portfolio/sessions/{sessionId}/offers', {
          params: { path: { sessionId } },
          body: { bidId: `${aggregatorId}/demo/${sessionId}` },
        });
        await answered(asked).catch((error: unknown) => {
          if (!(error instanceof Refused && error.status === CONFLICT)) throw error;
        });
      }
    },
    async enrolledKey(podId) {
      const params = { path: { podId } };
      const { status, publicKey } = await answered(client.GET('/api/v1/nodes/{podId}', { params }));
      return status === 'enrolled' ? publicKey : null;
    },
  };
}
