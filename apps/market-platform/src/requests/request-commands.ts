import type { FlexibilityRequest, MarketSessionEvent } from '@flexledger/domain';
import type { CommandContext, CommandResult } from '@flexledger/event-store';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { MARKET, type MarketServices } from '../edge/market-services';

type Result = CommandResult<MarketSessionEvent>;

/** A system operator asks for flexibility (flows 2b and 2c). */
export class SendRequest extends Command<Result> {
  constructor(
    readonly sessionId: string,
    readonly request: FlexibilityRequest,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** A system operator takes its request back. */
export class WithdrawRequest extends Command<Result> {
  constructor(
    readonly sessionId: string,
    readonly requestId: string,
    readonly context: CommandContext,
  ) {
    super();
  }
}

@CommandHandler(SendRequest)
export class SendRequestHandler implements ICommandHandler<SendRequest> {
  constructor(@Inject(MARKET) private readonly market: MarketServices) {}

  execute({ sessionId, request, context }: SendRequest): Promise<Result> {
    return this.market.sessions.requestFlexibility(sessionId, request, context);
  }
}

@CommandHandler(WithdrawRequest)
export class WithdrawRequestHandler implements ICommandHandler<WithdrawRequest> {
  constructor(@Inject(MARKET) private readonly market: MarketServices) {}

  execute({ sessionId, requestId, context }: WithdrawRequest): Promise<Result> {
    return this.market.sessions.withdrawRequest(sessionId, requestId, context);
  }
}
