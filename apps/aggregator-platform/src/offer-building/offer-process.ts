import {
  type FlexibilityOffer,
  type MarketSessionEvent,
  MTU_MINUTES,
  deliveryDay,
} from '@flexledger/domain';
import { type CommandContext, type Reactor, contextFrom } from '@flexledger/event-store';
import type { Timers } from '@flexledger/runtime';
import type { Portfolio } from '../portfolio/portfolio';
import { type OfferPolicy, buildOffers } from './build-offers';

/** The market, as an aggregator reaches it (flow 2a). */
export interface OfferMarket {
  offerFlexibility(
    sessionId: string,
    bid: {
      readonly bidId: string;
      readonly aggregatorId: string;
      readonly offers: readonly FlexibilityOffer[];
    },
    context: CommandContext,
  ): Promise<unknown>;
}

export interface OfferProcessOptions {
  readonly portfolio: Portfolio;
  readonly policy: OfferPolicy;
  readonly market: OfferMarket;
  readonly timers: Timers;
  readonly timeZone: string;
  /** The bid leaves so long after the gate opens. */
  readonly delayMinutes: number;
}

const MTU_MS = MTU_MINUTES * 60_000;
type Scheduled = Extract<MarketSessionEvent, { type: 'SessionScheduled' }>['data'];

/** Builds and sends an aggregator's bid in every session, by itself (FR_AP_MI&O_2). */
export function createOfferProcess(options: OfferProcessOptions): Reactor {
  const { portfolio, policy, market, timers, timeZone, delayMinutes } = options;
  const { aggregatorId } = portfolio;

  async function bid(session: Scheduled, context: CommandContext): Promise<void> {
    const { sessionId, mtuCount, kind } = session;
    const day = deliveryDay(session.deliveryDay, timeZone);
    const firstMtu = (Date.parse(session.deliveryStart) - day.startMs) / MTU_MS;
    const share = kind === 'dayAhead' ? policy.dayAheadSharePerMille : 1_000;
    const pods = await portfolio.podsOn(session.deliveryDay);
    const offers = buildOffers(pods, firstMtu, mtuCount, share, policy);
    if (offers.length === 0) return;
    const bidId = `${aggregatorId}/${sessionId}`;
    await market.offerFlexibility(sessionId, { bidId, aggregatorId, offers }, context);
  }

  return {
    name: `${aggregatorId}/offers`,
    types: ['SessionScheduled'],
    handle: async (event) => {
      const session = event.data as Scheduled;
      const atMs = Date.parse(session.gateOpensAt) + delayMinutes * 60_000;
      const context = contextFrom(event, `bid/${aggregatorId}`, `aggregator:${aggregatorId}`);
      timers.at(atMs, `${aggregatorId}/bid/${session.sessionId}`, () => bid(session, context));
    },
  };
}
