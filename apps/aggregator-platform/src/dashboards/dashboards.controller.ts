import { type Widget, isShownDashboard, shownWidget } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { Scopes, Speaker } from '@flexledger/service-kit';
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
import { ownCommand, ownQuery } from '../http/speaking-aggregator';
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
    const widgets = asked.map(plain);
    const command = {
      speaker,
      action: 'offers:write',
      about: 'dashboards',
      key,
      asked: { dashboardId, name, isPrivate, widgets },
    } as const;
    return this.commands.execute(
      ownCommand(this.aggregators, command, async (own, context) => {
        const { aggregatorId } = own;
        const user = userOf(speaker);
        if (isPrivate && user === null) {
          throw new ForbiddenException(
            `${speaker.clientId} is no user; what a program saves is for all who speak for ${aggregatorId}.`,
          );
        }
        await this.requireFormulas(own, widgets);
        const saved = { dashboardId, name, userId: isPrivate ? user : null, widgets };
        const changed = await this.aggregators.dashboards.change(
          { kind: 'saveDashboard', aggregatorId, speaker: user, ...saved },
          context,
        );
        return { changed };
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
    const asked = { remove: dashboardId };
    const command = { speaker, action: 'offers:write', about: 'dashboards', key, asked } as const;
    await this.commands.execute(
      ownCommand(this.aggregators, command, ({ aggregatorId }, context) =>
        this.aggregators.dashboards.change(
          { kind: 'removeDashboard', aggregatorId, dashboardId, speaker: userOf(speaker) },
          context,
        ),
      ),
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
        const widget = shownWidget(dashboards, { dashboardId, widgetId }, userOf(speaker));
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
