/** A market of four PoDs, at the open gate of the day-ahead session of one delivery day. */
import {
  type CalendarEntry,
  type FlexibilityOffer,
  type FlexibilityRequest,
  type MarketPod,
  sessionsDelivering,
} from '@flexledger/domain';
import { contextOf } from '@flexledger/event-store';
import { loadRulePack } from '@flexledger/service-kit';
import { MARKET_POLICY } from '../policy';
import { type ServedMarket, serveMarket } from './served-market';

export const DAY = '2026-03-17';
export const PODS = [
  'IT002E60000001',
  'IT002E60000002',
  'IT002E60000003',
  'IT002E60000004',
] as const;
const { rulePack } = loadRulePack('platone');
/** The sessions of the day: day-ahead, then the windows. */
export const SESSIONS: readonly CalendarEntry[] = sessionsDelivering(DAY, rulePack);
export const DAY_AHEAD = SESSIONS[0]!;
export const WINDOW = SESSIONS[2]!;

/** A PoD with a kilowatt to offer upwards. */
export const podOf = (aggregatorId: string): MarketPod => ({
  aggregatorId,
  pom: 'PS-1',
  flexibility: { upW: 1_000, downW: 0, upVar: 0, downVar: 0 },
  unavailableDays: [],
});

/** All of a PoD's kilowatt at a price, in every MTU of a session. */
export function offerOf(
  podId: string,
  { period }: CalendarEntry,
  price = 100_000,
): FlexibilityOffer {
  return {
    kind: 'single',
    offerId: podId,
    podId,
    product: 'P',
    direction: 'up',
    quantityW: new Array<number>(period.mtuCount).fill(1_000),
    priceMicroEurPerKwh: new Array<number>(period.mtuCount).fill(price),
    divisible: true,
    minQuantityW: 0,
  };
}

/** The DSO's need of so many watts of some PoDs, in every MTU of a session. */
export function requestOf(
  podIds: readonly string[],
  { period }: CalendarEntry,
  watts: number,
): FlexibilityRequest {
  return {
    requestId: 'R',
    requester: 'DSO',
    product: 'P',
    direction: 'up',
    scope: { podIds },
    quantityW: new Array<number>(period.mtuCount).fill(watts),
    priceCapMicroEurPerKwh: null,
  };
}

/** Three PoDs of AGG1 and the last of AGG2. */
export async function openTradingDay(policy = MARKET_POLICY): Promise<ServedMarket> {
  const [first, second, third, foreign] = PODS;
  const own = Object.fromEntries([first, second, third].map((podId) => [podId, podOf('AGG1')]));
  const register = { ...own, [foreign]: podOf('AGG2') };
  const served = await serveMarket(DAY_AHEAD.gateOpensMs - 60_000, register, 'platone', policy);
  await served.market.calendar.scheduleDay(DAY);
  await served.until(DAY_AHEAD.gateOpensMs);
  return served;
}

/** The DSO asks for PoDs of AGG1, which offers each at another price. */
export async function trade(
  { market }: ServedMarket,
  session: CalendarEntry,
  watts: number,
  podIds: readonly string[],
): Promise<void> {
  const { sessionId } = session;
  const { orders } = market.ports;
  const request = requestOf(podIds, session, watts);
  await orders.requestFlexibility(sessionId, request, contextOf(`ask/${sessionId}`, 'ask', 'dso'));
  const offers = podIds.map((podId, index) => offerOf(podId, session, 100_000 + index));
  await orders.offerFlexibility(
    sessionId,
    { bidId: `bid/${sessionId}`, aggregatorId: 'AGG1', offers },
    contextOf(`bid/${sessionId}`, 'bid', 'aggregator:AGG1'),
  );
}
