import {
  type GridForecastEvent,
  type OperatingLimits,
  type RecordedForecast,
  DomainError,
  forecastBegun,
  forecastContinued,
  gridForecastStream,
  instantInName,
} from '@flexledger/domain';
import type { CommandContext } from '@flexledger/event-store';
import { type Principal, documentDigest, may } from '@flexledger/identity';
import {
  type GridStateDocument,
  type GridViolation,
  type PlannedGridRequest,
  findGridStates,
  getGridState,
  getSession,
} from '@flexledger/projections';
import { HttpCommand, HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import {
  Body,
  Controller,
  Get,
  Headers,
  Inject,
  Param,
  PreconditionFailedException,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { gridFileOf, joinFeeders, parseNetwork } from '@flexledger/grid';
import {
  type PublishedGrid,
  lastPublished,
  publishGrid,
  publishedGrids,
} from '../grid-model/published-grids';
import { checkModel } from '../grid-model/check-model';
import { asked } from './asked';
import { GRANTED_GRID, GRIDS, type GridServices, requireOperated } from './grid-services';
import { type FeederDto, GridModelDto } from './grid-model.dto';
import { ViolationQueryDto } from './grid.dto';

/** Network models, forecasts and what they violate. */
@ApiTags('grid')
@Controller('api/v1/grids')
export class GridsController {
  constructor(
    @Inject(GRIDS) private readonly grids: GridServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('grid:read')
  @ApiOperation({ summary: 'The grids whose models are published, and which is operated here' })
  list(@Speaker() speaker: Principal) {
    return this.read(speaker, async () => {
      const grids = await publishedGrids(this.grids.store);
      return {
        items: grids.map(({ gridId, digest }) => ({
          gridId,
          digest,
          isOperated: gridId === this.grids.gridId,
        })),
      };
    });
  }

  @Get(':gridId')
  @Scopes('grid:read')
  @ApiOperation({ summary: 'The network model published last, with its operating limits' })
  async model(
    @Param('gridId') gridId: string,
    @Speaker() speaker: Principal,
    @Res({ passthrough: true }) response: Response,
  ): Promise<PublishedGrid> {
    const last = await this.read(speaker, () => this.standing(gridId));
    response.setHeader('ETag', tagOf(last));
    return last;
  }

  @Put(':gridId')
  @Scopes('grid:write')
  @ApiOperation({
    summary: 'Publish a network model; the next forecasts are made with it',
    description:
      'Sessions that are forecast already are validated on the model of their forecast. With ' +
      '`If-Match` a model that another has published meanwhile is not overwritten. Networks below ' +
      'buses of it (`feeders`) become part of it, the name of each before the ids of its elements.',
  })
  @ApiHeader({ name: 'If-Match', required: false })
  async publish(
    @Param('gridId') gridId: string,
    @Body() asked: GridModelDto,
    @Headers('if-match') known: string | undefined,
    @Speaker() speaker: Principal,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { published, last } = await this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'grid:write',
        owner: {},
        about: gridId,
        key: undefined,
        asked,
        path: `${gridId}/model`,
        run: (context) => this.replace(gridId, asked, known, context),
      }),
    );
    response.setHeader('ETag', tagOf(published));
    return { gridId, digest: published.digest, changed: tagOf(published) !== tagOf(last) };
  }

  /** @throws DomainError `grid-unknown`, `grid-malformed`; PreconditionFailedException */
  private async replace(
    gridId: string,
    { model: above, feeders, limits }: GridModelDto,
    known: string | undefined,
    context: CommandContext,
  ): Promise<{ readonly published: PublishedGrid; readonly last: PublishedGrid }> {
    requireOperated(this.grids, gridId);
    const last = await this.standing(gridId);
    if (known !== undefined && known !== '*' && known !== tagOf(last)) {
      throw new PreconditionFailedException(
        `Grid ${gridId} stands at ${tagOf(last)}, not ${known}; read it again and decide.`,
      );
    }
    const model = withFeeders(above, feeders);
    const wanted = { gridId, model, limits: limits ? plain(limits) : last.limits };
    checkModel(wanted);
    const published = await publishGrid(this.grids.store, this.grids.clock, wanted, context);
    return { published, last };
  }

  /** What the grid's readers are shown. */
  private read<Answer>(speaker: Principal, run: () => Promise<Answer>): Promise<Answer> {
    const needs = { speaker, action: 'grid:read', owner: GRANTED_GRID } as const;
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  private async standing(gridId: string): Promise<PublishedGrid> {
    const last = await lastPublished(this.grids.store, gridId);
    if (last) return last;
    throw new DomainError('grid-unknown', `No model of grid ${gridId} is published.`);
  }

  @Get(':gridId/forecasts/:sessionId')
  @Scopes('grid:read')
  @ApiOperation({ summary: "A session's forecast: power at each bus by MTU, and its violations" })
  forecast(
    @Param('gridId') gridId: string,
    @Param('sessionId') sessionId: string,
    @Speaker() speaker: Principal,
  ) {
    return this.read(speaker, () => this.forecastOf(gridId, sessionId, speaker));
  }

  /** @throws DomainError `forecast-unknown` */
  private async forecastOf(gridId: string, sessionId: string, speaker: Principal) {
    const { documents, store } = this.grids;
    const state = await getGridState(documents, gridId, sessionId);
    const session = await getSession(documents, sessionId);
    if (!state || !session) {
      throw new DomainError(
        'forecast-unknown',
        `Grid ${gridId} has no forecast for ${sessionId}; it is made some minutes after the session's gate opens.`,
      );
    }
    const start = instantInName(Date.parse(session.deliveryStart));
    let forecast: RecordedForecast | undefined;
    for await (const event of store.readStream(gridForecastStream(gridId, start))) {
      const { type, data } = event as unknown as GridForecastEvent;
      if (data.sessionId !== sessionId) continue;
      if (type === 'ForecastComputed') forecast = forecastBegun(data);
      else if (type === 'ForecastContinued') forecast &&= forecastContinued(forecast, data);
    }
    return { ...shownState(state, speaker), busW: forecast?.busW, busVar: forecast?.busVar };
  }

  @Get(':gridId/violations')
  @Scopes('grid:read')
  @ApiOperation({
    summary: 'Alarms by forecast and the requests sized for them, the latest forecast first',
    description:
      'A violation names the element, its value and limit, the PoDs that help, the requests to them ' +
      'and the W that they cannot give (`missingW`). A request is `proposed`, `held`, `released` ' +
      'or `sent`.',
  })
  violations(
    @Param('gridId') gridId: string,
    @Query() query: ViolationQueryDto,
    @Speaker() speaker: Principal,
  ) {
    return this.read(speaker, () => this.violationsOf(gridId, query, speaker));
  }

  private async violationsOf(gridId: string, query: ViolationQueryDto, speaker: Principal) {
    const { open, sessionId, ...page } = query;
    const where = {
      gridId,
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(open === undefined ? {} : { openViolations: { from: 1 } }),
    };
    const { items, next } = await findGridStates(this.grids.documents, where, page);
    return {
      items: items
        .map((state) => shownState(state, speaker))
        .map(({ violations, ...forecast }) => ({
          ...forecast,
          violations: violations
            .filter(({ resolvedAt }) => !open || resolvedAt === null)
            .map((violation) => ({
              ...violation,
              requestIds: requestsFor(violation, forecast.requests),
            })),
        })),
      next,
    };
  }
}

/** What the DSO is going to ask the market for is no part of what it grants. */
function shownState(state: GridStateDocument, speaker: Principal): GridStateDocument {
  return may(speaker, 'grid:read') ? state : { ...state, requests: [] };
}

const tagOf = (published: PublishedGrid): string => `"${documentDigest(published)}"`;

/** The model with those below it as one. @throws DomainError `grid-malformed` */
function withFeeders(above: object, feeders: readonly FeederDto[] = []): object {
  if (feeders.length === 0) return above;
  return asked('grid-malformed', () => {
    const below = feeders.map(({ name, bus, model }) => ({
      name,
      bus,
      network: parseNetwork(model),
    }));
    return gridFileOf(joinFeeders(parseNetwork(above), below));
  });
}

/** A DTO without what it was not given. */
const plain = (limits: OperatingLimits): OperatingLimits =>
  JSON.parse(JSON.stringify(limits)) as OperatingLimits;

/** Ids of the requests whose PoDs help with a violation. */
function requestsFor(
  { podIds }: GridViolation,
  requests: readonly PlannedGridRequest[],
): readonly string[] {
  const helping = new Set(podIds);
  return requests
    .filter((request) => request.podIds.some((podId) => helping.has(podId)))
    .map(({ requestId }) => requestId);
}
