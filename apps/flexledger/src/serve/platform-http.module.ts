import type { EventStore } from '@flexledger/event-store';
import type { ProjectionRunner } from '@flexledger/projections';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { CaughtUpInterceptor } from './caught-up.interceptor';
import { EVENT_FEED, EventsController } from './events/events.controller';
import { PAGE, STATUS, StatusController, StatusPageController } from './status/status.controller';
import type { StatusReader } from './status/status-snapshot';
import type { PageContext } from './status-page/status-page';

export interface PlatformHttpServices {
  readonly store: EventStore;
  readonly runner: ProjectionRunner;
  readonly status: StatusReader;
  readonly page: PageContext;
  /** Ends event streams when the server closes. */
  readonly closing: AbortSignal;
}

/** All platforms of one process behind one HTTP interface, with what belongs to none of them. */
@Module({})
export class PlatformHttpModule {
  static register(
    { store, runner, status, page, closing }: PlatformHttpServices,
    platforms: readonly DynamicModule[],
  ): DynamicModule {
    return {
      module: PlatformHttpModule,
      imports: [...platforms],
      controllers: [StatusPageController, StatusController, EventsController],
      providers: [
        { provide: EVENT_FEED, useValue: { store, closing } },
        { provide: STATUS, useValue: status },
        { provide: PAGE, useValue: page },
        { provide: APP_INTERCEPTOR, useValue: new CaughtUpInterceptor(store, runner) },
      ],
    };
  }
}
