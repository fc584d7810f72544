import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AgreementsController } from './agreements/agreements.controller';
import { MARKET, type MarketServices } from './edge/market-services';
import { SendBidHandler, WithdrawOffersHandler } from './offers/offer-commands';
import { ExplainOfferHandler } from './offers/offer-queries';
import { OffersController } from './offers/offers.controller';
import { WithdrawalsController } from './offers/withdrawals.controller';
import { OutcomesController } from './outcomes/outcomes.controller';
import { SendRequestHandler, WithdrawRequestHandler } from './requests/request-commands';
import { RequestsController } from './requests/requests.controller';
import { CancelSessionHandler } from './sessions/session-commands';
import { SessionsController } from './sessions/sessions.controller';
import { SettlementsController } from './settlement/settlements.controller';
import { AnswerValidationHandler } from './validation/validation-commands';
import { ValidationController } from './validation/validation.controller';
import { WalletsController } from './wallets/wallets.controller';

/** The market platform's HTTP interface. */
@Module({})
export class MarketPlatformModule {
  static register(services: MarketServices): DynamicModule {
    return {
      module: MarketPlatformModule,
      imports: [CqrsModule.forRoot()],
      controllers: [
        SessionsController,
        RequestsController,
        OffersController,
        WithdrawalsController,
        ValidationController,
        OutcomesController,
        AgreementsController,
        SettlementsController,
        WalletsController,
      ],
      providers: [
        { provide: MARKET, useValue: services },
        CancelSessionHandler,
        SendRequestHandler,
        WithdrawRequestHandler,
        SendBidHandler,
        WithdrawOffersHandler,
        AnswerValidationHandler,
        ExplainOfferHandler,
      ],
    };
  }
}
