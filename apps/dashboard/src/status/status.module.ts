import { type DynamicModule, Module } from '@nestjs/common';
import { STATUS, StatusController } from './status.controller';
import type { StatusReader } from './status-snapshot';

/** The market at a glance, for the screens and programs. */
@Module({})
export class StatusModule {
  static register(status: StatusReader): DynamicModule {
    return {
      module: StatusModule,
      controllers: [StatusController],
      providers: [{ provide: STATUS, useValue: status }],
    };
  }
}
