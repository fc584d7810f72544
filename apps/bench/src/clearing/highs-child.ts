/** Entry of a process of its own: the same stored session by HiGHS alone, one MTU after another. */
import {
  type ClearingInstance,
  type ClearingRequest,
  type FlexibilityRequest,
  type MarketSessionEvent,
  type RecordedOffer,
  sessionStream,
} from '@flexledger/domain';
import { openSqliteEventStore } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import { loadHighsSolver, referenceModel } from '@flexledger/solver';
import { answerApart } from '../run-apart';
import { BENCH_MTUS, BENCH_SESSION } from './market-log';

async function main(path: string): Promise<void> {
  const { requests, offers } = await readOrders(path);
  const solver = await loadHighsSolver();
  const startedMs = performance.now();
  let dsoServedWMtu = 0;
  for (let mtu = 0; mtu < BENCH_MTUS; mtu += 1) {
    const instance = instanceOf(requests, offers, mtu);
    const model = referenceModel(instance, { costWeight: 1, reliabilityWeight: 0 });
    const limits = { timeLimitSeconds: 60, nodeLimit: null };
    const { columnValue } = await solver.solve({ ...model, limits });
    if (!columnValue) throw new Error(`HiGHS found nothing in MTU ${mtu}`);
    const served = model.objectives[0]!.reduce((sum, cost, at) => sum - cost * columnValue[at]!, 0);
    dsoServedWMtu += Math.round(served);
  }
  const clearSeconds = (performance.now() - startedMs) / 1e3;
  answerApart({ clearSeconds, dsoServedWMtu: String(dsoServedWMtu) });
}

async function readOrders(path: string) {
  const store = await openSqliteEventStore({ path, clock: wallClock, readOnly: true });
  const requests: FlexibilityRequest[] = [];
  const offers: (RecordedOffer & { aggregatorId: string })[] = [];
  for await (const event of store.readStream(sessionStream(BENCH_SESSION))) {
    const { type, data } = event as unknown as MarketSessionEvent;
    if (type === 'FlexibilityRequested') requests.push(data);
    if (type === 'FlexibilityOffered') {
      const { aggregatorId } = data;
      offers.push(...data.offers.map((offer) => ({ ...offer, aggregatorId })));
    }
  }
  await store.close();
  return { requests, offers };
}

function instanceOf(
  requests: readonly FlexibilityRequest[],
  offers: readonly (RecordedOffer & { aggregatorId: string })[],
  mtu: number,
): ClearingInstance {
  return {
    mtus: 1,
    podLimits: new Map(offers.map(({ podId, podLimitW }) => [podId, { upW: podLimitW, downW: 0 }])),
    requests: requests.map(({ requestId, scope, requester, product, direction, ...rest }) => {
      const request: ClearingRequest = {
        id: requestId,
        requester,
        product,
        direction,
        ...('pom' in scope ? { pom: scope.pom } : { pods: scope.podIds }),
        quantityW: [rest.quantityW[mtu]!],
        priceCapMicroEurPerKwh: rest.priceCapMicroEurPerKwh,
      };
      return request;
    }),
    offers: offers.flatMap((offer) => {
      if (offer.kind !== 'single') return [];
      const { offerId: id, podId: pod, pom, aggregatorId: aggregator } = offer;
      const { product, direction, divisible, minQuantityW } = offer;
      return [
        {
          kind: 'single' as const,
          id,
          pod,
          pom,
          aggregator,
          product,
          direction,
          divisible,
          minQuantityW,
          reliability: 500,
          quantityW: [offer.quantityW[mtu]!],
          priceMicroEurPerKwh: [offer.priceMicroEurPerKwh[mtu]!],
        },
      ];
    }),
  };
}

void main(process.argv[2]!);
