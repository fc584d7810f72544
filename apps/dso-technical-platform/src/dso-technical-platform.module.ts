import { type DynamicModule, Module } from '@nestjs/common';
import { BalancingController } from './balancing/balancing.controller';
import { DerControlController } from './der-control/der-control.controller';
import { ForecastGroupsController } from './forecast/forecast-groups.controller';
import { GRIDS, type GridServices } from './grids/grid-services';
import { GridsController } from './grids/grids.controller';
import { PowerFlowController } from './grids/power-flow.controller';
import { LoadProfilesController } from './load-profiles/load-profiles.controller';
import { OperationsController } from './operations/operations.controller';
import { ParametersController } from './parameters/parameters.controller';
import { PhasorsController } from './phasors/phasors.controller';
import { PlannedRequestsController } from './requests/planned-requests.controller';
import { StateEstimatesController } from './state-estimation/state-estimates.controller';
import { SwitchingController } from './switching/switching.controller';
import { TariffsController } from './tariffs/tariffs.controller';
import { WeatherController } from './weather/weather.controller';

/** The DSO technical platform's HTTP interface. */
@Module({})
export class DsoTechnicalPlatformModule {
  static register(services: GridServices): DynamicModule {
    return {
      module: DsoTechnicalPlatformModule,
      controllers: [
        GridsController,
        PowerFlowController,
        ForecastGroupsController,
        ParametersController,
        PlannedRequestsController,
        SwitchingController,
        StateEstimatesController,
        WeatherController,
        BalancingController,
        PhasorsController,
        OperationsController,
        TariffsController,
        LoadProfilesController,
        DerControlController,
      ],
      providers: [{ provide: GRIDS, useValue: services }],
    };
  }
}
