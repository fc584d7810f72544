import type { EventStore } from '@flexledger/event-store';
import type { DocumentStore, ProjectionRunner } from '@flexledger/projections';
import { EventsModule } from '@flexledger/service-kit';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { CaughtUpInterceptor } from './caught-up.interceptor';
import { KPI_DOCUMENTS, KpisController } from './kpis/kpis.controller';
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
      imports: [...platforms, EventsModule.register({ store, closing })],
      controllers: [StatusPageController, StatusController, KpisController],
      providers: [
        { provide: KPI_DOCUMENTS, useValue: documents },
        { provide: STATUS, useValue: status },
        { provide: PAGE, useValue: page },
        { provide: APP_INTERCEPTOR, useValue: new CaughtUpInterceptor(store, runner) },
      ],
    };
  }
}
