import { HttpQuery, Live, Public, MayBeAbsent } from '@flexledger/service-kit';
import {
  Controller,
  Get,
  Header,
  Inject,
  NotFoundException,
  Param,
  Query,
  StreamableFile,
} from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiExcludeController, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { pageAsset } from '../status-page/page-assets';
import { type PageContext, statusPage } from '../status-page/status-page';
import type { StatusReader, StatusSnapshot } from './status-snapshot';

/** Under which Nest finds the `StatusReader`. */
export const STATUS = Symbol('status reader');
/** Under which Nest finds the `PageContext`. */
export const PAGE = Symbol('page context');

/** Which day. */
export class StatusQueryDto {
  @ApiPropertyOptional({
    description: 'The last on which something was sold',
    example: '2026-03-17',
  })
  @MayBeAbsent()
  @Matches(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, {
    message: 'must be a date like 2026-03-17',
  })
  readonly day?: string;
}

/** The market at a glance, for everyone. */
@ApiTags('status')
@Live()
@Public()
@Controller('api/v1/status')
export class StatusController {
  constructor(
    @Inject(STATUS) private readonly status: StatusReader,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-cache')
  @ApiOperation({ summary: 'Sums of a delivery day, of the log and of its certification' })
  snapshot(@Query() { day }: StatusQueryDto): Promise<StatusSnapshot> {
    return this.queries.execute(new HttpQuery({ run: () => this.status.read(day) }));
  }
}

/** The status page, for people. */
@ApiExcludeController()
@Live()
@Public()
@Controller()
export class StatusPageController {
  constructor(
    @Inject(STATUS) private readonly status: StatusReader,
    @Inject(PAGE) private readonly page: PageContext,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Cache-Control', 'no-cache')
  async index(@Query() { day }: StatusQueryDto): Promise<string> {
    const query = new HttpQuery({ run: () => this.status.read(day) });
    return statusPage(await this.queries.execute(query), this.page);
  }
}

/** The page's style and script. */
@ApiExcludeController()
@Live()
@Public()
@Controller('assets')
export class PageAssetsController {
  @Get(':name')
  @Header('Cache-Control', 'no-cache')
  asset(@Param('name') name: string): StreamableFile {
    const asset = pageAsset(name);
    if (!asset) throw new NotFoundException(`The page has no ${name}.`);
    return new StreamableFile(asset.content, { type: asset.mediaType });
  }
}
