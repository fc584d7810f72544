/** What answers while a day is being simulated: the page tells how far it is, all else says to wait. */
import { Live, Public } from '@flexledger/service-kit';
import {
  All,
  Controller,
  type DynamicModule,
  Get,
  Header,
  Inject,
  Module,
  ServiceUnavailableException,
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type SimulationProgress, progressPage } from '../status-page/progress-page';
import { PageAssetsController } from './status.controller';

const PROGRESS = Symbol('simulation progress');

/** How far the simulation is now. */
export type ReadProgress = () => SimulationProgress;

/** The progress, for people. */
@ApiExcludeController()
@Live()
@Public()
@Controller()
export class ProgressPageController {
  constructor(@Inject(PROGRESS) private readonly progress: ReadProgress) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Cache-Control', 'no-cache')
  page(): string {
    return progressPage(this.progress());
  }
}

/** The interface, which is there when the day is whole. */
@ApiExcludeController()
@Live()
@Public()
@Controller('api/v1')
export class NotYetController {
  constructor(@Inject(PROGRESS) private readonly progress: ReadProgress) {}

  @All('*path')
  notYet(): never {
    const { date, what } = this.progress();
    throw new ServiceUnavailableException(
      `${date} is still being simulated (${what}); ask again in some seconds.`,
    );
  }
}

@Module({})
export class ProgressModule {
  static register(progress: ReadProgress): DynamicModule {
    return {
      module: ProgressModule,
      controllers: [ProgressPageController, PageAssetsController, NotYetController],
      providers: [{ provide: PROGRESS, useValue: progress }],
    };
  }
}
