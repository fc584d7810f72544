import type { MarketSessionEvent, RowValidation } from '@flexledger/domain';
import type { CommandContext, CommandResult } from '@flexledger/event-store';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { MARKET, type MarketServices } from '../edge/market-services';

type Result = CommandResult<MarketSessionEvent>;

/** The DSO's answer to one outcome (flow 4). */
export class AnswerValidation extends Command<Result> {
  constructor(
    readonly sessionId: string,
    readonly outcomeId: string,
    readonly exceptions: readonly RowValidation[],
    readonly context: CommandContext,
  ) {
    super();
  }
}

@CommandHandler(AnswerValidation)
export class AnswerValidationHandler implements ICommandHandler<AnswerValidation> {
  constructor(@Inject(MARKET) private readonly market: MarketServices) {}

  execute({ sessionId, outcomeId, exceptions, context }: AnswerValidation): Promise<Result> {
    const answer = { outcomeId, validatedBy: 'DSO' as const, exceptions };
    return this.market.sessions.recordValidation(sessionId, answer, context);
  }
}
