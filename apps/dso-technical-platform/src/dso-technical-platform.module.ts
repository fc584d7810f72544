import { type DynamicModule, Module } from '@nestjs/common';
import { GRIDS, type GridServices } from './grids/grid-services';
import { GridsController } from './grids/grids.controller';
import { StateEstimatesController } from './state-estimation/state-estimates.controller';

/** The DSO technical platform's HTTP interface. */
@Module({})
export class DsoTechnicalPlatformModule {
  static register(services: GridServices): DynamicModule {
    return {
      module: DsoTechnicalPlatformModule,
      controllers: [GridsController, StateEstimatesController],
      providers: [{ provide: GRIDS, useValue: services }],
    };
  }
}
