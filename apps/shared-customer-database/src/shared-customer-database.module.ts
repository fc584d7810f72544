import { type DynamicModule, Module } from '@nestjs/common';
import { CUSTOMERS, type CustomerServices } from './http/customer-services';
import { MeasurementsController } from './measurements/measurements.controller';
import { OutcomeMeasurementsController } from './outcomes/outcomes.controller';
import { QuarterHourPackagesController } from './packages/packages.controller';
import { PodsController } from './pods/pods.controller';
import { RegisterController } from './register/register.controller';
import { SetpointsController } from './setpoints/setpoints.controller';

/** The shared customer database's HTTP interface. */
@Module({})
export class SharedCustomerDatabaseModule {
  static register(services: CustomerServices): DynamicModule {
    return {
      module: SharedCustomerDatabaseModule,
      controllers: [
        PodsController,
        RegisterController,
        MeasurementsController,
        OutcomeMeasurementsController,
        QuarterHourPackagesController,
        SetpointsController,
      ],
      providers: [{ provide: CUSTOMERS, useValue: services }],
    };
  }
}
