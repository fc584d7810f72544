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
  NotFoundException,
  Param,
  ServiceUnavailableException,
  StreamableFile,
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type SimulationProgress, progressPage } from './progress-page';
import { pageAsset } from './page-assets';

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

/** The page's style and script. */
@ApiExcludeController()
@Live()
@Public()
@Controller('assets')
class PageAssetsController {
  @Get(':name')
  @Header('Cache-Control', 'no-cache')
  asset(@Param('name') name: string): StreamableFile {
    const asset = pageAsset(name);
    if (!asset) throw new NotFoundException(`The page has no ${name}.`);
    return new StreamableFile(asset.content, { type: asset.mediaType });
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
