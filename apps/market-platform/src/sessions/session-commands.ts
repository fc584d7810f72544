import type { MarketSessionEvent } from '@flexledger/domain';
import type { CommandContext, CommandResult } from '@flexledger/event-store';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { MARKET, type MarketServices } from '../edge/market-services';

type Result = CommandResult<MarketSessionEvent>;

/** The operator ends a session before its result is published. */
export class CancelSession extends Command<Result> {
  constructor(
    readonly sessionId: string,
    readonly reason: string,
    readonly context: CommandContext,
  ) {
    super();
  }
}

@CommandHandler(CancelSession)
export class CancelSessionHandler implements ICommandHandler<CancelSession> {
  constructor(@Inject(MARKET) private readonly market: MarketServices) {}

  execute({ sessionId, reason, context }: CancelSession): Promise<Result> {
    return this.market.sessions.cancel(sessionId, reason, context);
  }
}
