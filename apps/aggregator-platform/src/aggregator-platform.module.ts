import { type DynamicModule, Module } from '@nestjs/common';
import { AlarmsController } from './alarms/alarms.controller';
import { AssetsController } from './assets/assets.controller';
import { BaselinesController } from './baselines/baselines.controller';
import { CostsController } from './costs/costs.controller';
import { DashboardsController } from './dashboards/dashboards.controller';
import { EmbeddedWidgetController } from './embedding/embedded-widget.controller';
import { WidgetLinksController } from './embedding/widget-links.controller';
import { AGGREGATORS, type AggregatorServices } from './http/aggregator-services';
import { PortfolioOffersController } from './offer-building/portfolio-offers.controller';
import { PortfolioController } from './portfolio/portfolio.controller';
import { ReportsController } from './report/reports.controller';

/** The aggregator platform's HTTP interface: each aggregator what is its own. */
@Module({})
export class AggregatorPlatformModule {
  static register(services: AggregatorServices): DynamicModule {
    return {
      module: AggregatorPlatformModule,
      controllers: [
        PortfolioController,
        CostsController,
        BaselinesController,
        PortfolioOffersController,
        ReportsController,
        AlarmsController,
        AssetsController,
        DashboardsController,
        WidgetLinksController,
        EmbeddedWidgetController,
      ],
      providers: [{ provide: AGGREGATORS, useValue: services }],
    };
  }
}
