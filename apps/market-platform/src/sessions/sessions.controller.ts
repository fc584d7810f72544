import { DomainError } from '@flexledger/domain';
import {
  type DocumentStore,
  type SessionDocument,
  findSessions,
  getSession,
} from '@flexledger/projections';
import { Scopes } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../edge/market-services';
import { SessionQueryDto } from './session.dto';

/** A session as everybody may see it: the order book is left to those whose orders it holds. */
export type PublicSession = Omit<SessionDocument, 'requests' | 'unfinished'> & {
  /** How many requests stand. */
  readonly requests: number;
};

/** The market's calendar and where each session stands. */
@ApiTags('market: sessions')
@Controller('api/v1/sessions')
export class SessionsController {
  constructor(@Inject(MARKET) private readonly market: MarketServices) {}

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
