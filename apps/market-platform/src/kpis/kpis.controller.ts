import {
  DomainError,
  KPIS,
  type KpiExclusionChanged,
  type KpiRow,
  addDays,
  kpiExclusionStream,
} from '@flexledger/domain';
import { type Principal, type Resource, may } from '@flexledger/identity';
import {
  type IndexRange,
  type PodGroup,
  allOf,
  findKpiExclusions,
  findPods,
  getPod,
  kpiDays,
  kpisOfPods,
  marketKpis,
} from '@flexledger/projections';
import { HttpCommand, HttpQuery, PageDto, Scopes, Speaker } from '@flexledger/service-kit';
import {
  Body,
  Controller,
  Delete,
  ForbiddenException,
  Get,
  Header,
  Headers,
  HttpCode,
  Inject,
  Param,
  Put,
  Query,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { MARKET, type MarketServices } from '../http/market-services';
import { KpiDaysDto, KpiExclusionDto, KpiGroupDto, KpiPodsDto, KpiYearDto } from './kpis.dto';
import { kpiReport } from './kpi-report';

/** They are computed when asked; more days are for `flexledger export kpis`. */
const MOST_DAYS = 31;

/** The seven indicators of the demonstration: the market's for everybody, a PoD's for whose it is. */
@ApiTags('indicators')
@Controller('api/v1/kpis')
export class KpisController {
  constructor(
    @Inject(MARKET) private readonly services: MarketServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('market:read')
  @ApiOperation({
    summary: 'By session, by day and in total',
    description:
      'Values in hundredths of a percent, null with a note where there is none; sessions count once ' +
      'their gate has closed. Of a group of PoDs, liquidity is its share of all that was requested.',
  })
  market(
    @Query() { from, to, ...group }: KpiGroupDto,
  ): Promise<{ readonly items: readonly KpiRow[] }> {
    const { documents } = this.services;
    const days = rangeOf({ from, to });
    const of: PodGroup = Object.fromEntries(
      Object.entries(group).filter(([, value]) => value !== undefined),
    );
    requireGroup(of);
    const run = async () => {
      const items: KpiRow[] = [];
      for await (const row of marketKpis(documents, days, of)) items.push(row);
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

  @Get('report')
  @Scopes('market:read')
  @ApiProduces('text/html')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @ApiOperation({
    summary: 'The report of a year: one page of HTML, laid out to be printed',
    description:
      'It takes some seconds a month of a large market; `flexledger kpis --report` makes the same.',
  })
  report(@Query() { year }: KpiYearDto): Promise<string> {
    const { documents } = this.services;
    const run = async () => {
      const days = { from: `${year}-01-01`, below: `${year + 1}-01-01` };
      const rows: KpiRow[] = [];
      for await (const row of marketKpis(documents, days)) {
        if (row.scope !== 'session') rows.push(row);
      }
      const excluded = await allOf((page) => findKpiExclusions(documents, page));
      return kpiReport({ year, rows, excluded });
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('exclusions')
  @Scopes('market:read')
  @ApiOperation({ summary: 'PoDs that KPI_IT_02 leaves out, with the reason' })
  exclusions(@Query() page: PageDto) {
    const run = () => findKpiExclusions(this.services.documents, page);
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Put('exclusions/:podId')
  @Scopes('market:operate')
  @ApiOperation({ summary: 'Leave a PoD out of KPI_IT_02, with the reason, which the log keeps' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  exclude(
    @Param('podId') podId: string,
    @Body() { reason }: KpiExclusionDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    return this.changeExclusion({ podId, excluded: true, reason }, key, speaker);
  }

  @Delete('exclusions/:podId')
  @HttpCode(200)
  @Scopes('market:operate')
  @ApiOperation({ summary: 'Take a PoD into KPI_IT_02 again' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  include(
    @Param('podId') podId: string,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const reason = `taken in again by ${speaker.actor}`;
    return this.changeExclusion({ podId, excluded: false, reason }, key, speaker);
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

  private changeExclusion(
    wanted: KpiExclusionChanged['data'],
    key: string | undefined,
    speaker: Principal,
  ) {
    const { podId } = wanted;
    const { documents, excludeFromKpis } = this.services;
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'market:operate',
        owner: {},
        about: kpiExclusionStream(podId),
        key,
        asked: wanted,
        readsViews: true,
        run: async (context) => {
          if (!(await getPod(documents, podId))) {
            throw new DomainError('pod-unknown', `PoD ${podId} is not registered.`);
          }
          await excludeFromKpis(wanted, context);
          return { podId, excluded: wanted.excluded };
        },
      }),
    );
  }
}

function ownPods(speaker: Principal): { readonly aggregatorId?: string } {
  if (may(speaker, 'settlements:read')) return {};
  const { role, partyId, actor } = speaker;
  if (role === 'aggregator') return { aggregatorId: partyId! };
  throw new ForbiddenException(`${actor} has no right to the indicators of single PoDs here.`);
}

/** @throws DomainError `query-malformed` where no power can be in a group */
function requireGroup({ fromPowerW = 0, belowPowerW = Infinity }: PodGroup): void {
  if (fromPowerW < belowPowerW) return;
  const reason = `must be more than fromPowerW, which is ${fromPowerW}`;
  throw new DomainError('query-malformed', `belowPowerW ${belowPowerW} ${reason}.`, [
    { field: 'belowPowerW', reason },
  ]);
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
