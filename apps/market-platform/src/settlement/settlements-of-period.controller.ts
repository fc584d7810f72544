import { Readable } from 'node:stream';
import type { CivilPeriod } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import {
  type DocumentStore,
  SETTLED_MTU_COLUMNS,
  type SettledMtu,
  eachOf,
  findSettlementRows,
  settledMtus,
} from '@flexledger/projections';
import { HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Header, Inject, Query, StreamableFile } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { stringify } from 'csv-stringify';
import { MARKET, type MarketServices } from '../http/market-services';
import { type RowOwner, ownRows } from '../http/own-rows';
import { PeriodDto, periodOf } from './period.dto';
import {
  NOTHING_SETTLED,
  added,
  owedByMonth,
  owedBySession,
  settledSessions,
  sumsBySession,
} from './settled-sums';

/** Settlements of a day, a week or a month (FR-MP-SET-06/07), and what system operators owe by them. */
@ApiTags('market: settlement')
@Controller('api/v1')
export class SettlementsOfPeriodController {
  constructor(
    @Inject(MARKET) private readonly market: MarketServices,
    private readonly queries: QueryBus,
  ) {}

  @Get('settlements')
  @Scopes('settlements:read')
  @ApiOperation({
    summary: 'Settlements that count by session, of a day, a week or a month: sums of your rows',
    description: 'Sessions in which you have no rows are left out. `?format=csv` gives the rows.',
  })
  bySession(@Query() period: PeriodDto, @Speaker() speaker: Principal) {
    const own = ownSettled(speaker);
    const days = periodOf(period);
    const run = async () => {
      const items = await sumsBySession(this.market.documents, days, own);
      return { ...days, items, total: items.reduce(added, NOTHING_SETTLED) };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('settlements/csv')
  @Scopes('settlements:read')
  @ApiProduces('text/csv')
  @Header('Content-Type', 'text/csv; charset=utf-8')
  @ApiOperation({
    summary: 'Your settled rows of a day, a week or a month as CSV, one an offer, request and MTU',
  })
  async rows(@Query() period: PeriodDto, @Speaker() speaker: Principal): Promise<StreamableFile> {
    const own = ownSettled(speaker);
    const days = periodOf(period);
    const run = async () => csvOf(this.market.documents, days, own);
    const csv = await this.queries.execute(new HttpQuery({ run }));
    const disposition = `attachment; filename="settlements-${period.period}.csv"`;
    return new StreamableFile(csv, { type: 'text/csv; charset=utf-8', disposition });
  }

  @Get('statements')
  @Scopes('settlements:read')
  @ApiOperation({
    summary: 'Who owes whom for a day, a week or a month: by session, by month, and in all',
    description:
      'A system operator sees what it owes to each aggregator, an aggregator what each owes to it. ' +
      'Sums of the settlements that count, after penalties; a later correction changes them.',
  })
  statement(@Query() period: PeriodDto, @Speaker() speaker: Principal) {
    const own = ownRows(speaker, 'settlements:read', ['aggregatorId', 'requester']);
    const days = periodOf(period);
    const run = async () => {
      const sessions = await owedBySession(this.market.documents, days, own);
      const total = sessions.reduce(added, NOTHING_SETTLED);
      return { ...days, sessions, months: owedByMonth(sessions), total };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }
}

function ownSettled(speaker: Principal): RowOwner {
  return ownRows(speaker, 'settlements:read', ['aggregatorId', 'requester', 'podId']);
}

/** A page of rows in memory at a time, however many there are. */
function csvOf(documents: DocumentStore, days: CivilPeriod, owner: RowOwner): Readable {
  const columns = Object.keys(SETTLED_MTU_COLUMNS);
  const form = stringify({ columns, header: true, escape_formulas: true });
  return Readable.from(settledRowsOf(documents, days, owner)).pipe(form);
}

async function* settledRowsOf(
  documents: DocumentStore,
  days: CivilPeriod,
  owner: RowOwner,
): AsyncGenerator<SettledMtu> {
  for await (const { session } of settledSessions(documents, days)) {
    const { sessionId, deliveryStart } = session;
    const rows = eachOf((page) => findSettlementRows(documents, { sessionId, ...owner }, page));
    for await (const row of rows) yield* settledMtus(row, deliveryStart);
  }
}
