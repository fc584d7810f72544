import { DomainError, type Widget, isShownDashboard, shownDashboard } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { HttpCommand, Scopes, Speaker } from '@flexledger/service-kit';
import {
  Body,
  Controller,
  Delete,
  ForbiddenException,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Post,
  Put,
  Query,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Aggregator } from '../aggregator';
import { AGGREGATORS, type AggregatorServices } from '../http/aggregator-services';
import { ownQuery, speakingAggregator } from '../http/speaking-aggregator';
import { type ReportGround, faultsOfLines, refuseFaults, reportOf } from '../series/report';
import { DashboardDto, ReportDaysDto, SeriesDto } from './dashboard.dto';

/** Dashboards of an aggregator, and the reports that their widgets show. */
@ApiTags('aggregator: dashboards')
@Controller('api/v1/portfolio')
export class DashboardsController {
  constructor(
    @Inject(AGGREGATORS) private readonly aggregators: AggregatorServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('dashboards')
  @Scopes('results:read')
  @ApiOperation({ summary: 'The dashboards that you share, and those that are yours alone' })
  list(@Speaker() speaker: Principal) {
    return this.queries.execute(
      ownQuery(this.aggregators, speaker, 'results:read', async ({ aggregatorId }) => {
        const dashboards = await this.aggregators.dashboards.of(aggregatorId);
        const shown = [...dashboards.values()].filter((one) =>
          isShownDashboard(one, userOf(speaker)),
        );
        return {
          items: shown.map(({ userId, ...dashboard }) => ({
            ...dashboard,
            isPrivate: userId !== null,
          })),
        };
      }),
    );
  }

  @Put('dashboards/:dashboardId')
  @Scopes('offers:write')
  @ApiOperation({
    summary: 'Save a dashboard: widgets, each a report of formulas over your assets and PoDs',
    description:
      'It replaces what the dashboard was. Formulas are read and held to their units first.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  save(
    @Param('dashboardId') dashboardId: string,
    @Body() { name, isPrivate, widgets: asked }: DashboardDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const own = speakingAggregator(this.aggregators, speaker);
    const { aggregatorId } = own;
    const widgets = asked.map(plain);
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'offers:write',
        owner: { aggregatorId },
        about: `dashboards/${aggregatorId}`,
        key,
        asked: { dashboardId, name, isPrivate, widgets },
        run: async (context) => {
          const user = userOf(speaker);
          if (isPrivate && user === null) {
            throw new ForbiddenException(
              `${speaker.clientId} is no user; what a program saves is for all who speak for ${aggregatorId}.`,
            );
          }
          await this.requireFormulas(own, widgets);
          const userId = isPrivate ? user : null;
          const changed = await this.aggregators.dashboards.change(
            {
              kind: 'saveDashboard',
              aggregatorId,
              speaker: user,
              dashboardId,
              name,
              userId,
              widgets,
            },
            context,
          );
          return { changed };
        },
      }),
    );
  }

  @Delete('dashboards/:dashboardId')
  @HttpCode(204)
  @Scopes('offers:write')
  @ApiOperation({ summary: 'Remove a dashboard' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async remove(
    @Param('dashboardId') dashboardId: string,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<void> {
    const { aggregatorId } = speakingAggregator(this.aggregators, speaker);
    const command = {
      kind: 'removeDashboard',
      aggregatorId,
      dashboardId,
      speaker: userOf(speaker),
    } as const;
    await this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'offers:write',
        owner: { aggregatorId },
        about: `dashboards/${aggregatorId}`,
        key,
        asked: { remove: dashboardId },
        run: (context) => this.aggregators.dashboards.change(command, context),
      }),
    );
  }

  @Get('dashboards/:dashboardId/widgets/:widgetId/report')
  @Scopes('measurements:read', 'results:read', 'settlements:read')
  @ApiOperation({ summary: 'What a saved widget shows of delivery days, by quarter-hour' })
  widgetReport(
    @Param('dashboardId') dashboardId: string,
    @Param('widgetId') widgetId: string,
    @Query() { day, days }: ReportDaysDto,
    @Speaker() speaker: Principal,
  ) {
    return this.queries.execute(
      ownQuery(this.aggregators, speaker, 'measurements:read', async (own) => {
        const dashboards = await this.aggregators.dashboards.of(own.aggregatorId);
        const { widgets } = shownDashboard(dashboards, dashboardId, userOf(speaker));
        const widget = widgets.find((one) => one.widgetId === widgetId);
        if (!widget) {
          throw new DomainError(
            'widget-unknown',
            `Dashboard ${dashboardId} has no widget ${widgetId}.`,
          );
        }
        return reportOf({ ...widget, day, days }, await this.groundOf(own));
      }),
    );
  }

  @Post('series')
  @HttpCode(200)
  @Scopes('measurements:read', 'results:read', 'settlements:read')
  @ApiOperation({
    summary: 'Work formulas over your series out, without saving them',
    description: 'Each fault is named with its place in the formula.',
  })
  series(@Body() { day, days, kind, lines }: SeriesDto, @Speaker() speaker: Principal) {
    return this.queries.execute(
      ownQuery(this.aggregators, speaker, 'measurements:read', async (own) =>
        reportOf({ day, days, kind, lines }, await this.groundOf(own)),
      ),
    );
  }

  private async groundOf(own: Aggregator): Promise<ReportGround> {
    const { documents, rules, assets } = this.aggregators;
    return { own, documents, timeZone: rules.timeZone, assets: await assets.of(own.aggregatorId) };
  }

  /** @throws DomainError `formula-malformed`, naming every formula at fault */
  private async requireFormulas(own: Aggregator, widgets: readonly Widget[]): Promise<void> {
    const { aggregatorId, ports } = own;
    const assets = await this.aggregators.assets.of(aggregatorId);
    const customers = await ports.register.podsOf({ aggregatorId });
    const pods = new Set(customers.map(({ podId }) => podId));
    const knows = (of: string): boolean => assets.has(of) || pods.has(of);
    refuseFaults(
      widgets.flatMap((widget, index) => faultsOfLines(widget, knows, `widgets[${index}].lines`)),
    );
  }
}

/** The user who speaks; null for a program. */
function userOf({ userId }: Principal): string | null {
  return userId ?? null;
}

/** A widget without the class that checked it. */
function plain({ lines, ...widget }: Widget): Widget {
  return { ...widget, lines: lines.map(({ label, formula }) => ({ label, formula })) };
}
