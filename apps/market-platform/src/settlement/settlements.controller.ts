import { DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import {
  type SettlementDocument,
  findSettlementRows,
  getSettlement,
  requiredSession,
} from '@flexledger/projections';
import { HttpCommand, HttpQuery, PageDto, Scopes, Speaker } from '@flexledger/service-kit';
import {
  Controller,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  ParseIntPipe,
  Post,
  Query,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { type RowOwner, ownRows } from '../http/own-rows';
import { settledRows } from '../ports/results';

/** Settlements: totals and awards for all who may read any, rows for those whose they are. */
@ApiTags('market: settlement')
@Controller('api/v1/sessions/:sessionId/settlement')
export class SettlementsController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('settlements:read')
  @ApiOperation({ summary: 'Totals of the settlement that counts, and its token awards' })
  totals(@Param('sessionId') sessionId: string): Promise<SettlementDocument> {
    const { documents } = this.market;
    const run = async () => {
      await requiredSession(documents, sessionId);
      const settlement = await getSettlement(documents, sessionId);
      if (settlement) return settlement;
      throw new DomainError(
        'settlement-unknown',
        `Session ${sessionId} is not settled yet; that happens after its delivery.`,
      );
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Post()
  @HttpCode(200)
  @Scopes('market:operate')
  @ApiOperation({
    summary: 'Settle the session now, without waiting for its time; the same again changes nothing',
    description:
      'From the end of its delivery on, while its rule pack lets it be corrected. What is not measured ' +
      'then is paid by a correction, as after a settlement at its time.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  settle(
    @Param('sessionId') sessionId: string,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const { settle } = this.market;
    const run = async () => {
      await settle(sessionId);
      return { sessionId };
    };
    const asked = { settle: sessionId };
    const about = sessionId;
    const command = {
      speaker,
      action: 'market:operate',
      owner: {},
      about,
      key,
      asked,
      run,
    } as const;
    return this.commands.execute(new HttpCommand(command));
  }

  @Get('rows')
  @Scopes('settlements:read')
  @ApiOperation({ summary: 'Settled rows by MTU: accepted, baseline, measured, delivered, paid' })
  rows(
    @Param('sessionId') sessionId: string,
    @Query() page: PageDto,
    @Speaker() speaker: Principal,
  ) {
    const own = ownSettledRows(speaker);
    const { documents } = this.market;
    const run = async () => {
      await requiredSession(documents, sessionId);
      return findSettlementRows(documents, { sessionId, ...own }, page);
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('corrections/:correction/rows')
  @Scopes('settlements:read')
  @ApiOperation({
    summary: 'All your rows of one settlement of the session; 0 is the first, then its corrections',
    description: '`settled` is null unless that settlement is the one that counts.',
  })
  rowsOfCorrection(
    @Param('sessionId') sessionId: string,
    @Param('correction', ParseIntPipe) correction: number,
    @Speaker() speaker: Principal,
  ) {
    const own = ownSettledRows(speaker);
    const run = async () => {
      const found = await settledRows(this.market.documents, { sessionId, correction }, own);
      return { settled: found ?? null };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }
}

function ownSettledRows(speaker: Principal): RowOwner {
  return ownRows(speaker, 'settlements:read', ['aggregatorId', 'requester', 'podId']);
}
