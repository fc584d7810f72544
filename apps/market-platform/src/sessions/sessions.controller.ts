import { DomainError, type Schedule } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import {
  type SessionDocument,
  type SettlementDocument,
  type SoldNothingReason,
  findSessions,
  getSettlement,
  requiredSession,
  settlementsView,
  soldNothingBecause,
} from '@flexledger/projections';
import { HttpCommand, HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
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
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { CancellationDto, SchedulingDto, SessionQueryDto } from './session.dto';

/** A session as everybody may see it: the order book is left to those whose orders it holds. */
export type PublicSession = Omit<SessionDocument, 'requests' | 'unfinished'> & {
  /** How many requests stand. */
  readonly requests: number;
  /** Why nothing was sold in it, or nothing of it delivered as far as is known; else null. */
  readonly soldNothingBecause: SoldNothingReason | null;
};

/** The market's calendar and where each session stands. */
@ApiTags('market: sessions')
@Controller('api/v1/sessions')
export class SessionsController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('market:read')
  @ApiOperation({ summary: 'Sessions, those that deliver last first' })
  list(@Query() query: SessionQueryDto) {
    const { date, from, to, kind, status, ...page } = query;
    const where = {
      ...deliveryDays(date ?? from, date ?? to),
      ...(kind === undefined ? {} : { kind }),
      ...(status === undefined ? {} : { status }),
    };
    const run = async () => {
      const { documents } = this.market;
      const { items, next } = await findSessions(documents, where, page);
      const ids = items.map(({ sessionId }) => sessionId);
      const settlements = await documents.getMany(settlementsView, ids);
      return { items: items.map((one, index) => publicSession(one, settlements[index])), next };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get(':sessionId')
  @Scopes('market:read')
  @ApiOperation({
    summary: 'One session: calendar, status, totals, and why nothing was sold where nothing was',
  })
  one(@Param('sessionId') sessionId: string): Promise<PublicSession> {
    const { documents } = this.market;
    const run = async () =>
      publicSession(
        await requiredSession(documents, sessionId),
        await getSettlement(documents, sessionId),
      );
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Post()
  @HttpCode(200)
  @Scopes('market:operate')
  @ApiOperation({
    summary: "Put a delivery day's sessions into the calendar, those whose gate is still to close",
    description:
      'Today and tomorrow are scheduled by themselves. Scheduling a day again changes nothing.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  schedule(
    @Body() { deliveryDay }: SchedulingDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'market:operate',
        owner: {},
        about: `calendar/${deliveryDay}`,
        key,
        asked: { deliveryDay },
        run: async (context) => ({
          deliveryDay,
          sessions: scheduledOn(
            deliveryDay,
            await this.market.calendar.scheduleDay(deliveryDay, context),
          ),
        }),
      }),
    );
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
  cancel(
    @Param('sessionId') sessionId: string,
    @Body() { reason }: CancellationDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'market:operate',
        owner: {},
        about: sessionId,
        key,
        asked: { cancelledBecause: reason },
        run: async (context) => {
          await this.market.sessions.cancel(sessionId, reason, context);
          return { sessionId, status: 'cancelled' };
        },
      }),
    );
  }
}

/** @throws DomainError `gates-closed` where nothing could be scheduled */
function scheduledOn(day: string, schedules: readonly Schedule[]) {
  if (schedules.length === 0) {
    throw new DomainError(
      'gates-closed',
      `Every gate of ${day} has closed, so nothing can be sold for it; name a later day.`,
    );
  }
  return schedules.map(({ sessionId, kind, gateOpensAt, gateClosesAt, deliveryStart }) => ({
    sessionId,
    kind,
    gateOpensAt,
    gateClosesAt,
    deliveryStart,
  }));
}

function publicSession(
  document: SessionDocument,
  settlement: SettlementDocument | undefined,
): PublicSession {
  const { requests, unfinished: _, ...session } = document;
  return {
    ...session,
    requests: requests.length,
    soldNothingBecause: soldNothingBecause(document, settlement),
  };
}

/** The days from one to another, both included, as far as they are given. */
function deliveryDays(from: string | undefined, to: string | undefined) {
  if (from === undefined && to === undefined) return {};
  // What begins with the last day comes before it with a letter behind it.
  const range = { ...(from && { from }), ...(to && { below: `${to}T` }) };
  return { deliveryDay: range };
}
