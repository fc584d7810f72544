import { type DynamicModule, Module } from '@nestjs/common';
import { GRIDS, type GridServices } from './grids/grid-services';
import { GridsController } from './grids/grids.controller';

/** The DSO technical platform's HTTP interface. */
@Module({})
export class DsoTechnicalPlatformModule {
  static register(services: GridServices): DynamicModule {
    return {
      module: DsoTechnicalPlatformModule,
      controllers: [GridsController],
      providers: [{ provide: GRIDS, useValue: services }],
    };
  }
}
