/**
 * Where an aggregator's offers are built and sent, by itself or by an operator's hand (FR_AP_MI&O_2).
 */
import {
  type FlexibilityOffer,
  type MarketSessionEvent,
  type RefusedRow,
  type RulePack,
  MTU_MINUTES,
  deliveryDay,
  rowsOfDay,
} from '@flexledger/domain';
import type { CommandContext } from '@flexledger/event-store';
import type { SoldResults } from '../dispatch/dispatch-process';
import { setpointWindows } from '../dispatch/setpoint-windows';
import { soldChanges } from '../dispatch/sold-changes';
import type { Portfolio, PortfolioPod } from '../portfolio/portfolio';
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
  withdrawOffers(
    sessionId: string,
    aggregatorId: string,
    offerIds: readonly string[],
    context: CommandContext,
  ): Promise<unknown>;
  /** The aggregator's offers that count in a session. @throws DomainError `session-unknown` */
  standingOffers(
    sessionId: string,
    aggregatorId: string,
  ): Promise<readonly Pick<FlexibilityOffer, 'offerId' | 'podId'>[]>;
  /** Rows of a bid that the market refused. */
  refusedRows(sessionId: string, bidId: string): Promise<readonly RefusedRow[]>;
}

/** Other terms than the aggregator's own, and which PoDs; by default those flagged in. */
export interface OfferWishes {
  readonly podIds?: readonly string[];
  readonly sharePerMille?: number;
  readonly marginPerMille?: number;
}

/** Offers as they would be sent now, and why others would not. */
export interface OfferPreview {
  readonly offers: readonly FlexibilityOffer[];
  readonly leftOut: readonly { readonly podId: string; readonly reason: string }[];
}

type Session = Pick<
  Extract<MarketSessionEvent, { type: 'SessionScheduled' }>['data'],
  'sessionId' | 'kind' | 'deliveryDay' | 'deliveryStart' | 'mtuCount'
>;

export interface OfferDesk {
  preview(session: Session, wishes: OfferWishes): Promise<OfferPreview>;
  /**
   * Sends offers; one under an id that stands takes its place.
   *
   * @returns the rows that the market refused; the others stand
   * @throws DomainError as the market refuses the bid
   */
  send(
    sessionId: string,
    bidId: string,
    offers: readonly FlexibilityOffer[],
    context: CommandContext,
  ): Promise<readonly RefusedRow[]>;
  withdraw(sessionId: string, offerIds: readonly string[], context: CommandContext): Promise<void>;
  /** Offers that count in the session. */
  standing(sessionId: string): Promise<readonly Pick<FlexibilityOffer, 'offerId' | 'podId'>[]>;
}

export interface OfferDeskOptions {
  readonly portfolio: Portfolio;
  readonly policy: OfferPolicy;
  readonly market: OfferMarket;
  readonly results: SoldResults;
  readonly rules: Pick<RulePack, 'timeZone' | 'calendar'>;
}

const MTU_MS = MTU_MINUTES * 60_000;
const ALL_PER_MILLE = 1_000;

export function createOfferDesk(options: OfferDeskOptions): OfferDesk {
  const { portfolio, policy, market, results, rules } = options;
  const { aggregatorId } = portfolio;

  async function preview(session: Session, wishes: OfferWishes): Promise<OfferPreview> {
    const { deliveryDay: day, deliveryStart, mtuCount, kind } = session;
    const period = deliveryDay(day, rules.timeZone);
    const sold = rowsOfDay(await results.resultsOf(aggregatorId, day), period);
    const { pods, leftOut } = chosen(
      await portfolio.podsOn(day),
      await portfolio.notOfferable(day),
      wishes.podIds,
    );
    const share = kind === 'dayAhead' ? policy.dayAheadSharePerMille : ALL_PER_MILLE;
    const offers = buildOffers(
      pods,
      {
        firstMtu: (Date.parse(deliveryStart) - period.startMs) / MTU_MS,
        mtuCount,
        ...setpointWindows(day, rules),
      },
      {
        sharePerMille: wishes.sharePerMille ?? share,
        marginPerMille: wishes.marginPerMille ?? policy.marginPerMille,
      },
      soldChanges(sold, period.mtuCount),
    );
    const offered = new Set(offers.map(({ podId }) => podId));
    const empty = pods.filter(({ podId }) => !offered.has(podId));
    const nothing = empty.map(({ podId }) => ({
      ...{ podId, reason: 'it can move nothing in this session that is not sold already' },
    }));
    return { offers, leftOut: [...leftOut, ...nothing].sort(byPod) };
  }

  return {
    preview,
    standing: (sessionId) => market.standingOffers(sessionId, aggregatorId),
    async send(sessionId, bidId, offers, context) {
      await market.offerFlexibility(sessionId, { bidId, aggregatorId, offers }, context);
      return market.refusedRows(sessionId, bidId);
    },
    async withdraw(sessionId, offerIds, context) {
      await market.withdrawOffers(sessionId, aggregatorId, offerIds, context);
    },
  };
}

type LeftOut = OfferPreview['leftOut'][number];

/** PoDs that are asked for by name, or all that are flagged in; and why others are not among them. */
function chosen(
  pods: readonly PortfolioPod[],
  notOfferable: readonly LeftOut[],
  podIds: readonly string[] | undefined,
): { readonly pods: readonly PortfolioPod[]; readonly leftOut: readonly LeftOut[] } {
  if (podIds === undefined) {
    const flaggedOut = pods.filter(({ automaticOffers }) => !automaticOffers);
    const reason = 'an operator has flagged it out of the automatic offers';
    return {
      pods: pods.filter(({ automaticOffers }) => automaticOffers),
      leftOut: [...notOfferable, ...flaggedOut.map(({ podId }) => ({ podId, reason }))],
    };
  }
  const wanted = new Set(podIds);
  const known = new Set([...pods, ...notOfferable].map(({ podId }) => podId));
  const foreign = [...wanted].filter((podId) => !known.has(podId));
  return {
    pods: pods.filter(({ podId }) => wanted.has(podId)),
    leftOut: [
      ...notOfferable.filter(({ podId }) => wanted.has(podId)),
      ...foreign.map((podId) => ({ podId, reason: 'it is not one of your registered PoDs' })),
    ],
  };
}

function byPod(one: LeftOut, other: LeftOut): number {
  return one.podId < other.podId ? -1 : one.podId > other.podId ? 1 : 0;
}
