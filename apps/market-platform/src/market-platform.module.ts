import { type DynamicModule, Module } from '@nestjs/common';
import { AgreementsController } from './agreements/agreements.controller';
import { MARKET, type MarketServices } from './http/market-services';
import { KpisController } from './kpis/kpis.controller';
import { MechanismsController } from './mechanisms/mechanisms.controller';
import { NotificationsController } from './notifications/notifications.controller';
import { OffersController } from './offers/offers.controller';
import { WithdrawalsController } from './offers/withdrawals.controller';
import { OutcomesController } from './outcomes/outcomes.controller';
import { OutcomesToValidateController } from './outcomes/outcomes-to-validate.controller';
import { ReliabilityController } from './reliability/reliability.controller';
import { FrontController } from './pareto/front.controller';
import { PlatoneController } from './platone/platone.controller';
import { RequestsController } from './requests/requests.controller';
import { ResultsController } from './results/results.controller';
import { SessionsController } from './sessions/sessions.controller';
import { DisputesController } from './settlement/disputes.controller';
import { SettlementsOfPeriodController } from './settlement/settlements-of-period.controller';
import { SettlementsController } from './settlement/settlements.controller';
import { ValidationController } from './validation/validation.controller';
import { WalletsController } from './wallets/wallets.controller';

@Module({})
class MarketPlatformModule {}

/** The market platform's HTTP interface. */
export function marketPlatformModule(services: MarketServices): DynamicModule {
  return {
    module: MarketPlatformModule,
    controllers: [
      SessionsController,
      FrontController,
      RequestsController,
      OffersController,
      WithdrawalsController,
      ValidationController,
      OutcomesToValidateController,
      OutcomesController,
      ResultsController,
      AgreementsController,
      MechanismsController,
      SettlementsController,
      SettlementsOfPeriodController,
      DisputesController,
      WalletsController,
      KpisController,
      ReliabilityController,
      PlatoneController,
      NotificationsController,
    ],
    providers: [{ provide: MARKET, useValue: services }],
  };
}
