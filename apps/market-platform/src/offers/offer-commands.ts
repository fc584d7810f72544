import type { FlexibilityOffer, MarketSessionEvent } from '@flexledger/domain';
import type { CommandContext, CommandResult } from '@flexledger/event-store';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { MARKET, type MarketServices } from '../edge/market-services';

type Result = CommandResult<MarketSessionEvent>;

/** An aggregator offers the flexibility of its PoDs (flow 2a). */
export class SendBid extends Command<Result> {
  constructor(
    readonly sessionId: string,
    readonly bid: {
      readonly bidId: string;
      readonly aggregatorId: string;
      readonly offers: readonly FlexibilityOffer[];
    },
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** An aggregator takes offers back. */
export class WithdrawOffers extends Command<Result> {
  constructor(
    readonly sessionId: string,
    readonly aggregatorId: string,
    readonly offerIds: readonly string[],
    readonly context: CommandContext,
  ) {
    super();
  }
}

@CommandHandler(SendBid)
export class SendBidHandler implements ICommandHandler<SendBid> {
  constructor(@Inject(MARKET) private readonly market: MarketServices) {}

  execute({ sessionId, bid, context }: SendBid): Promise<Result> {
    return this.market.sessions.offerFlexibility(sessionId, bid, context);
  }
}

@CommandHandler(WithdrawOffers)
export class WithdrawOffersHandler implements ICommandHandler<WithdrawOffers> {
  constructor(@Inject(MARKET) private readonly market: MarketServices) {}

  execute({ sessionId, aggregatorId, offerIds, context }: WithdrawOffers): Promise<Result> {
    return this.market.sessions.withdrawOffers(sessionId, aggregatorId, offerIds, context);
  }
}
