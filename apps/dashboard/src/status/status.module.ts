import { type DynamicModule, Module } from '@nestjs/common';
import type { PageContext } from '../status-page/status-page';
import {
  PAGE,
  PageAssetsController,
  STATUS,
  StatusController,
  StatusPageController,
} from './status.controller';
import type { StatusReader } from './status-snapshot';

/** The market at a glance, for people and programs. */
@Module({})
export class StatusModule {
  static register(status: StatusReader, page: PageContext): DynamicModule {
    return {
      module: StatusModule,
      controllers: [StatusPageController, PageAssetsController, StatusController],
      providers: [
        { provide: STATUS, useValue: status },
        { provide: PAGE, useValue: page },
      ],
    };
  }
}
