import type { CommandContext } from '@flexledger/domain';
import { unknownJob } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import {
  type BalancingJobDocument,
  findBalancingJobs,
  getBalancingJob,
} from '@flexledger/projections';
import { HttpCommand, HttpQuery, PageDto, Scopes, Speaker } from '@flexledger/service-kit';
import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBody, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { GRIDS, type GridServices } from '../grids/grid-services';
import { PYMFM_INPUT_SCHEMA, parsePymfmInput } from './pymfm-input';
import { pymfmJob } from './pymfm-results';

const BODY = { schema: PYMFM_INPUT_SCHEMA as object };
const UNPROCESSABLE = {
  status: 422,
  description: 'What of the job cannot be worked with, and why',
};
const NO_JOB = { status: 400, description: 'There is no such job, or none yet' };

/** Balancing of an energy community, by the two generations of the interface of Platone's DSOTP (D2.15, D2.16). */
@ApiTags('grid: balancing')
@Controller('balancing')
export class BalancingController {
  constructor(
    @Inject(GRIDS) private readonly grids: GridServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('grid:read')
  @ApiOperation({
    summary: 'Ids of the balancing jobs, the latest first',
    description: 'Where there are more, the header `Link` names the next page.',
  })
  list(
    @Query() page: PageDto,
    @Speaker() speaker: Principal,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string[]> {
    return this.read(speaker, async () => {
      const { items, next } = await findBalancingJobs(this.grids.documents, page);
      if (next !== null) {
        const query = new URLSearchParams({ limit: `${page.limit ?? 100}`, cursor: next });
        response.setHeader('Link', `</balancing/?${query.toString()}>; rel="next"`);
      }
      return items.map(({ jobId }) => jobId);
    });
  }

  @Post()
  @HttpCode(200)
  @Scopes('grid:write')
  @ApiBody(BODY)
  @ApiResponse(UNPROCESSABLE)
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  @ApiOperation({
    summary: 'Balance an energy community by rule or by optimisation, in the JSON of pymfm',
    description:
      'By rule one battery takes up what is too much and gives what is lacking. The optimal schedule ' +
      'exchanges the least with the grid, or loses the least in its batteries; batteries are charged with ' +
      "the community's own surplus, in a bulk window from the grid too. `ch_efficiency` is the part that is " +
      'stored of what a battery takes, `dis_efficiency` the part that comes out of what it gives.',
  })
  async create(
    @Body() body: unknown,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.completed(body, key, speaker);
  }

  @Post('input')
  @HttpCode(200)
  @Scopes('grid:write')
  @ApiBody(BODY)
  @ApiResponse(UNPROCESSABLE)
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  @ApiOperation({ summary: 'As `POST /balancing/`, by the name of the earlier generation' })
  input(
    @Body() body: unknown,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.completed(body, key, speaker);
  }

  @Get('results')
  @Scopes('grid:read')
  @ApiResponse(NO_JOB)
  @ApiOperation({
    summary: 'The job that was worked out last, by the name of the earlier generation',
  })
  results(@Speaker() speaker: Principal) {
    return this.read(speaker, async () => {
      const { items } = await findBalancingJobs(this.grids.documents, { limit: 1 });
      if (items[0]) return pymfmJob(items[0]);
      throw unknownJob('yet');
    });
  }

  @Get(':jobId')
  @Scopes('grid:read')
  @ApiResponse(NO_JOB)
  @ApiOperation({ summary: 'A balancing job with its results' })
  one(@Param('jobId') jobId: string, @Speaker() speaker: Principal) {
    return this.read(speaker, async () => pymfmJob(await this.required(jobId)));
  }

  @Delete(':jobId')
  @Scopes('grid:write')
  @ApiResponse(NO_JOB)
  @ApiOperation({ summary: 'Take a job out of the list; its details for the last time' })
  remove(@Param('jobId') jobId: string, @Speaker() speaker: Principal) {
    return this.command(speaker, jobId, undefined, { jobId }, async (context) => {
      const job = await this.required(jobId);
      await this.grids.balancing.remove(jobId, context);
      return pymfmJob(job);
    });
  }

  private async completed(body: unknown, key: string | undefined, speaker: Principal) {
    const job = parsePymfmInput(body);
    return this.command(speaker, job.name, key, job, async (context) =>
      pymfmJob(await this.grids.balancing.complete(job, context)),
    );
  }

  private command<Answer>(
    speaker: Principal,
    about: string,
    key: string | undefined,
    asked: object,
    run: (context: CommandContext) => Promise<Answer>,
  ): Promise<Answer> {
    const whose = { speaker, action: 'grid:write', owner: {}, about, key, asked } as const;
    return this.commands.execute(
      new HttpCommand({ ...whose, path: 'balancing', readsViews: true, run }),
    );
  }

  /** @throws DomainError `balancing-job-refused` */
  private async required(jobId: string): Promise<BalancingJobDocument> {
    const job = await getBalancingJob(this.grids.documents, jobId);
    if (job) return job;
    throw unknownJob(jobId);
  }

  private read<Answer>(speaker: Principal, run: () => Promise<Answer>): Promise<Answer> {
    const needs = { speaker, action: 'grid:read', owner: {} } as const;
    return this.queries.execute(new HttpQuery({ needs, run }));
  }
}
