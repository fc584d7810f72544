import { DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { findRequests } from '@flexledger/projections';
import { PageDto, Scopes, Speaker, commandContext, requireAccess } from '@flexledger/service-kit';
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
import { CommandBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../edge/market-services';
import { ownRows } from '../edge/own-rows';
import { scheduledSession } from '../sessions/market-sessions';
import { requiredSession } from '../sessions/sessions.controller';
import { SendRequest, WithdrawRequest } from './request-commands';
import { RequestDto } from './request.dto';

/** What DSO and TSO ask for, each its own. */
@ApiTags('market: requests')
@Controller('api/v1/sessions/:sessionId/requests')
export class RequestsController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly commands: CommandBus,
  ) {}

  @Get()
  @Scopes('orders:read')
  @ApiOperation({ summary: 'Requests that stand, in the order of the book, with what each got' })
  async list(
    @Param('sessionId') sessionId: string,
    @Query() page: PageDto,
    @Speaker() speaker: Principal,
  ) {
    const own = ownRows(speaker, 'orders:read', ['requester']);
    await requiredSession(this.market.documents, sessionId);
    return findRequests(this.market.documents, { sessionId, ...own }, page);
  }

  @Post()
  @Scopes('requests:write')
  @ApiOperation({ summary: 'Ask for flexibility, or amend a request of yours, before the gate' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async send(
    @Param('sessionId') sessionId: string,
    @Body() request: RequestDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const { requestId, requester } = request;
    requireAccess(speaker, 'requests:write', { requester });
    const context = commandContext(speaker, sessionId, key, { ...request });
    await this.commands.execute(new SendRequest(sessionId, request, context));
    return { sessionId, requestId, requester };
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
    const { requests } = await scheduledSession(this.market.sessions, sessionId);
    const standing = requests.find((request) => request.requestId === requestId);
    if (!standing) {
      throw new DomainError('request-unknown', `No request ${requestId} stands in ${sessionId}.`);
    }
    requireAccess(speaker, 'requests:write', { requester: standing.requester });
    const context = commandContext(speaker, sessionId, key, { withdrawn: requestId });
    await this.commands.execute(new WithdrawRequest(sessionId, requestId, context));
  }
}
