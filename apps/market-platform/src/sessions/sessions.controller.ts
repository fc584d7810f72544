import { DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import {
  type DocumentStore,
  type SessionDocument,
  findSessions,
  getSession,
} from '@flexledger/projections';
import { Scopes, Speaker, commandContext } from '@flexledger/service-kit';
import {
  Body,
  Controller,
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
import { CancelSession } from './session-commands';
import { CancellationDto, SessionQueryDto } from './session.dto';

/** A session as everybody may see it: the order book is left to those whose orders it holds. */
export type PublicSession = Omit<SessionDocument, 'requests' | 'unfinished'> & {
  /** How many requests stand. */
  readonly requests: number;
};

/** The market's calendar and where each session stands. */
@ApiTags('market: sessions')
@Controller('api/v1/sessions')
export class SessionsController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly commands: CommandBus,
  ) {}

  @Get()
  @Scopes('market:read')
  @ApiOperation({ summary: 'Sessions, those that deliver last first' })
  async list(@Query() query: SessionQueryDto) {
    const { date, kind, status, ...page } = query;
    const where = {
      ...(date === undefined ? {} : { deliveryDay: date }),
      ...(kind === undefined ? {} : { kind }),
      ...(status === undefined ? {} : { status }),
    };
    const { items, next } = await findSessions(this.market.documents, where, page);
    return { items: items.map(publicSession), next };
  }

  @Get(':sessionId')
  @Scopes('market:read')
  @ApiOperation({ summary: 'One session: calendar, status, totals' })
  async one(@Param('sessionId') sessionId: string): Promise<PublicSession> {
    return publicSession(await requiredSession(this.market.documents, sessionId));
  }

  @Post(':sessionId/cancellation')
  @HttpCode(200)
  @Scopes('market:operate')
  @ApiOperation({
    summary: 'End a session without a result, as long as none is published',
    description:
      'Nothing is sold in it. Cancelling again changes nothing; the first reason stands.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async cancel(
    @Param('sessionId') sessionId: string,
    @Body() { reason }: CancellationDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const context = commandContext(speaker, sessionId, key, { cancelledBecause: reason });
    await this.commands.execute(new CancelSession(sessionId, reason, context));
    return { sessionId, status: 'cancelled' };
  }
}

/** The session's document. @throws DomainError `session-unknown` */
export async function requiredSession(
  documents: DocumentStore,
  sessionId: string,
): Promise<SessionDocument> {
  const session = await getSession(documents, sessionId);
  if (session) return session;
  throw new DomainError(
    'session-unknown',
    `There is no session ${sessionId}; GET /api/v1/sessions lists those of the calendar.`,
  );
}

function publicSession({ requests, unfinished: _, ...session }: SessionDocument): PublicSession {
  return { ...session, requests: requests.length };
}
