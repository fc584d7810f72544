/**
 * A day-ahead session as a market lives through it: every PoD bids in every MTU by REST, the gate closes, the session is
 * cleared, its outcome answered by a DSO, its result published, and each aggregator reads its own rows.
 */
import {
  type FlexibilityOffer,
  type MarketPod,
  type RecordedOffer,
  podIdOf,
  sessionsDelivering,
} from '@flexledger/domain';
import { contextOf } from '@flexledger/event-store';
import { httpOrders, httpOutcomes, httpResults } from '@flexledger/ports';
import { seededRandom } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import { drawOffer, drawRequests } from '../clearing/market-log';
import { type LiveMarket, openLiveMarket } from './live-market';

/** What one stage took. */
export interface LiveStage {
  readonly stage: string;
  readonly seconds: number;
  /** Of all threads of the process, which is client and market: on a busy machine it varies less. */
  readonly cpuSeconds: number;
  /** Memory that the process holds when it ends, MiB. */
  readonly rssMb: number;
  /** Rows that passed: offers, accepted rows. */
  readonly rows: number;
}

const DELIVERY_DAY = '2026-03-17';
const AGGREGATORS = 3;
/** Offers of a bid; it travels in as many requests as it takes. */
const BID_ROWS = 5_000;
const AFTER_GATE_MS = 60_000;

/** Lives through it; the stages in their order. @throws Error where a row is refused or lost */
export async function measureLive(folder: string, pods: number): Promise<LiveStage[]> {
  const [dayAhead] = sessionsDelivering(DELIVERY_DAY, loadRulePack('platone').rulePack);
  const { sessionId, gateOpensMs, gateClosesMs } = dayAhead!;
  const known = new Map<string, MarketPod>();
  const live = await openLiveMarket({
    folder,
    startMs: gateOpensMs - 60_000,
    podOf: (podId) => known.get(podId),
  });
  const stages: LiveStage[] = [];
  const measured = async (stage: string, work: () => Promise<number>): Promise<void> => {
    const [startedMs, startedCpu] = [performance.now(), process.cpuUsage()];
    const rows = await work();
    const { user, system } = process.cpuUsage(startedCpu);
    stages.push({
      stage,
      seconds: (performance.now() - startedMs) / 1e3,
      cpuSeconds: (user + system) / 1e6,
      rssMb: Math.round(process.memoryUsage.rss() / 1024 ** 2),
      rows,
    });
  };
  try {
    await live.market.calendar.scheduleDay(DELIVERY_DAY);
    await live.until(gateOpensMs);
    for (const index of Array(pods).keys()) known.set(podIdOf(index), unnamed);
    await request(live, sessionId, pods, known);
    await measured('bids', () => bid(live, sessionId, pods, known));
    await measured('views of bids', async () => {
      await live.foldAll();
      return pods;
    });
    await measured('clearing', async () => {
      await live.until(gateClosesMs + AFTER_GATE_MS);
      return pods;
    });
    await measured('validation and result', () => validate(live, sessionId));
    await measured('views of the result', async () => {
      await live.foldAll();
      return 0;
    });
    await measured('own rows read', () => readOwn(live, sessionId));
  } finally {
    await live.close();
  }
  requireAll(stages);
  return stages;
}

/** What the DSO validates is read by the aggregators, each row once. */
function requireAll(stages: readonly LiveStage[]): void {
  const rowsOf = (name: string) => stages.find(({ stage }) => stage === name)!.rows;
  const [sold, read] = [rowsOf('validation and result'), rowsOf('own rows read')];
  if (sold === 0 || sold !== read) throw new Error(`${sold} rows were sold and ${read} read.`);
}

const aggregatorOf = (bidIndex: number): string => `AGG${1 + (bidIndex % AGGREGATORS)}`;
/** Before its bid is drawn. */
const unnamed: MarketPod = {
  aggregatorId: 'AGG1',
  pom: 'PS-1',
  flexibility: { upW: 0, downW: 0, upVar: 0, downVar: 0 },
  unavailableDays: [],
};

async function request(
  { market }: LiveMarket,
  sessionId: string,
  pods: number,
  known: ReadonlyMap<string, MarketPod>,
): Promise<void> {
  if (known.size !== pods) throw new Error(`${known.size} PoDs are known.`);
  for (const one of drawRequests(pods, seededRandom(pods, 'bench/live/requests'))) {
    const context = contextOf(`ask/${one.requestId}`, 'ask', one.requester.toLowerCase());
    await market.ports.orders.requestFlexibility(sessionId, one, context);
  }
}

async function bid(
  live: LiveMarket,
  sessionId: string,
  pods: number,
  known: Map<string, MarketPod>,
): Promise<number> {
  const random = seededRandom(pods, 'bench/live/offers');
  const orders = Array.from({ length: AGGREGATORS }, (_, index) =>
    httpOrders(live.clientOf(`aggregator:${aggregatorOf(index)}`)),
  );
  for (let from = 0, index = 0; from < pods; from += BID_ROWS, index += 1) {
    const aggregatorId = aggregatorOf(index);
    const count = Math.min(BID_ROWS, pods - from);
    const offers = Array.from({ length: count }, (_, offset) => {
      const { offer, pod } = drawn(drawOffer(from + offset, pods, random), aggregatorId);
      known.set(offer.podId, pod);
      return offer;
    });
    const context = contextOf(`bid/${from}`, 'bid', `aggregator:${aggregatorId}`);
    const whole = { bidId: `bid-${from}`, aggregatorId, offers };
    const refused = await orders[index % AGGREGATORS]!.offerFlexibility(sessionId, whole, context);
    if (refused.length > 0) throw new Error(`A row is refused: ${refused[0]!.reason}`);
  }
  return pods;
}

function drawn(
  { pom, podLimitW, ...offer }: RecordedOffer,
  aggregatorId: string,
): { readonly offer: FlexibilityOffer; readonly pod: MarketPod } {
  const upW = podLimitW as number;
  const flexibility = { upW, downW: 0, upVar: 0, downVar: 0 };
  return { offer, pod: { aggregatorId, pom, flexibility, unavailableDays: [] } };
}

async function validate(live: LiveMarket, sessionId: string): Promise<number> {
  const outcomes = httpOutcomes(live.clientOf('dso'));
  const { rows } = await outcomes.outcome(sessionId, 0);
  const answer = { outcomeId: `${sessionId}/0`, exceptions: [] };
  await outcomes.answer(sessionId, answer, contextOf('answer', 'answer', 'dso'));
  await live.until(-Infinity);
  return rows.length;
}

async function readOwn(live: LiveMarket, sessionId: string): Promise<number> {
  let rows = 0;
  for (let index = 0; index < AGGREGATORS; index += 1) {
    const aggregatorId = aggregatorOf(index);
    const results = httpResults(live.clientOf(`aggregator:${aggregatorId}`));
    for (const sales of await results.resultsOf(aggregatorId, DELIVERY_DAY)) {
      if (sales.sessionId === sessionId) rows += sales.rows.length;
    }
  }
  return rows;
}
