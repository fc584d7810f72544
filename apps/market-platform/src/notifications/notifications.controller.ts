import { DomainError, addDays, notificationsStream } from '@flexledger/domain';
import type { Principal, Resource } from '@flexledger/identity';
import { getPod, notificationsOf } from '@flexledger/projections';
import { msFromIso } from '@flexledger/runtime';
import { HttpCommand, HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Get, Headers, Inject, Param, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { NotificationDaysDto, PreferencesDto, ReadUpToDto } from './notifications.dto';

const DEFAULT_DAYS = 7;

/** What customers are notified of (D3.3 A.2.2.5), kept and listed; as they happen they come by stream and webhook. */
@ApiTags('market: notifications')
@Controller('api/v1/pods/:podId/notifications')
export class NotificationsController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('settlements:read')
  @ApiOperation({
    summary: 'Offers accepted, activations begun and what was earned, the newest first',
    description:
      'Of the kinds that the customer wants to be told of. The same events reach whoever follows the stream or a ' +
      'webhook as they happen.',
  })
  list(
    @Param('podId') podId: string,
    @Query() { days = DEFAULT_DAYS }: NotificationDaysDto,
    @Speaker() speaker: Principal,
  ) {
    const { documents, today } = this.market;
    const needs = {
      speaker,
      action: 'settlements:read',
      owner: () => this.ownerOf(podId),
    } as const;
    const run = async () => {
      const below = addDays(today(), 2);
      const span = { from: addDays(below, -days), below };
      const { kinds, items } = await notificationsOf(documents, podId, span);
      return { podId, kinds, unread: items.filter(({ read }) => !read).length, items };
    };
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  @Put('read')
  @Scopes('availability:write')
  @ApiOperation({ summary: 'Say, as the customer, up to when you have read them' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  read(
    @Param('podId') podId: string,
    @Body() { upTo }: ReadUpToDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'availability:write',
        // The customer's own: an aggregator reads nothing in its name.
        owner: async () => ({ podId: (await this.ownerOf(podId)).podId! }),
        about: notificationsStream(podId),
        key,
        asked: { upTo },
        readsViews: true,
        run: async (context) => {
          const wish = { kind: 'readNotifications', podId, upToMs: msFromIso(upTo) } as const;
          await this.market.changeNotifications(wish, context);
          return { podId, upTo };
        },
      }),
    );
  }

  @Put('preferences')
  @Scopes('availability:write')
  @ApiOperation({ summary: 'Say, as the customer, what you want to be told of' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  choose(
    @Param('podId') podId: string,
    @Body() { kinds }: PreferencesDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'availability:write',
        owner: async () => ({ podId: (await this.ownerOf(podId)).podId! }),
        about: notificationsStream(podId),
        key,
        asked: { kinds },
        readsViews: true,
        run: async (context) => {
          const wish = { kind: 'chooseNotifications', podId, kinds } as const;
          await this.market.changeNotifications(wish, context);
          return { podId, kinds };
        },
      }),
    );
  }

  /** @throws DomainError `pod-unknown` */
  private async ownerOf(podId: string): Promise<Resource> {
    const pod = await getPod(this.market.documents, podId);
    if (!pod) throw new DomainError('pod-unknown', `PoD ${podId} is not registered.`);
    return pod.aggregatorId === null ? { podId } : { podId, aggregatorId: pod.aggregatorId };
  }
}
