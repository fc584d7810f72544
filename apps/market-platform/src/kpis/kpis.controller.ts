import { DomainError, KPIS, type KpiRow, addDays } from '@flexledger/domain';
import { type Principal, type Resource, may } from '@flexledger/identity';
import {
  type IndexRange,
  findPods,
  getPod,
  kpiDays,
  kpisOfPods,
  marketKpis,
} from '@flexledger/projections';
import { HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, ForbiddenException, Get, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { KpiDaysDto, KpiPodsDto } from './kpis.dto';

/** They are computed when asked; more days are for `flexledger export kpis`. */
const MOST_DAYS = 31;

/** The seven indicators of the demonstration: the market's for everybody, a PoD's for whose it is. */
@ApiTags('indicators')
@Controller('api/v1/kpis')
export class KpisController {
  constructor(
    @Inject(MARKET) private readonly services: MarketServices,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('market:read')
  @ApiOperation({
    summary: 'By session, by day and in total',
    description:
      'Values in hundredths of a percent, null with a note where there is none; sessions count once ' +
      'their gate has closed.',
  })
  market(@Query() asked: KpiDaysDto): Promise<{ readonly items: readonly KpiRow[] }> {
    const { documents } = this.services;
    const run = async () => {
      const items: KpiRow[] = [];
      for await (const row of marketKpis(documents, rangeOf(asked))) items.push(row);
      return { items };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('definitions')
  @Scopes('market:read')
  @ApiOperation({ summary: 'Names, targets, and how each is computed here' })
  definitions() {
    return { items: KPIS };
  }

  @Get('pods')
  @Scopes('settlements:read')
  @ApiOperation({ summary: 'By PoD over the days, in the order of their codes; yours only' })
  pods(@Query() { limit, cursor, ...asked }: KpiPodsDto, @Speaker() speaker: Principal) {
    const { documents } = this.services;
    const own = ownPods(speaker);
    const run = async () => {
      const days = await kpiDays(documents, rangeOf(asked));
      const { items: pods, next } = await findPods(documents, own, {
        ...(limit === undefined ? {} : { limit }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      return { items: await kpisOfPods(documents, pods, days), next };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('pods/:podId')
  @Scopes('settlements:read')
  @ApiOperation({ summary: 'Of one PoD over the days' })
  pod(@Param('podId') podId: string, @Query() asked: KpiDaysDto, @Speaker() speaker: Principal) {
    const { documents } = this.services;
    const owner = async (): Promise<Resource> => {
      const aggregatorId = (await getPod(documents, podId))?.aggregatorId;
      return aggregatorId ? { podId, aggregatorId } : { podId };
    };
    const run = async () => {
      const pod = await getPod(documents, podId);
      if (!pod) throw new DomainError('pod-unknown', `PoD ${podId} is not registered.`);
      const days = await kpiDays(documents, rangeOf(asked));
      return { podId, items: await kpisOfPods(documents, [pod], days) };
    };
    const needs = { speaker, action: 'settlements:read', owner } as const;
    return this.queries.execute(new HttpQuery({ needs, run }));
  }
}

function ownPods(speaker: Principal): { readonly aggregatorId?: string } {
  if (may(speaker, 'settlements:read')) return {};
  const { role, partyId, actor } = speaker;
  if (role === 'aggregator') return { aggregatorId: partyId! };
  throw new ForbiddenException(`${actor} has no right to the indicators of single PoDs here.`);
}

/** @throws DomainError `query-malformed` */
function rangeOf({ from, to }: KpiDaysDto): IndexRange {
  const wrong = (field: string, reason: string): DomainError =>
    new DomainError('query-malformed', `The days ${from} to ${to}: ${field} ${reason}.`, [
      { field, reason },
    ]);
  for (const [field, day] of Object.entries({ from, to })) {
    if (!isDay(day)) throw wrong(field, 'must be a day that exists');
  }
  if (to < from || to > addDays(from, MOST_DAYS - 1)) {
    throw wrong('to', `must not lie before from, nor ${MOST_DAYS} days or more after it`);
  }
  return { from, below: addDays(to, 1) };
}

function isDay(day: string): boolean {
  try {
    return addDays(addDays(day, 1), -1) === day;
  } catch {
    return false;
  }
}
