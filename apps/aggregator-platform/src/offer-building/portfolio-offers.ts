/**
 * An aggregator's offers, built from its portfolio and sent, by itself or by an operator's hand
 * (FR_AP_MI&O_2). An offer has one form from here to the log: `FlexibilityOffer`.
 */
import {
  type FlexibilityOffer,
  type Schedule,
  type RefusedRow,
  type RulePack,
  deliveryDay,
  rowsOfDay,
  MTU_MS,
} from '@flexledger/domain';
import type { CommandContext } from '@flexledger/event-store';
import type { OrdersPort, ResultsPort } from '@flexledger/ports';
import { setpointWindows } from '../dispatch/setpoint-windows';
import { soldChanges } from '../dispatch/sold-changes';
import type { CustomersOfDay, LeftOut, Portfolio, PortfolioPod } from '../portfolio/portfolio';
import { type OfferTerms, buildOffers } from './build-offers';

/** Which PoDs to offer, by default those flagged in, and terms other than the aggregator's own. */
export interface OfferWishes extends Partial<OfferTerms> {
  readonly podIds?: readonly string[];
}

/** Offers as they would be sent now, and why others would not. */
export interface OfferPreview {
  readonly offers: readonly FlexibilityOffer[];
  readonly leftOut: readonly LeftOut[];
}

type Session = Pick<
  Schedule,
  'sessionId' | 'kind' | 'deliveryDay' | 'deliveryStart' | 'mtuCount' | 'products'
>;

export interface PortfolioOffers {
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
  /** Offers that count in the session. @throws DomainError `session-unknown` */
  standing(sessionId: string): Promise<readonly Pick<FlexibilityOffer, 'offerId' | 'podId'>[]>;
}

export interface PortfolioOffersOptions {
  readonly portfolio: Portfolio;
  /** On the cost, where no other is wished. */
  readonly marginPerMille: () => Promise<number>;
  /** Part of what can be offered that goes into a day-ahead session, where no other is wished. */
  readonly dayAheadSharePerMille: number;
  readonly orders: Pick<OrdersPort, 'offerFlexibility' | 'withdrawOffers' | 'standingOffers'>;
  readonly results: Pick<ResultsPort, 'resultsOf'>;
  readonly rules: Pick<RulePack, 'timeZone' | 'calendar'>;
}

const ALL_PER_MILLE = 1_000;

export function createPortfolioOffers(options: PortfolioOffersOptions): PortfolioOffers {
  const { portfolio, orders, results, rules } = options;
  const { aggregatorId } = portfolio;

  async function preview(session: Session, wishes: OfferWishes): Promise<OfferPreview> {
    const { deliveryDay: day, deliveryStart, mtuCount, kind, products } = session;
    const period = deliveryDay(day, rules.timeZone);
    const sold = rowsOfDay(await results.resultsOf(aggregatorId, day), period);
    const { pods, leftOut } = chosen(await portfolio.on(day), wishes.podIds);
    const share = kind === 'dayAhead' ? options.dayAheadSharePerMille : ALL_PER_MILLE;
    const offers = buildOffers(
      pods,
      {
        firstMtu: (Date.parse(deliveryStart) - period.startMs) / MTU_MS,
        mtuCount,
        ...(products ? { products } : {}),
        ...setpointWindows(day, rules),
      },
      {
        sharePerMille: wishes.sharePerMille ?? share,
        marginPerMille: wishes.marginPerMille ?? (await options.marginPerMille()),
      },
      soldChanges(sold, period.mtuCount, 'P'),
      soldChanges(sold, period.mtuCount, 'Q'),
    );
    const offered = new Set(offers.map(({ podId }) => podId));
    const empty = pods.filter(({ podId }) => !offered.has(podId));
    const reason = 'it can move nothing in this session that is not sold already';
    const nothing = empty.map(({ podId }) => ({ podId, reason }));
    return { offers, leftOut: [...leftOut, ...nothing].sort(byPod) };
  }

  return {
    preview,
    standing: (sessionId) => orders.standingOffers(sessionId, aggregatorId),
    send: (sessionId, bidId, offers, context) =>
      orders.offerFlexibility(sessionId, { bidId, aggregatorId, offers }, context),
    withdraw: (sessionId, offerIds, context) =>
      orders.withdrawOffers(sessionId, aggregatorId, offerIds, context),
  };
}

/** PoDs that are asked for by name, or all that are flagged in; and why others are not among them. */
function chosen(
  { pods, leftOut }: CustomersOfDay,
  podIds: readonly string[] | undefined,
): { readonly pods: readonly PortfolioPod[]; readonly leftOut: readonly LeftOut[] } {
  if (podIds === undefined) {
    const flaggedOut = pods.filter(({ automaticOffers }) => !automaticOffers);
    const reason = 'an operator has flagged it out of the automatic offers';
    return {
      pods: pods.filter(({ automaticOffers }) => automaticOffers),
      leftOut: [...leftOut, ...flaggedOut.map(({ podId }) => ({ podId, reason }))],
    };
  }
  const wanted = new Set(podIds);
  const known = new Set([...pods, ...leftOut].map(({ podId }) => podId));
  const foreign = [...wanted].filter((podId) => !known.has(podId));
  return {
    pods: pods.filter(({ podId }) => wanted.has(podId)),
    leftOut: [
      ...leftOut.filter(({ podId }) => wanted.has(podId)),
      ...foreign.map((podId) => ({ podId, reason: 'it is not one of your registered PoDs' })),
    ],
  };
}

function byPod(one: LeftOut, other: LeftOut): number {
  return one.podId < other.podId ? -1 : one.podId > other.podId ? 1 : 0;
}
