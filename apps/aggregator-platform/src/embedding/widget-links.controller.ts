import { shownWidget } from '@flexledger/domain';
import { type Principal, uuidFrom } from '@flexledger/identity';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import { Live, Scopes, Speaker } from '@flexledger/service-kit';
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
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AGGREGATORS, type AggregatorServices } from '../http/aggregator-services';
import { ownCommand, ownQuery } from '../http/speaking-aggregator';
import { WidgetLinkDto } from './widget-link.dto';

/** Who gives a link, or sees its path, sees by it what the widget shows. */
const GIVING = ['offers:write', 'measurements:read', 'results:read', 'settlements:read'] as const;

/** Links by which an aggregator shows single widgets to others. */
@ApiTags('aggregator: dashboards')
@Live()
@Controller('api/v1/portfolio/widget-links')
export class WidgetLinksController {
  constructor(
    @Inject(AGGREGATORS) private readonly aggregators: AggregatorServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes(...GIVING)
  @ApiOperation({ summary: 'Your links that hold, each with the path under which it is looked at' })
  list(@Speaker() speaker: Principal) {
    return this.queries.execute(
      ownQuery(this.aggregators, speaker, 'offers:write', async ({ aggregatorId }) => {
        const { widgetLinks, clock } = this.aggregators;
        const links = [...(await widgetLinks.of(aggregatorId)).values()];
        const inForce = links.filter(
          (link) => link !== null && msFromIso(link.expiresAt) > clock.nowMs(),
        );
        const items = await Promise.all(
          inForce.map(async (link) => ({
            ...link!,
            path: await widgetLinks.pathOf(aggregatorId, link!),
          })),
        );
        return { items };
      }),
    );
  }

  @Post()
  @Scopes(...GIVING)
  @ApiOperation({
    summary: 'Show a widget, as it stands now, to whoever has the link',
    description:
      'Read-only, for this widget alone, until it ends or is withdrawn. Who changes the dashboard afterwards ' +
      'does not change what the link shows.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  publish(
    @Body() asked: WidgetLinkDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const { widgetLinks, dashboards, clock } = this.aggregators;
    const command = {
      speaker,
      action: 'offers:write',
      about: 'widgetLinks',
      key,
      asked: { ...asked },
    } as const;
    return this.commands.execute(
      ownCommand(this.aggregators, command, async ({ aggregatorId }, context) => {
        const { dashboardId, days, frameAncestors } = asked;
        const all = await dashboards.of(aggregatorId);
        const widget = shownWidget(all, asked, speaker.userId ?? null);
        const linkId = uuidFrom(`widget-link/${aggregatorId}/${context.commandId}`);
        const expiresAt = isoFromMs(msFromIso(asked.expiresAt));
        const link = { linkId, dashboardId, widget, days, expiresAt, frameAncestors };
        const nowMs = clock.nowMs();
        await widgetLinks.change({ kind: 'publishWidget', aggregatorId, nowMs, ...link }, context);
        return { linkId, expiresAt, path: await widgetLinks.pathOf(aggregatorId, link) };
      }),
    );
  }

  @Delete(':linkId')
  @HttpCode(204)
  @Scopes('offers:write')
  @ApiOperation({ summary: 'Withdraw a link: it shows nothing from then on, for good' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async withdraw(
    @Param('linkId') linkId: string,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<void> {
    const asked = { withdraw: linkId };
    const command = { speaker, action: 'offers:write', about: 'widgetLinks', key, asked } as const;
    await this.commands.execute(
      ownCommand(this.aggregators, command, ({ aggregatorId }, context) =>
        this.aggregators.widgetLinks.change(
          { kind: 'withdrawWidget', aggregatorId, linkId },
          context,
        ),
      ),
    );
  }
}
