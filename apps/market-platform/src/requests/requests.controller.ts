import { DomainError } from '@flexledger/domain';
import type { Principal, Resource } from '@flexledger/identity';
import { findRequests, requiredSession } from '@flexledger/projections';
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
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { ownRows } from '../http/own-rows';
import { scheduledSession } from '../sessions/market-sessions';
import { RequestDto } from './request.dto';

/** What DSO and TSO ask for, each its own. */
@ApiTags('market: requests')
@Controller('api/v1/sessions/:sessionId/requests')
export class RequestsController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('orders:read')
  @ApiOperation({ summary: 'Requests that stand, in the order of the book, with what each got' })
  list(
    @Param('sessionId') sessionId: string,
    @Query() page: PageDto,
    @Speaker() speaker: Principal,
  ) {
    const own = ownRows(speaker, 'orders:read', ['requester']);
    const { documents } = this.market;
    const run = async () => {
      await requiredSession(documents, sessionId);
      return findRequests(documents, { sessionId, ...own }, page);
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Post()
  @Scopes('requests:write')
  @ApiOperation({ summary: 'Ask for flexibility, or amend a request of yours, before the gate' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  send(
    @Param('sessionId') sessionId: string,
    @Body() request: RequestDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const { requestId, requester } = request;
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'requests:write',
        owner: { requester },
        about: sessionId,
        key,
        asked: { ...request },
        run: async (context) => {
          await this.market.orders.requestFlexibility(sessionId, request, context);
          return { sessionId, requestId, requester };
        },
      }),
    );
  }

  @Delete(':requestId')
  @HttpCode(204)
  @Scopes('requests:write')
  @ApiOperation({ summary: 'Withdraw a request of yours before the gate' })
  async withdraw(
    @Param('sessionId') sessionId: string,
    @Param('requestId') requestId: string,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<void> {
    const command = new HttpCommand({
      speaker,
      action: 'requests:write',
      owner: () => this.requesterOf(sessionId, requestId),
      about: sessionId,
      key,
      asked: { withdrawn: requestId },
      run: (context) => this.market.orders.withdrawRequest(sessionId, requestId, context),
    });
    await this.commands.execute(command);
  }

  /** @throws DomainError `session-unknown`, `request-unknown` */
  private async requesterOf(sessionId: string, requestId: string): Promise<Resource> {
    const { requests } = await scheduledSession(this.market.sessions, sessionId);
    const standing = requests.find((request) => request.requestId === requestId);
    if (standing) return { requester: standing.requester };
    throw new DomainError('request-unknown', `No request ${requestId} stands in ${sessionId}.`);
  }
}
